using Temporalio.Activities;

namespace CodingAgent.Workflows.Activities;

/// <summary>
/// Heartbeats while an activity runs, so that a dead worker is noticed within the heartbeat timeout and a cancellation reaches a live one.
/// What is over before the first period has passed costs no call.
/// </summary>
internal sealed class HeartbeatPump : IAsyncDisposable
{
    // Several beats within the timeout, so that one that is late kills nothing.
    private const int BeatsPerTimeout = 4;
    private static readonly TimeSpan PeriodWithoutTimeout = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _done = new();
    private readonly Task _loop;
    private volatile string _cursor = "";

    public HeartbeatPump(ActivityExecutionContext context, TimeProvider time) => _loop = LoopAsync(context, time);

    /// <summary>Where the work stands; small, and never the truth.</summary>
    public string Cursor
    {
        get => _cursor;
        set => _cursor = value;
    }

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _loop;
        _done.Dispose();
    }

    private async Task LoopAsync(ActivityExecutionContext context, TimeProvider time)
    {
        var period = context.Info.HeartbeatTimeout / BeatsPerTimeout ?? PeriodWithoutTimeout;
        try
        {
            while (true)
            {
                await Task.Delay(period, time, _done.Token);
                context.Heartbeat(_cursor);
            }
        }
        catch (OperationCanceledException)
        {
            // The activity is over.
        }
    }
}
