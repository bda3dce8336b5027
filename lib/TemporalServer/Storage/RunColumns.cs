namespace TemporalServer.Storage;

/// <summary>The part of a run that lists filter and sort by; times are microseconds since 1970.</summary>
internal sealed record RunColumns(
    string Namespace,
    string WorkflowId,
    string RunId,
    string WorkflowType,
    string TaskQueue,
    int Status,
    long StartTime,
    long ExecutionTime,
    long? CloseTime,
    long HistoryLength,
    string? ParentWorkflowId,
    string SearchAttributes)
{
    public static RunColumns Of(ExecutionState state) => new(
        state.Namespace,
        state.WorkflowId,
        state.RunId,
        state.WorkflowType.Name,
        state.TaskQueue,
        (int)state.Status,
        Micros(state.StartTime.ToDateTimeOffset()),
        Micros(state.ExecutionTime.ToDateTimeOffset()),
        state.CloseTime is { } closed ? Micros(closed.ToDateTimeOffset()) : null,
        state.NextEventId - 1,
        state.Parent?.Execution.WorkflowId,
        Visibility.SearchAttributeJson.Of(state.SearchAttributes));

    public static long Micros(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;
}
