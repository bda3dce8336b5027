using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.Workflows.Comments;

/// <summary>Commit messages: a conventional subject, the requester as co-author, and the trailers that lead back to the task.</summary>
public static partial class CommitText
{
    /// <summary>Builds a message. The same input gives the same bytes, hence the same commit id.</summary>
    /// <param name="subject">Reported subject: model output.</param>
    /// <param name="fallback">Subject when the reported one is empty.</param>
    /// <param name="summary">What changed: model output.</param>
    /// <param name="coAuthor">Login of the requester.</param>
    /// <param name="coAuthorEmail">Their commit address as the forge knows it; null for somebody it does not know (who asked over REST), who is no co-author there.</param>
    /// <param name="taskId">Task.</param>
    /// <param name="step">Step, such as <c>implement-1</c>.</param>
    public static string Build(string subject, string fallback, string summary, string coAuthor, string? coAuthorEmail, string taskId, string step)
    {
        var line = Subject(subject, 72);
        var text = new StringBuilder(line.Length > 0 ? line : Subject(fallback, 72));
        if (!text.ToString().Contains(':', StringComparison.Ordinal))
            text.Insert(0, "feat: ");
        text.Append("\n\n");
        var body = Wrap(summary);
        if (body.Length > 0)
            text.Append(body).Append("\n\n");
        if (coAuthorEmail is not null)
            text.Append("Co-authored-by: ").Append(Line(coAuthor, 60)).Append(" <").Append(Address(coAuthorEmail)).Append(">\n");
        text.Append("Agent-Task: ").Append(taskId).Append('\n');
        text.Append("Agent-Step: ").Append(step).Append('\n');
        return text.ToString();
    }

    /// <summary>The lines of a message that say of which task and step it is; what people and models wrote cannot be such a line.</summary>
    public static IReadOnlyList<string> Trailers(string message) => [.. message.ReplaceLineEndings("\n").Split('\n').Where(l => l.StartsWith("Agent-Task: ", StringComparison.Ordinal) || l.StartsWith("Agent-Step: ", StringComparison.Ordinal))];

    /// <summary>A <see cref="Line"/> that may stand at the very beginning.</summary>
    internal static string Subject(string text, int max) => LiveWords.DisarmStart(Line(text, max));

    /// <summary>One printable line without secrets, and without what could start a mention, a tag or another trailer, close an issue or steer CI; hardly longer than that.</summary>
    internal static string Line(string text, int max)
    {
        // "@name" in a title mentions people too.
        var told = At().Replace(SecretShapes.Mask(ReadableText.Of(text)), m => m.Groups["before"].Success ? $"{m.Groups["before"].Value} at " : "at ");
        var line = LiveWords.Disarm(string.Join(' ', new string([.. told.Select(c => char.IsControl(c) || c is '<' or '>' ? ' ' : c)]).Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        // What is cut off may have been what kept a number from being one.
        return line.Length <= max ? line : LiveWords.Disarm(TextCut.Head(line, max - 1).TrimEnd() + "…");
    }

    // Words of the body are re-flowed into lines that cannot look like a trailer ("Key: value" at a line start of the last paragraph).
    private static string Wrap(string summary)
    {
        var text = new StringBuilder();
        var column = 0;
        foreach (var word in Line(summary, 1_500).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && column + 1 + word.Length > 72)
            {
                text.Append('\n');
                column = 0;
            }

            // A forge may make a merge request's description of it, and a line of that a command.
            var told = column == 0 && LiveWords.StartsCommand(word) ? $"({word})" : word;
            if (column > 0)
            {
                text.Append(' ');
                column++;
            }

            text.Append(told);
            column += told.Length;
        }

        return text.ToString();
    }

    private static string Address(string email) => new([.. email.Where(c => char.IsAsciiLetterOrDigit(c) || c is '@' or '.' or '-' or '_' or '+').Take(150)]);

    [GeneratedRegex(@"(?<before>[^\s@])?@+", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex At();
}
