using System.Text.Json.Serialization;

namespace CodingAgent.Workflows.Tasks;

/// <summary>A call of an agent's that takes a person's word, as people are shown it.</summary>
/// <param name="Digest">Digest of the very call; a word on it is for no other.</param>
/// <param name="Tool">Name of the tool.</param>
/// <param name="Package">Package that serves it, with its version.</param>
/// <param name="Arguments">All arguments, a line each; characters that nobody sees are written out, credentials masked. Model output.</param>
public sealed record AskedCall(string Digest, string Tool, string Package, string Arguments)
{
    private const int Digits = 12;

    /// <summary>The digest as people see and repeat it.</summary>
    [JsonIgnore]
    public string Hash => Digest[..Digits];

    /// <summary>True for text in the form of <see cref="Hash"/>.</summary>
    public static bool IsHash(string text) => text.Length == Digits && text.All(char.IsAsciiHexDigit);
}

/// <summary>The word on a call.</summary>
/// <param name="Digest">The call's digest.</param>
/// <param name="Approved">True to run it.</param>
/// <param name="By">Login of who gave it; empty where nobody could be asked.</param>
/// <param name="Reason">Told to the model when it is not to run.</param>
public sealed record CallWord(string Digest, bool Approved, string By, string Reason)
{
    /// <summary>The approval as the control role signed it: without it nothing runs.</summary>
    public SignedRecord? Record { get; init; }

    /// <summary>What a person's word says about the calls that wait. An approval must name its call; a rejection that names none is for all of them.</summary>
    /// <param name="decision">The word.</param>
    /// <param name="open">Calls that wait.</param>
    /// <param name="askedAt">When people were asked, by the forge's clock.</param>
    /// <returns>Words, and none of them with the reason why the person's does not count.</returns>
    public static (IReadOnlyList<CallWord> Words, string? Refusal) Of(PlanDecision decision, IReadOnlyList<AskedCall> open, DateTimeOffset askedAt)
    {
        ArgumentNullException.ThrowIfNull(decision);
        var (first, why) = decision.Approved ? (decision.Hash, "") : Named(decision.Why);
        if (first is not null)
        {
            return open.FirstOrDefault(c => string.Equals(c.Hash, first, StringComparison.OrdinalIgnoreCase)) is { } named
                ? ([new CallWord(named.Digest, decision.Approved, decision.Actor, why) { Record = decision.Record }], null)
                : ([], $"no call with the hash {first} waits for an answer.");
        }

        if (decision.Approved)
            return ([], "a call of a tool waits, and an approval must name it. Answer with the hash that stands beside it.");
        return decision.At is { } written && written < askedAt
            ? ([], "it was written before anybody was asked about the call that waits now.")
            : ([.. open.Select(c => new CallWord(c.Digest, false, decision.Actor, decision.Why))], null);
    }

    // The hash that a reason begins with, if any, and what comes after it.
    private static (string? Hash, string Why) Named(string why)
    {
        var word = string.Concat(why.TrimStart().TakeWhile(c => !char.IsWhiteSpace(c)));
        var bare = word.Trim('`', ':', ',', '.');
        return AskedCall.IsHash(bare) ? (bare, why.TrimStart()[word.Length..].Trim()) : (null, why);
    }
}
