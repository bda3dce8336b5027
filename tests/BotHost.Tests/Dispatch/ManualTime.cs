namespace CodingAgent.BotHost.Tests.Dispatch;

/// <summary>A clock the test moves. Without timers: the dispatcher's passes are called by the test.</summary>
internal sealed class ManualTime : TimeProvider
{
    private DateTimeOffset _now = DateTimeOffset.Parse("2026-11-22T10:00:00Z");

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;
}
