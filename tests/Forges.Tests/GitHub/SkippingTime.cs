using CodingAgent.Forges.GitHub;

namespace CodingAgent.Forges.Tests.GitHub;

/// <summary>A clock whose pauses end at once and are remembered; time limits of attempts never strike.</summary>
internal sealed class SkippingTime : TimeProvider
{
    private static readonly TimeSpan AttemptTimeout = new GitHubOptions().AttemptTimeout;
    private DateTimeOffset _now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public List<TimeSpan> Pauses { get; } = [];

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan time) => _now += time;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == AttemptTimeout || dueTime == Timeout.InfiniteTimeSpan)
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
        Pauses.Add(dueTime);
        _now += dueTime;
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
