namespace TemporalServer.Engine;

/// <summary>A call that returns when the clock shows a time.</summary>
/// <param name="due">The time.</param>
/// <param name="order">Tells sleepers of one time apart.</param>
/// <param name="locks">Whether time skipping is locked again when it ends.</param>
internal sealed class Sleeper(DateTimeOffset due, long order, bool locks)
{
    private readonly TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The time.</summary>
    public DateTimeOffset Due { get; } = due;

    /// <summary>Tells sleepers of one time apart.</summary>
    public long Order { get; } = order;

    /// <summary>Whether time skipping is locked again when it ends.</summary>
    public bool Locks { get; } = locks;

    /// <summary>Ends when the time has come.</summary>
    public Task Woken => _woken.Task;

    /// <summary>The time has come.</summary>
    public void Wake() => _woken.TrySetResult();
}
