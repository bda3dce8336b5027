using DiffPlex;

namespace CodingAgent.Playground.ScriptedModel.Scenarios;

/// <summary>
/// The tool calls that turn a file's base into what a patch wants: an edit for each changed place, with as much around it as makes the place
/// the only one. They are made for one order, the last place first, so that the numbers of the lines above stay as they are.
/// </summary>
internal static class ReferenceEdits
{
    // Beyond that a person rewrites the file too.
    private const int MostEdits = 30;

    // The byte order mark is no part of what the tools show of a file.
    private const char Mark = '\uFEFF';

    /// <summary>All calls for a change, in the order they are to be made.</summary>
    public static IReadOnlyList<Answer.Call> For(ReferenceChange change) => [.. change.Files.SelectMany(For)];

    private static IEnumerable<Answer.Call> For(ReferenceFile file)
    {
        if (file.After is not { } after)
            return [Answer.Delete(file.Path)];
        var calls = file.Before is null ? [Answer.Write(file.Path, after)]
            : file.Before == after ? []
            : Edits(file.Path, file.Before, after);
        return file.BecomesExecutable ? [.. calls, Answer.Run($"chmod +x -- '{file.Path.Replace("'", "'\\''", StringComparison.Ordinal)}'")] : calls;
    }

    private static List<Answer.Call> Edits(string path, string before, string after)
    {
        // The tools show and take lines without their ends, and give a file back the ends it had. Where the ends themselves change, or are
        // of both kinds, only the whole file says what is meant.
        var isMarked = before.StartsWith(Mark);
        if (before.Length == 0 || after.Length == 0 || isMarked != after.StartsWith(Mark) || Ends(before) is not { } ends || Ends(after) != ends)
            return [Answer.Write(path, after)];
        var (old, fresh) = (Lines(before), Lines(after));
        var blocks = Differ.Instance.CreateDiffs(string.Join('\n', old), string.Join('\n', fresh), ignoreWhiteSpace: false, ignoreCase: false, LineChunker.Instance).DiffBlocks;
        if (blocks.Count > MostEdits)
            return [Answer.Write(path, after)];
        var calls = new List<Answer.Call>();
        var current = old.ToList();
        foreach (var block in blocks.Reverse())
        {
            var put = fresh.AsSpan(block.InsertStartB, block.InsertCountB).ToArray();
            if (Edit(path, current, block.DeleteStartA, block.DeleteCountA, put) is not { } call)
                return [Answer.Write(path, after)];
            calls.Add(call);
            current.RemoveRange(block.DeleteStartA, block.DeleteCountA);
            current.InsertRange(block.DeleteStartA, put);
            // A file of one line has no ends left to give back.
            if (ends.Length > 1 && current.Count == 1)
                return [Answer.Write(path, after)];
        }

        return calls;
    }

    // Null when nothing names the place: the file is blank.
    private static Answer.Call? Edit(string path, List<string> lines, int start, int count, string[] put)
    {
        var text = string.Join('\n', lines);
        for (var around = 1; ; around++)
        {
            var first = Math.Max(0, start - around);
            var last = Math.Min(lines.Count, start + count + around);
            var old = string.Join('\n', lines[first..last]);
            var isWhole = first == 0 && last == lines.Count;
            if (!isWhole && (string.IsNullOrWhiteSpace(old) || IsTwice(text, old)))
                continue;
            return string.IsNullOrWhiteSpace(old)
                ? null
                : Answer.Edit(path, old, string.Join('\n', [.. lines[first..start], .. put, .. lines[(start + count)..last]]));
        }
    }

    private static bool IsTwice(string text, string part) =>
        text.IndexOf(part, text.IndexOf(part, StringComparison.Ordinal) + 1, StringComparison.Ordinal) >= 0;

    private static string[] Lines(string text) => text.TrimStart(Mark).Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');

    // "\n" or "\r\n" when all ends are of one kind (none counts as the first), else null.
    private static string? Ends(string text)
    {
        var pairs = text.Split("\r\n").Length - 1;
        return pairs == 0 ? text.Contains('\r', StringComparison.Ordinal) ? null : "\n"
            : pairs == text.Count(c => c == '\n') && pairs == text.Count(c => c == '\r') ? "\r\n" : null;
    }

    /// <summary>Lines end at \n alone: what else ends a line somewhere (form feed, U+2028) is text.</summary>
    private sealed class LineChunker : IChunker
    {
        public static LineChunker Instance { get; } = new();

        public IReadOnlyList<string> Chunk(string text) => text.Split('\n');
    }
}
