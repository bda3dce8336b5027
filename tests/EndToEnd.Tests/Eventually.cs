namespace CodingAgent.EndToEnd.Tests;

/// <summary>Waits for conditions of the real world: asks again and again until a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The first answer that is not null. The limit is for what never comes: a busy machine is no failure.</summary>
    /// <exception cref="TimeoutException">None came in time.</exception>
    public static async Task<T> FindAsync<T>(string what, Func<Task<T?>> probe, TimeSpan? limit = null, Func<Task<string>>? explain = null)
        where T : class
    {
        var deadline = TimeProvider.System.GetUtcNow() + (limit ?? TimeSpan.FromMinutes(5));
        while (TimeProvider.System.GetUtcNow() < deadline)
        {
            if (await probe() is { } found)
                return found;
            await Task.Delay(Pause);
        }

        throw new TimeoutException($"In vain waited for {what}.{(explain is null ? "" : "\n" + await explain())}");
    }

    /// <summary>Waits until something holds.</summary>
    public static Task HoldsAsync(string what, Func<bool> condition, TimeSpan? limit = null) =>
        FindAsync<object>(what, () => Task.FromResult<object?>(condition() ? true : null), limit);
}
