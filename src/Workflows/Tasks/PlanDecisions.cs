namespace CodingAgent.Workflows.Tasks;

/// <summary>Judges whether a person's word counts for the current plan (product.md §5). Pure.</summary>
public static class PlanDecisions
{
    /// <summary>Why the decision does not count; null when it does.</summary>
    /// <param name="decision">What a person wrote.</param>
    /// <param name="hash">Hash of the current plan.</param>
    /// <param name="postedAt">When the current plan was posted, by the forge's clock; null when it is not.</param>
    public static string? Refusal(PlanDecision decision, string hash, DateTimeOffset? postedAt)
    {
        if (postedAt is not { } posted)
            return "no plan waits for an answer.";
        if (decision.Hash is { } named)
        {
            return string.Equals(named, hash, StringComparison.OrdinalIgnoreCase)
                ? null
                : $"it names plan {named}, but the current plan is {hash}. Read the current plan and answer again.";
        }

        return decision.At < posted ? "it was written before the current plan was posted. Read the current plan and answer again." : null;
    }
}
