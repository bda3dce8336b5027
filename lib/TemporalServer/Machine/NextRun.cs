using Google.Protobuf.WellKnownTypes;

namespace TemporalServer.Machine;

/// <summary>The run that follows a closed one: by continue-as-new, by the retry policy, or by the cron schedule.</summary>
internal sealed record NextRun(string RunId, ContinueAsNewInitiator Initiator, TimeSpan Backoff)
{
    /// <summary>The continue-as-new command; null repeats the start of the closed run.</summary>
    public ContinueAsNewWorkflowExecutionCommandAttributes? Command { get; init; }

    /// <summary>The attempt of the retry policy; 1 starts over.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Why the closed run failed, when that leads to the next.</summary>
    public Failure? Failure { get; init; }

    /// <summary>The result handed on by a cron schedule.</summary>
    public Payloads? LastResult { get; init; }

    /// <summary>Where the memo and search attributes of the closed run stood.</summary>
    public Memo? Memo { get; init; }

    /// <summary>Where the search attributes of the closed run stood.</summary>
    public SearchAttributes? SearchAttributes { get; init; }

    /// <summary>When the whole chain of runs expires; null never.</summary>
    public Timestamp? ExecutionExpires { get; init; }
}
