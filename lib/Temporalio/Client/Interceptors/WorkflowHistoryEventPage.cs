using Temporalio.Protocol.Histories;

namespace Temporalio.Client.Interceptors;

/// <summary>A page of a history.</summary>
/// <param name="Events">Events in order.</param>
/// <param name="NextPageToken">Where the next page begins; null when this is the last.</param>
public record WorkflowHistoryEventPage(IReadOnlyCollection<HistoryEvent> Events, byte[]? NextPageToken);
