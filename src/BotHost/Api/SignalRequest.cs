using System.ComponentModel.DataAnnotations;

namespace CodingAgent.BotHost.Api;

/// <summary>Body of the signal calls; each uses the members it needs.</summary>
public sealed record SignalRequest
{
    /// <summary>Approve: only when the current plan has this hash. Absent approves the plan as it stands.</summary>
    [RegularExpression("^[0-9A-Fa-f]{6,64}$")]
    public string? PlanHash { get; init; }

    /// <summary>Reject: what is wrong.</summary>
    [MaxLength(SignalRequestReader.MaxTextLength)]
    public string? Why { get; init; }

    /// <summary>Review: remarks for the next turn. Approve and retry: what should be minded meanwhile.</summary>
    [MaxLength(SignalRequestReader.MaxTextLength)]
    public string? Text { get; init; }

    /// <summary>Repeating a call with the same key is one call.</summary>
    [RegularExpression(TaskRequestReader.KeyPattern)]
    public string? IdempotencyKey { get; init; }
}
