using System.Numerics;

namespace CodingAgent.Mcp.Servers;

/// <summary>
/// How the indentation of a remembered text becomes the file's: one rule that is true of every line that both have, in the file's own
/// characters. Where no single rule fits, an indentation that was seen on a common line is taken from there; all else has no answer.
/// </summary>
internal sealed class IndentShift
{
    private static readonly int[] UsualUnits = [4, 2, 8, 3];
    private readonly Func<string, string?> _shift;

    private IndentShift(Func<string, string?> shift) => _shift = shift;

    /// <summary>Finds the rule.</summary>
    /// <param name="pairs">Indentation in the remembered text and in the file, of lines that are the same; in order.</param>
    /// <param name="wanted">Indentations that are to be answered.</param>
    /// <param name="file">Lines of the file, for its habit.</param>
    /// <param name="stop">Gives it up.</param>
    public static IndentShift? Find(IReadOnlyList<(string Old, string File)> pairs, IReadOnlyList<string> wanted, IReadOnlyList<string> file, CancellationToken stop)
    {
        // A text has few indentations and many lines; the order is that of the first of each.
        (pairs, wanted) = ([.. pairs.Distinct()], [.. wanted.Distinct(StringComparer.Ordinal)]);
        bool Fits(Func<string, string?> shift, IEnumerable<(string Old, string File)> known, IEnumerable<string> open)
        {
            foreach (var (old, here) in known)
            {
                stop.ThrowIfCancellationRequested();
                if (shift(old) != here) return false;
            }

            foreach (var indent in open)
            {
                stop.ThrowIfCancellationRequested();
                if (shift(indent) is null) return false;
            }

            return true;
        }

        if (pairs.Count == 0) return new IndentShift(indent => indent);
        var unit = UnitOf(file);
        // What is copied from the middle of its first line has lost that line's indentation, and only that.
        var cut = pairs.Count > 1 && pairs[0].Old.Length < pairs[0].File.Length && pairs[0].File.EndsWith(pairs[0].Old, StringComparison.Ordinal)
            && pairs.Skip(1).Any(p => p.Old.Length > 0) ? pairs.Skip(1).ToList() : null;
        IReadOnlyList<(string Old, string File)>[] views = cut is null ? [pairs] : [pairs, cut];
        var inPlace = views.SelectMany(v => AddOrRemove(v[0]).Where(c => Fits(c, v, wanted))).ToList();
        var seen = pairs.Select(p => p.File).ToHashSet(StringComparer.Ordinal);
        var regular = inPlace.Find(c => wanted.All(w => IsRegular(c(w)!, unit) || seen.Contains(c(w)!)));
        if (regular is not null) return new IndentShift(regular);
        // What would leave the file's steps is rather the same depth in another unit; both at once is believed only
        // where the characters differ, or nothing else fits.
        var retyped = views.SelectMany(v => Retype(v, wanted, unit).Where(r => (r.IsNear || inPlace.Count == 0) && Fits(r.Shift, v, wanted))).Select(r => r.Shift);
        var found = retyped.FirstOrDefault() ?? inPlace.FirstOrDefault() ?? Seen(pairs);
        return Fits(found, [], wanted) ? new IndentShift(found) : null;
    }

    /// <summary>The file's indentation for a remembered one.</summary>
    public string Of(string indent) => _shift(indent)!;

    /// <summary>Spaces and tabs a line begins with.</summary>
    public static string Indent(string line) => line[..(line.Length - line.TrimStart(' ', '\t').Length)];

    /// <summary>The unit a file indents by: a tab, or a number of spaces.</summary>
    public static string UnitOf(IReadOnlyList<string> lines)
    {
        var (tabs, steps, last) = (0, new int[9], 0);
        foreach (var line in lines.Take(5000))
        {
            var indent = Indent(line);
            if (indent.Length == line.Length) continue;
            if (indent.StartsWith('\t')) tabs++;
            else if (indent.Length - last is > 1 and < 9 and var step) steps[step]++;
            last = indent.Length;
        }

        return tabs > steps.Sum() ? "\t" : new string(' ', steps.Max() > 0 ? Array.IndexOf(steps, steps.Max()) : 4);
    }

    private static bool IsRegular(string indent, string unit) => unit == "\t" ? !indent.Contains(' ', StringComparison.Ordinal) : indent.Contains('\t', StringComparison.Ordinal) || indent.Length % unit.Length == 0;

    /// <summary>The same characters more, or fewer, before every line.</summary>
    private static IEnumerable<Func<string, string?>> AddOrRemove((string Old, string File) pair)
    {
        if (pair.File.EndsWith(pair.Old, StringComparison.Ordinal))
        {
            var more = pair.File[..^pair.Old.Length];
            yield return indent => more + indent;
        }
        else if (pair.Old.EndsWith(pair.File, StringComparison.Ordinal))
        {
            var less = pair.Old[..^pair.File.Length];
            yield return indent => indent.StartsWith(less, StringComparison.Ordinal) ? indent[less.Length..] : null;
        }
    }

    /// <summary>Levels counted in one unit and written in another, deeper or higher by a constant.</summary>
    private static IEnumerable<(bool IsNear, Func<string, string?> Shift)> Retype(IReadOnlyList<(string Old, string File)> pairs, IReadOnlyList<string> wanted, string fileUnit)
    {
        var olds = pairs.Select(p => p.Old).Concat(wanted).ToList();
        var oldUnits = Units(olds, olds.Exists(o => o.Contains('\t', StringComparison.Ordinal)) ? "\t" : null);
        var fileUnits = Units([.. pairs.Select(p => p.File)], fileUnit);
        var rules = from o in oldUnits from f in fileUnits select (o, f, Deeper: Level(pairs[0].File, f).Level - Level(pairs[0].Old, o).Level);
        foreach (var (o, f, deeper) in rules.OrderBy(r => r.Deeper != 0))
        {
            yield return (deeper == 0 || (o == "\t") != (f == "\t"), indent =>
            {
                var (level, rest) = Level(indent, o);
                return level + deeper < 0 ? null : string.Concat(Enumerable.Repeat(f, level + deeper)) + new string(' ', rest);
            }
            );
        }
    }

    private static List<string> Units(List<string> indents, string? first)
    {
        var common = (int)indents.Where(i => !i.Contains('\t', StringComparison.Ordinal)).Aggregate(BigInteger.Zero, (d, i) => BigInteger.GreatestCommonDivisor(d, i.Length));
        var units = UsualUnits.Prepend(common).Where(u => u > 1).Distinct().Select(u => new string(' ', u)).ToList();
        if (indents.Exists(i => i.Contains('\t', StringComparison.Ordinal))) units.Insert(0, "\t");
        if (first is not null) units.Insert(0, first);
        return units;
    }

    private static (int Level, int Spaces) Level(string indent, string unit)
    {
        var tabs = indent.Count(c => c == '\t');
        if (unit == "\t") return (tabs, indent.Length - tabs);
        return (tabs + ((indent.Length - tabs) / unit.Length), (indent.Length - tabs) % unit.Length);
    }

    private static Func<string, string?> Seen(IReadOnlyList<(string Old, string File)> pairs)
    {
        var seen = pairs.GroupBy(p => p.Old, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Select(p => p.File).Distinct(StringComparer.Ordinal).ToList(), StringComparer.Ordinal);
        return indent => seen.TryGetValue(indent, out var files) && files.Count == 1 ? files[0] : null;
    }
}
