using Temporalio.Converters;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Sdk;
using Temporalio.Protocol.Service;

namespace Temporalio.Client;

/// <summary>A workflow run in detail.</summary>
public class WorkflowExecutionDescription : WorkflowExecution
{
    private readonly DataConverter _converter;
    private readonly UserMetadata? _metadata;

    internal WorkflowExecutionDescription(DescribeWorkflowExecutionResponse raw, DataConverter converter)
        : base(raw.WorkflowExecutionInfo, converter)
    {
        _converter = converter;
        _metadata = raw.ExecutionConfig?.UserMetadata;
    }

    /// <summary>One line for people, given at the start.</summary>
    /// <returns>The line; null when there is none.</returns>
    public Task<string?> GetStaticSummaryAsync() => ReadAsync(_metadata?.Summary);

    /// <summary>More for people, given at the start.</summary>
    /// <returns>The text; null when there is none.</returns>
    public Task<string?> GetStaticDetailsAsync() => ReadAsync(_metadata?.Details);

    private async Task<string?> ReadAsync(Payload? payload) =>
        payload is null ? null : await _converter.ToValueAsync<string>(payload.ToSurface());
}
