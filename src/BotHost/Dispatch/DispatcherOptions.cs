namespace CodingAgent.BotHost.Dispatch;

/// <summary>How the dispatcher paces itself.</summary>
public sealed record DispatcherOptions
{
    /// <summary>Wait after the first failure of a delivery; doubles with each further one.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait between tries. What is only away is tried for as long as it takes.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest wait a forge may ask for by its rate limit headers.</summary>
    public TimeSpan LongestForgeWait { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long after its arrival a delivery is waited for at the forge that does not say what it says. Others about the same issue wait that long at most.</summary>
    public TimeSpan RecordPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often the inbox is looked at without a ring: another process may have filled it.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Shortest time from the end of a pass to the next, in which what arrives gathers: under load, reading and marking are shared.</summary>
    public TimeSpan GatherTime { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Issues and pull requests handled at the same time.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>Deliveries read at once.</summary>
    public int PageSize { get; init; } = 64;

    /// <summary>Tries after which a failure nobody foresaw is taken for permanent.</summary>
    public int UnexpectedTries { get; init; } = 8;
}
