using Temporalio.Testing;

namespace Temporalio.Tests.Testing;

public sealed class ManualTimeProviderTests
{
    [Fact]
    public void Timers_OnAdvance_FireInOrderAtTheirTimes()
    {
        var clock = new ManualTimeProvider();
        var start = clock.GetUtcNow();
        var fired = new List<(string Name, TimeSpan At)>();
        using var late = clock.CreateTimer(_ => fired.Add(("late", clock.GetUtcNow() - start)), null, TimeSpan.FromSeconds(30), Timeout.InfiniteTimeSpan);
        using var early = clock.CreateTimer(_ => fired.Add(("early", clock.GetUtcNow() - start)), null, TimeSpan.FromSeconds(10), Timeout.InfiniteTimeSpan);
        using var never = clock.CreateTimer(_ => fired.Add(("never", default)), null, TimeSpan.FromSeconds(61), Timeout.InfiniteTimeSpan);
        clock.NextDue.ShouldBe(start + TimeSpan.FromSeconds(10));
        clock.Advance(TimeSpan.FromMinutes(1));
        fired.ShouldBe([("early", TimeSpan.FromSeconds(10)), ("late", TimeSpan.FromSeconds(30))]);
        clock.GetUtcNow().ShouldBe(start + TimeSpan.FromMinutes(1));
        clock.GetElapsedTime(0).ShouldBe(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void PeriodicTimer_OnAdvance_FiresEachTime()
    {
        var clock = new ManualTimeProvider();
        var count = 0;
        using var timer = clock.CreateTimer(_ => count++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        clock.Advance(TimeSpan.FromSeconds(6));
        count.ShouldBe(3);
        timer.Dispose();
        clock.Advance(TimeSpan.FromSeconds(6));
        count.ShouldBe(3);
    }

    [Fact]
    public async Task TaskDelay_OnTheClock_CompletesWhenMoved()
    {
        var clock = new ManualTimeProvider();
        var delay = Task.Delay(TimeSpan.FromDays(1), clock);
        delay.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromDays(1));
        await delay.WaitAsync(TimeSpan.FromSeconds(10));
    }
}
