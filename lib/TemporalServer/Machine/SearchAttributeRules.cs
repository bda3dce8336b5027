namespace TemporalServer.Machine;

/// <summary>What a client or a workflow may set as search attributes, by the real server's rules. Names need no registration here.</summary>
internal static class SearchAttributeRules
{
    // The server keeps these itself.
    private static readonly HashSet<string> System = new(StringComparer.Ordinal)
    {
        "WorkflowId", "RunId", "WorkflowType", "StartTime", "ExecutionTime", "CloseTime", "ExecutionStatus", "TaskQueue", "HistoryLength",
        "HistorySizeBytes", "ExecutionDuration", "StateTransitionCount", "ParentWorkflowId", "ParentRunId", "RootWorkflowId", "RootRunId",
    };

    /// <summary>What is wrong with their names and number; null when nothing is.</summary>
    public static string? Problem(SearchAttributes? attributes)
    {
        var fields = attributes?.IndexedFields.Keys ?? [];
        return fields.Count > Limits.SearchAttributes
            ? $"number of search attributes {fields.Count} exceeds limit {Limits.SearchAttributes}"
            : fields.FirstOrDefault(System.Contains) is { } name ? $"{name} attribute can't be set in SearchAttributes" : null;
    }

    /// <summary>What is too large about them; null when nothing is.</summary>
    public static string? SizeProblem(SearchAttributes? attributes)
    {
        foreach (var (name, value) in attributes?.IndexedFields ?? [])
        {
            if (value.Data.Length > Limits.SearchAttributeBytes)
            {
                return $"search attribute {name} value size {value.Data.Length} exceeds size limit {Limits.SearchAttributeBytes}";
            }
        }

        return attributes?.CalculateSize() is { } total and > Limits.SearchAttributesBytes
            ? $"total size of search attributes {total} exceeds size limit {Limits.SearchAttributesBytes}"
            : null;
    }
}
