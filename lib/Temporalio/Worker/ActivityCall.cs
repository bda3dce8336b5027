using Temporalio.Protocol.Common;
using Temporalio.Workflows;

namespace Temporalio.Worker;

/// <summary>A call of an activity that workflow code waits for.</summary>
internal sealed class ActivityCall(string id, string type, ActivityCancellationType cancellationType)
{
    public string Id => id;

    public string Type => type;

    public ActivityCancellationType CancellationType => cancellationType;

    public TaskCompletionSource<Payloads?> Source { get; } = new();

    public PendingCommand? Schedule { get; set; }

    public long ScheduledEventId { get; set; }

    public bool CancelRequested { get; set; }
}
