namespace CodingAgent.BotHost.Api;

/// <summary>Body of the signal calls; each uses the members it needs.</summary>
public sealed record SignalRequest
{
    /// <summary>Approve: only when the current plan has this hash. Absent approves the plan as it stands.</summary>
    public string? PlanHash { get; init; }

    /// <summary>Reject: what is wrong.</summary>
    public string? Why { get; init; }

    /// <summary>Review: remarks for the next turn.</summary>
    public string? Text { get; init; }

    /// <summary>Repeating a call with the same key is one call.</summary>
    public string? IdempotencyKey { get; init; }
}
