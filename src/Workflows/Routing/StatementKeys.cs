using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;

namespace CodingAgent.Workflows.Routing;

/// <summary>
/// What a statement is known by, so that it counts once: the thing said or done by the forge's own id, and of a text besides each command
/// that ever stood in it. So an edit runs a command that is new in its text, and neither blanks nor a way back run one again.
/// </summary>
/// <param name="Whole">The comment, review or label; null for an edit, and for what may be told twice without harm.</param>
/// <param name="Commands">The commands in the text, by their place; of two that say the same only the first.</param>
internal sealed partial record StatementKeys(string? Whole, IReadOnlyDictionary<int, string> Commands)
{
    /// <summary>The keys of an event as the forge has it.</summary>
    public static StatementKeys Of(ForgeEvent fact)
    {
        var thing = fact switch
        {
            ForgeEvent.Commented x => $"comment/{x.CommentId}",
            ForgeEvent.ReviewCommented x => $"line-comment/{x.CommentId}",
            ForgeEvent.ReviewSubmitted x => $"review/{x.ReviewId}",
            ForgeEvent.Labeled { Record: { } record } => $"event/{record.Id}",
            ForgeEvent.Unlabeled { Record: { } record } => $"event/{record.Id}",
            // Not everywhere a number of the same row; and what was so from the first moment has none.
            ForgeEvent.Assigned { Record: { } record } x => $"assignment/{x.Number}/{record.Id}",
            ForgeEvent.Unassigned { Record: { } record } x => $"assignment/{x.Number}/{record.Id}",
            _ => null,
        };
        if (thing is null)
            return new StatementKeys(null, new Dictionary<int, string>());
        thing = $"{fact.Repo.ToString().ToLowerInvariant()}/{thing}";
        // What somebody else made of the text is refused, and leaves the author free to say the same.
        var editor = fact.EditedBy is { } by ? $"/by {by.Id} {by.Login.ToLowerInvariant()}" : "";
        var commands = CommandRequest.IsWordless(fact) ? [] : CommandRequest.AllOf(fact, default);
        return new StatementKeys(
            fact.IsEdit ? null : thing,
            commands.Select(c => (c.Place, Key: $"{thing}/{DigestOf(c.Parsed)}{editor}")).DistinctBy(c => c.Key).ToDictionary(c => c.Place, c => c.Key));
    }

    private static string DigestOf(ParsedCommand parsed)
    {
        var text = parsed switch
        {
            // What is said beside a command may be put better by an edit without giving it again.
            ParsedCommand.Understood { Command: var command } => JsonSerializer.Serialize(command with { Words = null }),
            ParsedCommand.Unknown { Word: var word } => $"unknown {word}",
            ParsedCommand.Misused { Verb: var verb } => $"misused {verb}",
            _ => throw new InvalidOperationException($"{parsed.GetType().Name} has no digest."),
        };
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Blanks().Replace(text, " "))))[..32];
    }

    // Also those that JSON writes as escapes.
    [GeneratedRegex(@"(\s|\\[nrt]|\\u(00A0|200B|FEFF|2028|2029))+", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Blanks();
}
