namespace TemporalServer.Tests.Live;

/// <summary>Waits for a condition of another process's making, with a deadline.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30)).ShouldBeTrue($"{what} did not come true in time");
            await Task.Delay(20);
        }
    }
}
