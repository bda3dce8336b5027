using Temporalio.Api.Enums.V1;

namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.FetchWorkflowHistoryEventPageAsync" />.</summary>
/// <param name="Id">Workflow id.</param>
/// <param name="RunId">Run; null for the current one.</param>
/// <param name="PageSize">Most events to return; null or 0 leaves it to the server.</param>
/// <param name="NextPageToken">Where the page before ended; null for the first.</param>
/// <param name="WaitNewEvent">Wait for events still to come.</param>
/// <param name="EventFilterType">Which events.</param>
/// <param name="SkipArchival">Do not look into archives.</param>
/// <param name="Rpc">How the calls are made.</param>
public record FetchWorkflowHistoryEventPageInput(
    string Id,
    string? RunId,
    int? PageSize,
    byte[]? NextPageToken,
    bool WaitNewEvent,
    HistoryEventFilterType EventFilterType,
    bool SkipArchival,
    RpcOptions? Rpc);
