namespace Temporalio.Activities;

/// <summary>Holds why an activity was cancelled; shared between the context and whoever cancels. The first reason stays.</summary>
internal sealed class ActivityCancelRef
{
    private readonly Lock _lock = new();

    public ActivityCancelReason Reason { get; set; }

    public ActivityCancellationDetails? Details { get; set; }

    public bool TrySet(ActivityCancelReason reason, ActivityCancellationDetails? details = null)
    {
        lock (_lock)
        {
            if (Reason != ActivityCancelReason.None)
            {
                return false;
            }

            Details = details ?? ActivityCancellationDetails.Of(reason);
            Reason = reason;
            return true;
        }
    }
}
