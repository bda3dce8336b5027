namespace CodingAgent.Agents.Models;

/// <summary>
/// Thoughts that a server without a parser for its reasoning model leaves in the text: at its front, between the marks the model was
/// trained on. They are no part of the answer.
/// </summary>
internal static class Thoughts
{
    private static readonly (string Open, string Close)[] Marks =
    [
        ("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<thought>", "</thought>"), ("<reasoning>", "</reasoning>"), ("<reflection>", "</reflection>"),
        ("<seed:think>", "</seed:think>"), ("<|begin_of_thought|>", "<|end_of_thought|>"), ("<|START_THINKING|>", "<|END_THINKING|>"),
        ("[THINK]", "[/THINK]"), ("◁think▷", "◁/think▷"), ("<unused94>thought", "<unused95>"),
        ("<|channel|>analysis<|message|>", "<|end|>"), ("analysis<|message|>", "<|end|>"),
    ];

    // What gpt-oss puts before its answer, and ends with.
    private static readonly string[] Leftovers =
        ["<|start|>assistant", "<|channel|>final<|message|>", "<|channel|>commentary<|message|>", "<|return|>", "<|end|>", "<|START_RESPONSE|>", "<|END_RESPONSE|>"];

    /// <summary>The thoughts and the answer.</summary>
    public static (string Thought, string Answer) Split(string text)
    {
        var thoughts = new List<string>();
        var rest = text;
        while (true)
        {
            var start = rest.TrimStart();
            var (open, close) = Array.Find(Marks, m => start.StartsWith(m.Open, StringComparison.OrdinalIgnoreCase));
            if (open is null)
                break;
            var end = start.IndexOf(close, open.Length, StringComparison.OrdinalIgnoreCase);
            // Cut off while it thought: all of it is thought.
            thoughts.Add(start[open.Length..(end < 0 ? start.Length : end)].Trim());
            rest = end < 0 ? "" : Clean(start[(end + close.Length)..]);
        }
        // Where the prompt's template opens the thoughts, only their end is in the text.
        if (thoughts.Count == 0 && !text.TrimStart().StartsWith('{') && !text.TrimStart().StartsWith('['))
        {
            foreach (var (open, close) in Marks.Where(m => m.Close[0] is '<' && m.Close[1] == '/'))
            {
                var end = text.IndexOf(close, StringComparison.OrdinalIgnoreCase);
                if (end < 0 || text.IndexOf(open, StringComparison.OrdinalIgnoreCase) is >= 0 and var at && at < end)
                    continue;
                return (text[..end].Trim(), text[(end + close.Length)..].TrimStart());
            }
        }
        if (thoughts.Count > 0)
            return (string.Join("\n\n", thoughts), rest.TrimStart());
        return ("", text.Contains("<|", StringComparison.Ordinal) ? Clean(text) : text);
    }

    private static string Clean(string text)
    {
        var cleaned = text;
        for (var before = -1; before != cleaned.Length;)
        {
            before = cleaned.Length;
            foreach (var leftover in Leftovers)
            {
                if (cleaned.TrimStart().StartsWith(leftover, StringComparison.Ordinal))
                    cleaned = cleaned.TrimStart()[leftover.Length..];
                if (cleaned.TrimEnd().EndsWith(leftover, StringComparison.Ordinal))
                    cleaned = cleaned.TrimEnd()[..^leftover.Length];
            }
        }
        return cleaned;
    }
}
