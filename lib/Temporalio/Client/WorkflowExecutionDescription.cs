using Temporalio.Converters;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Service;

namespace Temporalio.Client;

/// <summary>A workflow run in detail.</summary>
public class WorkflowExecutionDescription : WorkflowExecution
{
    private readonly DataConverter _converter;

    internal WorkflowExecutionDescription(DescribeWorkflowExecutionResponse raw, DataConverter converter)
        : base(raw.WorkflowExecutionInfo, converter)
    {
        _converter = converter;
        RawDescription = raw;
    }

    /// <summary>The description as the server gave it, with pending activities and children.</summary>
    public DescribeWorkflowExecutionResponse RawDescription { get; }

    /// <summary>One line for people, given at the start.</summary>
    /// <returns>The line; null when there is none.</returns>
    public Task<string?> GetStaticSummaryAsync() => ReadAsync(RawDescription.ExecutionConfig?.UserMetadata?.Summary);

    /// <summary>More for people, given at the start.</summary>
    /// <returns>The text; null when there is none.</returns>
    public Task<string?> GetStaticDetailsAsync() => ReadAsync(RawDescription.ExecutionConfig?.UserMetadata?.Details);

    private async Task<string?> ReadAsync(Payload? payload) =>
        payload is null ? null : await _converter.ToValueAsync<string>(payload.ToSurface());
}
