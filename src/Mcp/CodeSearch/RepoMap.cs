using System.Globalization;
using System.Text;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>
/// The files of a tree that others refer to most, with what they define: what somebody new to the repository should know first. A file counts for
/// what it defines and others name, more when those count themselves (PageRank), and most when it is asked about.
/// </summary>
internal static class RepoMap
{
    private const double Damping = 0.85;
    private const int Rounds = 20;
    private const int ShortestName = 4;

    // A name that many files define tells of none of them.
    private const int MostDefinitions = 5;
    private const int SymbolsOfAFile = 12;
    private const int CharactersOfAToken = 4;

    private static readonly HashSet<string> Told = new(
        ["class", "interface", "struct", "enum", "function", "method", "func", "trait", "type", "module", "record", "implementation", "member", "macro", "constant", "alias", "def", "singleton method", "object", "typedef"], StringComparer.Ordinal);

    /// <summary>The map, as text.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="isWanted">Which paths may be told.</param>
    /// <param name="about">Words of what is to be done; files that define or are called so come first.</param>
    /// <param name="tokens">About how many tokens it may have.</param>
    /// <param name="stop">Stops.</param>
    public static string Of(CodeTree tree, Func<string, bool> isWanted, string about, int tokens, CancellationToken stop)
    {
        var contents = tree.Contents.Where(c => c.Paths.Any(isWanted)).Select(c => (c.Id, Path: c.Paths.First(isWanted))).OrderBy(c => c.Path, StringComparer.Ordinal).ToArray();
        var place = contents.Select((c, i) => (c.Id, i)).ToDictionary(c => c.Id, c => c.i);
        var defined = tree.Index.AllSymbols().Where(s => place.ContainsKey(s.Content) && Told.Contains(s.Symbol.Kind)).ToLookup(s => place[s.Content], s => s.Symbol);
        var owners = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        foreach (var file in defined)
        {
            foreach (var name in file.Select(s => s.Name).Where(n => n.Length >= ShortestName).Distinct(StringComparer.Ordinal))
            {
                if (!owners.TryGetValue(name, out var of)) owners[name] = of = [];
                of.Add(file.Key);
            }
        }

        var (edges, named) = References(tree, contents, owners, stop);
        var asked = IdentifierWords.Identifiers(about).SelectMany(i => IdentifierWords.Parts(i).Append(i.ToLowerInvariant())).Where(w => w.Length >= ShortestName).ToHashSet(StringComparer.Ordinal);
        var weight = contents.Select((c, i) => 1.0 + (10 * IdentifierWords.Identifiers(c.Path).SelectMany(IdentifierWords.Parts).Count(asked.Contains)) + (5 * defined[i].Count(s => asked.Contains(s.Name.ToLowerInvariant())))).ToArray();
        var rank = PageRank(edges, weight);
        return Text(contents.Select((c, i) => (c.Path, Rank: rank[i], Symbols: defined[i].Where(s => s.Scope.Length == 0 || named.ContainsKey((i, s.Name))).OrderByDescending(s => named.GetValueOrDefault((i, s.Name))).Take(SymbolsOfAFile).OrderBy(s => s.Line).ToArray())), tokens);
    }

    // Who names what somebody else defines, and how often each definition is named by others.
    private static (List<(int To, double Weight)>[] Edges, Dictionary<(int File, string Name), int> Named) References(
        CodeTree tree, (long Id, string Path)[] contents, Dictionary<string, List<int>> owners, CancellationToken stop)
    {
        var edges = new List<(int To, double Weight)>[contents.Length];
        var named = new Dictionary<(int File, string Name), int>();
        for (var i = 0; i < contents.Length; i++)
        {
            stop.ThrowIfCancellationRequested();
            var to = new Dictionary<int, double>();
            foreach (var use in IdentifierWords.Identifiers(tree.Index.TextOf(contents[i].Id)).Where(owners.ContainsKey).CountBy(w => w, StringComparer.Ordinal))
            {
                if (owners[use.Key] is not { Count: <= MostDefinitions } of || of.Contains(i)) continue;
                foreach (var owner in of)
                {
                    to[owner] = to.GetValueOrDefault(owner) + (Math.Sqrt(use.Value) / of.Count);
                    named[(owner, use.Key)] = named.GetValueOrDefault((owner, use.Key)) + 1;
                }
            }

            edges[i] = [.. to.Select(t => (t.Key, t.Value))];
        }

        return (edges, named);
    }

    private static double[] PageRank(List<(int To, double Weight)>[] edges, double[] weight)
    {
        var all = weight.Sum();
        var rank = weight.Select(w => w / all).ToArray();
        var sums = edges.Select(e => e.Sum(x => x.Weight)).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            // Who names nobody gives to all, as they are asked about.
            var loose = edges.Select((e, i) => sums[i] > 0 ? 0 : rank[i]).Sum();
            var next = weight.Select(w => ((1 - Damping) + (Damping * loose)) * w / all).ToArray();
            for (var i = 0; i < edges.Length; i++)
            {
                foreach (var (to, share) in edges[i]) next[to] += Damping * rank[i] * share / sums[i];
            }

            rank = next;
        }

        return rank;
    }

    private static string Text(IEnumerable<(string Path, double Rank, CodeSymbol[] Symbols)> files, int tokens)
    {
        var text = new StringBuilder();
        var left = 0;
        foreach (var (path, _, symbols) in files.Where(f => f.Symbols.Length > 0).OrderByDescending(f => f.Rank).ThenBy(f => f.Path, StringComparer.Ordinal))
        {
            var part = new StringBuilder(path).Append('\n');
            foreach (var s in symbols) part.Append(CultureInfo.InvariantCulture, $"  {s.Line}: {s.Words}\n");
            if (left > 0 || text.Length + part.Length > tokens * CharactersOfAToken) left++;
            else text.Append(part);
        }

        return text.Length == 0 ? "" : left > 0 ? text.Append(CultureInfo.InvariantCulture, $"[{left} more files with definitions]\n").ToString() : text.ToString();
    }
}
