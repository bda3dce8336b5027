namespace CodingAgent.Mcp.PublicApi;

/// <summary>What differs between two public surfaces.</summary>
/// <param name="Changes">Every difference, in the order of units and ids.</param>
public sealed record ApiDiff(IReadOnlyList<ApiChange> Changes)
{
    /// <summary>True when both are the same.</summary>
    public bool IsEmpty => Changes.Count == 0;

    /// <summary>Compares two surfaces.</summary>
    /// <param name="before">The base's.</param>
    /// <param name="after">The change's.</param>
    public static ApiDiff Between(ApiSurface before, ApiSurface after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var changes = new List<ApiChange>();
        var (old, now) = (before.Entries.ToLookup(Key), after.Entries.ToLookup(Key));
        List<ApiEntry> removed = [], added = [];
        foreach (var key in before.Entries.Concat(after.Entries).Select(Key).Distinct())
        {
            // Under one id there is more than one line where a language lets a name be declared again.
            var gone = old[key].Except(now[key]).ToList();
            var come = now[key].Except(old[key]).ToList();
            for (; gone.Count > 0 && come.Count > 0; gone.RemoveAt(0), come.RemoveAt(0)) changes.Add(ApiChange.Of(gone[0], come[0]));
            removed.AddRange(gone);
            added.AddRange(come);
        }

        // A method whose parameters changed has another id, and is the same to a reader where it alone of its name went and came.
        foreach (var name in removed.GroupBy(NameOf).Where(g => g.Count() == 1).Select(g => g.Key).ToArray())
        {
            if (added.Where(a => NameOf(a) == name).Take(2).ToList() is not [var come]) continue;
            var gone = removed.First(r => NameOf(r) == name);
            changes.Add(ApiChange.Of(gone, come));
            removed.Remove(gone);
            added.Remove(come);
        }

        changes.AddRange(removed.Select(r => ApiChange.Of(r, null)));
        changes.AddRange(added.Select(a => ApiChange.Of(null, a)));
        return new ApiDiff([.. changes.OrderBy(c => c.Unit, StringComparer.Ordinal).ThenBy(c => (c.Before ?? c.After)!.Id, StringComparer.Ordinal).ThenBy(c => c.Line, StringComparer.Ordinal)]);
    }

    private static (string, string) Key(ApiEntry entry) => (entry.Unit, entry.Id);

    // "M:N.T.Add(System.Int32)" is "N.T.Add", as "method T.Add" is "T.Add": a field that became a property changed.
    private static (string, string) NameOf(ApiEntry entry)
    {
        var id = entry.Id;
        var name = id.Length > 2 && id[1] == ':' ? id[2..] : id[(id.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        return (entry.Unit, name.Split('(', '`', '~')[0]);
    }
}

/// <summary>One difference of two public surfaces.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Before">How it was; null for an addition.</param>
/// <param name="After">How it is; null for a removal.</param>
/// <param name="IsBreaking">
/// Whether somebody who uses it, or derives from it, has to change something. What is not known to be harmless breaks: default values and
/// constants are compiled into callers, parameter names are written by them.
/// </param>
public sealed record ApiChange(ApiChangeKind Kind, ApiEntry? Before, ApiEntry? After, bool IsBreaking)
{
    private const string Obsolete = "[System.Obsolete";

    /// <summary>What it is part of.</summary>
    public string Unit => (Before ?? After)!.Unit;

    /// <summary>On one line: <c>- was</c>, <c>+ is</c>, <c>~ was -> is</c>.</summary>
    public string Line => Kind switch
    {
        ApiChangeKind.Removed => $"- {Before!.Text}",
        ApiChangeKind.Added => $"+ {After!.Text}",
        _ => $"~ {Before!.Text} -> {After!.Text}",
    };

    internal static ApiChange Of(ApiEntry? before, ApiEntry? after) => (before, after) switch
    {
        (null, _) => new(ApiChangeKind.Added, null, after, after!.Obliges),
        (_, null) => new(ApiChangeKind.Removed, before, null, true),
        _ => new(ApiChangeKind.Changed, before, after, !IsHarmless(before.Text, after.Text)),
    };

    // Being told that something is old breaks nobody, unless it is told as an error; nor does a type that others may derive from now.
    private static bool IsHarmless(string before, string after) =>
        WithoutAdvice(after) is var now && WithoutAdvice(before) is var was && !after.Contains(", true)]", StringComparison.Ordinal)
        && (was == now || was.Replace("public sealed class ", "public class ", StringComparison.Ordinal) == now || was.Replace("public sealed record ", "public record ", StringComparison.Ordinal) == now);

    private static string WithoutAdvice(string text)
    {
        if (!text.StartsWith(Obsolete, StringComparison.Ordinal)) return text;
        var end = text.IndexOf("] ", StringComparison.Ordinal);
        return end < 0 ? text : text[(end + 2)..];
    }
}

/// <summary>What happened to a public declaration.</summary>
public enum ApiChangeKind
{
    /// <summary>It is gone.</summary>
    Removed,

    /// <summary>It is new.</summary>
    Added,

    /// <summary>It is declared otherwise.</summary>
    Changed,
}
