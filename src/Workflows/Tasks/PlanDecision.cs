namespace CodingAgent.Workflows.Tasks;

/// <summary>A person's word on a plan, as it was written.</summary>
/// <param name="DeliveryId">Delivery that brought it.</param>
/// <param name="Actor">Login.</param>
/// <param name="At">When it was written, by the forge's clock; null for one over REST, which has no such time.</param>
/// <param name="Approved">True for approve, false for reject.</param>
/// <param name="Hash">Hash it names, if any.</param>
/// <param name="Why">Why it was rejected.</param>
public sealed record PlanDecision(string DeliveryId, string Actor, DateTimeOffset? At, bool Approved, string? Hash, string Why)
{
    /// <summary>The approval as the control role signed it; null for a rejection.</summary>
    public SignedRecord? Record { get; init; }

    /// <summary>What was written besides, for who carries the plan out; null for nothing.</summary>
    public string? Words { get; init; }

    /// <summary>The word of a command. One over REST names the plan that is shown as it arrives, if it names none itself.</summary>
    public static PlanDecision Of(CodingTaskSignal.CommandGiven given, bool approved, string? hash, string why, PlanState plan) => given.FromRest
        ? new PlanDecision(given.DeliveryId, given.Actor, null, approved, hash ?? (plan.PostedAt is null ? null : plan.Hash), why) { Record = given.Record, Words = given.Command.Words }
        : new PlanDecision(given.DeliveryId, given.Actor, given.At, approved, hash, why) { Record = given.Record, Words = given.Command.Words };

    /// <summary>Why it does not count for the current plan (product.md §5); null when it does.</summary>
    /// <param name="current">Hash of the current plan.</param>
    /// <param name="postedAt">When the current plan was posted, by the forge's clock; null when it is not.</param>
    public string? Refusal(string current, DateTimeOffset? postedAt)
    {
        if (postedAt is not { } posted)
            return "no plan waits for an answer.";
        if (Hash is { } named)
        {
            return string.Equals(named, current, StringComparison.OrdinalIgnoreCase)
                ? null
                : $"it names plan {named}, but the current plan is {current}. Read the current plan and answer again.";
        }

        return At is not { } written || written < posted ? "it was written before the current plan was posted. Read the current plan and answer again." : null;
    }
}
