using CodingAgent.Agents.Tools;

namespace CodingAgent.Workflows.Commands;

/// <summary>
/// Reads <c>/agent</c> commands from comments. A command stands at the start of a line of ordinary text; the first such line of a
/// comment decides and later ones are ignored, so that one comment is one request. Pure, and total on any text.
/// </summary>
public static class CommandParser
{
    private const string Prefix = "/agent";
    private const int LongestReason = 4_000;
    private const int LongestWord = 30;

    /// <summary>The commands, in the order help lists them. A new one is a line here, a case of <see cref="AgentCommand"/> and what follows from it.</summary>
    public static IReadOnlyList<CommandWord> Words { get; } =
    [
        new("implement", "", "plans and implements this issue", (_, _) => Understood(new AgentCommand.Implement())),
        new("fix", "", "mends CI failures and open review remarks on this pull request", (_, _) => Understood(new AgentCommand.Fix())),
        new("approve", "[hash]", "approves the current plan", (rest, _) => Approve(rest)),
        new("reject", "<why>", "asks for another plan", Reject),
        new("retry", "", "tries again at once what waits, for the model's endpoint or for a person", (_, _) => Understood(new AgentCommand.Retry())),
        new("status", "", "refreshes the status comment", (_, _) => Understood(new AgentCommand.Status())),
        new("stop", "", "ends the task at the next turn and leaves the branch", (_, _) => Understood(new AgentCommand.Stop())),
        new("help", "", "this list", (_, _) => Understood(new AgentCommand.Help())),
    ];

    /// <summary>Reads the first command of a Markdown comment.</summary>
    public static ParsedCommand Parse(string? markdown)
    {
        // Almost no comment has one; the Markdown parser need not see the others. Hidden characters may stand inside the prefix.
        if (string.IsNullOrEmpty(markdown) || !VisibleText.Of(markdown).Contains(Prefix, StringComparison.OrdinalIgnoreCase))
            return new ParsedCommand.None();
        var lines = OrdinaryText.LinesOf(markdown);
        for (var i = 0; i < lines.Count; i++)
        {
            if (ArgumentsOf(lines[i]) is not { } arguments)
                continue;
            var following = lines.Skip(i + 1).TakeWhile(line => ArgumentsOf(line) is null).Select(line => line.Text);
            return Interpret(arguments, following);
        }

        return new ParsedCommand.None();
    }

    private static string? ArgumentsOf(OrdinaryLine line)
    {
        if (!line.StartsPlain || !line.Text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return null;
        var rest = line.Text[Prefix.Length..];
        return rest.Length == 0 || char.IsWhiteSpace(rest[0]) ? rest.Trim() : null;
    }

    private static ParsedCommand Interpret(string arguments, IEnumerable<string> following)
    {
        var word = string.Concat(arguments.TakeWhile(c => !char.IsWhiteSpace(c)));
        var rest = arguments[word.Length..].Trim();
        var verb = word.TrimEnd('.', ',', ';', ':', '!').ToLowerInvariant();
        if (verb.Length == 0)
            return Understood(new AgentCommand.Help());
        return Words.FirstOrDefault(w => w.Verb == verb)?.Read(rest, following)
            ?? new ParsedCommand.Unknown(Printable(word), Nearest.Of(verb, Words.Select(w => w.Verb)));
    }

    // An approval must not be read into words that were not one: "approve later" approves nothing.
    private static ParsedCommand Approve(string rest)
    {
        var hash = rest.Trim('`', '.', ' ').ToLowerInvariant();
        if (hash.Length == 0)
            return Understood(new AgentCommand.Approve(null));
        return hash.Length is >= 6 and <= 64 && hash.All(char.IsAsciiHexDigitLower)
            ? Understood(new AgentCommand.Approve(hash))
            : new ParsedCommand.Misused("approve", "`/agent approve`, or `/agent approve HASH` with the hash shown under the plan, and nothing after it");
    }

    private static ParsedCommand Reject(string rest, IEnumerable<string> following)
    {
        var why = string.Join('\n', following.Prepend(rest)).Trim();
        if (why.Length == 0)
            return new ParsedCommand.Misused("reject", "`/agent reject WHY`, so that the next plan can do better");
        return Understood(new AgentCommand.Reject(why.Length <= LongestReason ? why : why[..LongestReason]));
    }

    private static ParsedCommand.Understood Understood(AgentCommand command) => new(command);

    private static string Printable(string word) =>
        string.Concat(word.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_').Take(LongestWord));
}

/// <summary>A verb of <c>/agent</c>: what people read about it and how it is read.</summary>
/// <param name="Verb">Verb.</param>
/// <param name="Arguments">What is written after it, as help shows it; empty for nothing.</param>
/// <param name="Does">What it does, in a few words.</param>
/// <param name="Read">Reads what stands behind the verb, and the ordinary lines below it.</param>
public sealed record CommandWord(string Verb, string Arguments, string Does, Func<string, IEnumerable<string>, ParsedCommand> Read);
