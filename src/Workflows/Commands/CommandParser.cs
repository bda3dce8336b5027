using System.Text.RegularExpressions;
using CodingAgent.Agents.Tools;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Flows;

namespace CodingAgent.Workflows.Commands;

/// <summary>
/// Reads <c>/agent</c> commands from comments. A command stands at the start of a line of ordinary text. All that is the writer's own besides
/// belongs to the commands: the rest of a command's line and what is below it, up to the next one, and to the first also what is above. Pure,
/// and total on any text.
/// </summary>
public static partial class CommandParser
{
    private const string Prefix = "/agent";
    private const int MostCommands = 5;
    private const int LongestWords = 4_000;
    private const int LongestWord = 30;

    // Also as input methods for Chinese and Japanese write them.
    private const string Punctuation = ".,;:!?…。，、；：！？．";
    private const string Wrapping = "`*_~\"'“”‘’«»<>()";

    // What people add out of courtesy is nothing to work on.
    private static readonly HashSet<string> Courtesies = new(StringComparer.OrdinalIgnoreCase)
        { "please", "pls", "plz", "thanks", "thank", "thx", "ty", "you", "now", "again", "asap", "hi", "hello", "hey", "bot", "👍", "🙏", "❤" };

    /// <summary>The commands, in the order help lists them. A new one is a line here, a case of <see cref="AgentCommand"/> and what follows from it.</summary>
    public static IReadOnlyList<CommandWord> Words { get; } =
    [
        .. FlowList.All.GroupBy(f => f.Verb).Select(g => new CommandWord(
            g.Key, g.First().Arguments, string.Join("; ", g.Select(f => f.Does)), said => Understood(Begin(g.Key) with { Words = said.Words }))),
        new("plan", "[what to mind]", "on an issue: makes a plan and waits for your word, whatever the policy says", said => Understood(new AgentCommand.Plan { Words = said.Words })),
        new("approve", "[hash]", "approves the current plan, or the call of a tool that has this hash; what you write below it is told to the agent", Approve),
        new("reject", "<why>", "asks for another plan, or keeps a call of a tool from running; the reason may go on below", Reject),
        new("retry", "", "tries again at once what waits, for the model's endpoint or for a person", said => Understood(new AgentCommand.Retry { Words = said.Words })),
        new("status", "", "refreshes the status comment", _ => Understood(new AgentCommand.Status())),
        new("stop", "", "ends the task at the next turn and leaves the branch", _ => Understood(new AgentCommand.Stop())),
        new("finish", "", "ends the task with what is there: published as a draft if it passes the gates", _ => Understood(new AgentCommand.Finish())),
        new("help", "", "this list", _ => Understood(new AgentCommand.Help())),
    ];

    /// <summary>Reads the commands of a Markdown comment, in the order they stand there; none for most comments.</summary>
    public static IReadOnlyList<ParsedCommand> Parse(string? markdown)
    {
        // Almost no comment has one; the Markdown parser need not see the others. Hidden characters may stand inside the prefix.
        if (string.IsNullOrEmpty(markdown) || !Narrow(VisibleText.Of(markdown)).Contains(Prefix, StringComparison.OrdinalIgnoreCase))
            return [];
        var text = OwnText.Of(markdown);
        var lines = text.Lines.Select(line => (Line: line, Arguments: ArgumentsOf(line))).Where(l => l.Arguments is not null).ToList();
        var commands = new List<ParsedCommand>();
        for (var i = 0; i < Math.Min(lines.Count, MostCommands); i++)
        {
            var (line, arguments) = lines[i];
            var above = i == 0 ? text.Between(0, line.Start) : "";
            commands.Add(Interpret(arguments!, above, text.Between(line.End, i + 1 < lines.Count ? lines[i + 1].Line.Start : markdown.Length)));
        }

        if (lines.Count > MostCommands)
            commands.Add(new ParsedCommand.Misused("help", $"at most {MostCommands} commands into one comment; the first {MostCommands} of this one count"));
        return commands;
    }

    /// <summary>
    /// True for a comment that gives no command and has one in its plain text where none counts: within a line, in a list or a heading.
    /// Whoever writes so means something by it, and would wait in vain.
    /// </summary>
    public static bool IsMisplaced(string? markdown) =>
        !string.IsNullOrEmpty(markdown) && VisibleText.Of(markdown).Contains(Prefix, StringComparison.OrdinalIgnoreCase) && Parse(markdown).Count == 0
        && Elsewhere().Matches(OwnText.Of(markdown).Prose).Any(m => Words.Any(w => w.Verb.Equals(m.Groups["verb"].Value, StringComparison.OrdinalIgnoreCase)));

    /// <summary>The command that begins a job.</summary>
    public static AgentCommand Begin(string verb) => verb switch
    {
        "implement" => new AgentCommand.Implement(),
        "fix" => new AgentCommand.Fix(),
        _ => new AgentCommand.Begin(verb),
    };

    private static string? ArgumentsOf(OrdinaryLine line)
    {
        var text = Narrow(line.Text);
        if (!line.StartsPlain || !text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return null;
        var rest = text[Prefix.Length..];
        // "/agent: status" and "/agent?" mean us; "/agent.md", "/agents" and "/agent/x" are other things.
        var bare = rest.TrimStart(Punctuation.ToCharArray());
        return bare.Length == 0 || char.IsWhiteSpace(bare[0]) || (bare.Length < rest.Length && rest[0] is ':' or '：') ? bare.Trim() : null;
    }

    private static string Narrow(string text) => text.Replace('／', '/');

    private static ParsedCommand Interpret(string arguments, string above, string below)
    {
        var (word, rest) = Split(arguments);
        // "/agent please stop", "/agent - stop".
        while (rest.Length > 0 && (Courtesies.Contains(word.Trim([.. Punctuation])) || word.All(c => char.IsPunctuation(c) || char.IsSymbol(c))))
            (word, rest) = Split(rest);
        var verb = word.Trim([.. Punctuation, .. Wrapping]).ToLowerInvariant();
        if (verb.Length == 0 && rest.Length == 0)
            return Understood(new AgentCommand.Help());
        return Words.FirstOrDefault(w => w.Verb == verb)?.Read(new CommandText(rest, above, below))
            ?? new ParsedCommand.Unknown(Printable(word), Nearest.Of(verb, Words.Select(w => w.Verb)));
    }

    private static (string Word, string After) Split(string text)
    {
        var word = string.Concat(text.TakeWhile(c => !char.IsWhiteSpace(c)));
        return (word, text[word.Length..].Trim());
    }

    // An approval must not be read into words that were not one: "approve later" approves nothing.
    private static ParsedCommand Approve(CommandText said)
    {
        var hash = said.Rest.Trim('`', '.', '!', '。', '！', ' ').ToLowerInvariant();
        if (hash.Length != 0 && !(hash.Length is >= 6 and <= 64 && hash.All(char.IsAsciiHexDigitLower)))
            return new ParsedCommand.Misused("approve", "`/agent approve`, or `/agent approve HASH` with the hash shown under the plan, and nothing after it on its line");
        return Understood(new AgentCommand.Approve(hash.Length == 0 ? null : hash) { Words = (said with { Rest = "" }).Words });
    }

    private static ParsedCommand Reject(CommandText said)
    {
        var why = Cut($"{said.Rest}\n{said.Below}".Trim());
        if (why.Length == 0)
            why = Cut(said.Above);
        return why.Length == 0
            ? new ParsedCommand.Misused("reject", "`/agent reject WHY`, so that the next plan can do better")
            : Understood(new AgentCommand.Reject(why));
    }

    private static ParsedCommand.Understood Understood(AgentCommand command) => new(command);

    private static string Printable(string word) =>
        string.Concat(word.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_').Take(LongestWord));

    private static string Cut(string text) => TextCut.Head(text, LongestWords);

    [GeneratedRegex(@"(^|[\s(\[*_>""'!-])/agent[\s:,]+(?<verb>[a-z]+)", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Elsewhere();

    /// <summary>What stands around a verb.</summary>
    /// <param name="Rest">The rest of its line.</param>
    /// <param name="Above">The writer's own text above it, up to the command before.</param>
    /// <param name="Below">The writer's own text below it, up to the next command.</param>
    public sealed record CommandText(string Rest, string Above, string Below)
    {
        /// <summary>All of it, in the order it stands there; null where it says nothing.</summary>
        public string? Words
        {
            get
            {
                var text = string.Join('\n', new[] { Above, Rest, Below }.Where(part => part.Length > 0));
                return text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).All(word => Courtesies.Contains(word.Trim([.. Punctuation]))) ? null : Cut(text);
            }
        }
    }
}

/// <summary>A verb of <c>/agent</c>: what people read about it and how it is read.</summary>
/// <param name="Verb">Verb.</param>
/// <param name="Arguments">What is written after it, as help shows it; empty for nothing.</param>
/// <param name="Does">What it does, in a few words.</param>
/// <param name="Read">Reads what stands around the verb.</param>
public sealed record CommandWord(string Verb, string Arguments, string Does, Func<CommandParser.CommandText, ParsedCommand> Read);
