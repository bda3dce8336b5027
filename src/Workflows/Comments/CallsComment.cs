using System.Text;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Comments;

/// <summary>Calls of others' tools as people are asked about them, and what became of them.</summary>
public static class CallsComment
{
    // What stands beyond the right edge of a block is not read.
    private const int Width = 110;

    /// <summary>Builds the comment.</summary>
    /// <param name="role">Who wants to call.</param>
    /// <param name="calls">The calls: model output.</param>
    /// <param name="words">Words given so far.</param>
    public static string Build(AgentRole role, IReadOnlyList<AskedCall> calls, IReadOnlyList<CallWord> words)
    {
        ArgumentNullException.ThrowIfNull(calls);
        var open = calls.Where(c => words.All(w => w.Digest != c.Digest)).ToList();
        var text = new StringBuilder("### ✋ ").Append(open.Count > 0 ? "A call of a tool waits for a person's word" : "Calls of tools, answered").Append("\n\n");
        if (open.Count > 0)
        {
            text.Append("The ").Append(role.ToString().ToLowerInvariant())
                .Append(" wants to call what others made, and who runs this service lets that happen only with a person's word. A model wrote the arguments, after it had read texts of others: take nothing in them for mine.\n");
        }

        foreach (var call in calls)
        {
            var word = words.FirstOrDefault(w => w.Digest == call.Digest);
            text.Append("\n**").Append(Markdown.Code(call.Tool, 64)).Append("** of ").Append(Markdown.Code(call.Package)).Append(" · hash ").Append(Markdown.Code(call.Hash)).Append("\n\n");
            if (word is null)
                text.Append(call.Arguments.Length == 0 ? "without arguments\n" : $"{Markdown.Fence(Wrapped(call.Arguments), int.MaxValue)}\n");
            else
                text.Append(word.Approved ? "Approved by " : word.By.Length > 0 ? "Rejected by " : "Not run").Append(Markdown.Inline(word.By, 60)).Append(word.Reason.Length > 0 ? $": {Markdown.Inline(word.Reason)}" : "").Append('\n');
        }

        if (open.Count == 0)
            return text.ToString();
        return text.Append("\n---\nNothing runs, and nothing is spent, until someone with write access answers").Append(open.Count > 1 ? " each" : "").Append(":\n\n- `/agent approve ").Append(open[0].Hash)
            .Append("` — runs this very call, once\n- `/agent reject ").Append(open[0].Hash).Append(" <why>` — it is not run, and the agent reads why; without a hash that goes for all that wait\n").ToString();
    }

    private static string Wrapped(string text) =>
        string.Join('\n', text.Split('\n').SelectMany(line => line.EnumerateRunes().Chunk(Width).Select((part, i) => (i == 0 ? "" : "    ") + string.Concat(part))));
}
