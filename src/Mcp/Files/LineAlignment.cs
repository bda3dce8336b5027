namespace CodingAgent.Mcp.Files;

/// <summary>
/// Which lines of a new text are the old ones. Small differences are compared in full, large ones by lines that occur once on both sides
/// (patience), so that the time stays near linear whatever the texts.
/// </summary>
internal sealed class LineAlignment
{
    private const int LargestTable = 40_000;
    private const int Deepest = 24;

    private readonly IReadOnlyList<string> _old;
    private readonly IReadOnlyList<string> _new;
    private readonly int[] _map;

    private readonly CancellationToken _stop;

    private LineAlignment(IReadOnlyList<string> old, IReadOnlyList<string> @new, CancellationToken stop)
    {
        (_old, _new, _map, _stop) = (old, @new, new int[@new.Count], stop);
        Array.Fill(_map, -1);
    }

    /// <summary>For each new line the index of the old one it is, or -1; ascending.</summary>
    public static int[] Of(IReadOnlyList<string> old, IReadOnlyList<string> @new, CancellationToken stop)
    {
        var alignment = new LineAlignment(old, @new, stop);
        alignment.Align(0, old.Count, 0, @new.Count, 0);
        return alignment._map;
    }

    private void Align(int oldStart, int oldEnd, int newStart, int newEnd, int depth)
    {
        _stop.ThrowIfCancellationRequested();
        while (oldStart < oldEnd && newStart < newEnd && _old[oldStart] == _new[newStart]) _map[newStart++] = oldStart++;
        while (oldStart < oldEnd && newStart < newEnd && _old[oldEnd - 1] == _new[newEnd - 1]) _map[--newEnd] = --oldEnd;
        if (oldStart == oldEnd || newStart == newEnd) return;
        if ((long)(oldEnd - oldStart) * (newEnd - newStart) <= LargestTable)
        {
            Compare(oldStart, oldEnd, newStart, newEnd);
            return;
        }

        if (depth == Deepest) return;
        var (fromOld, fromNew) = (oldStart, newStart);
        foreach (var (o, n) in Anchors(oldStart, oldEnd, newStart, newEnd))
        {
            _map[n] = o;
            Align(fromOld, o, fromNew, n, depth + 1);
            (fromOld, fromNew) = (o + 1, n + 1);
        }

        if (fromOld > oldStart) Align(fromOld, oldEnd, fromNew, newEnd, depth + 1);
    }

    /// <summary>The longest common subsequence, by table.</summary>
    private void Compare(int oldStart, int oldEnd, int newStart, int newEnd)
    {
        var (rows, columns) = (oldEnd - oldStart, newEnd - newStart);
        var longest = new int[rows + 1, columns + 1];
        for (var i = rows - 1; i >= 0; i--)
        {
            for (var j = columns - 1; j >= 0; j--)
            {
                longest[i, j] = _old[oldStart + i] == _new[newStart + j]
                    ? longest[i + 1, j + 1] + 1
                    : Math.Max(longest[i + 1, j], longest[i, j + 1]);
            }
        }

        for (int i = 0, j = 0; i < rows && j < columns;)
        {
            if (_old[oldStart + i] == _new[newStart + j]) _map[newStart + j++] = oldStart + i++;
            else if (longest[i + 1, j] >= longest[i, j + 1]) i++;
            else j++;
        }
    }

    /// <summary>Lines that occur once on both sides, as many as stand in the same order on both.</summary>
    private List<(int Old, int New)> Anchors(int oldStart, int oldEnd, int newStart, int newEnd)
    {
        var inOld = Single(_old, oldStart, oldEnd);
        var inNew = Single(_new, newStart, newEnd);
        var common = inNew.Where(n => n.Value >= 0 && inOld.GetValueOrDefault(n.Key, -1) >= 0)
            .Select(n => (Old: inOld[n.Key], New: n.Value)).OrderBy(p => p.New).ToList();
        // Longest ascending run of old indexes: piles of ends, each pointing back to the pile before.
        var (piles, back) = (new List<int>(), new int[common.Count]);
        for (var i = 0; i < common.Count; i++)
        {
            var (low, high) = (0, piles.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (common[piles[middle]].Old < common[i].Old) low = middle + 1;
                else high = middle;
            }

            back[i] = low > 0 ? piles[low - 1] : -1;
            if (low == piles.Count) piles.Add(i);
            else piles[low] = i;
        }

        var run = new List<(int, int)>();
        for (var i = piles.Count > 0 ? piles[^1] : -1; i >= 0; i = back[i]) run.Add(common[i]);
        run.Reverse();
        return run;
    }

    private static Dictionary<string, int> Single(IReadOnlyList<string> lines, int start, int end)
    {
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = start; i < end; i++) found[lines[i]] = found.ContainsKey(lines[i]) ? -1 : i;
        return found;
    }
}
