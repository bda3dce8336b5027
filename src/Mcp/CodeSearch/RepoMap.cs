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

    // A name that many files define tells of none of them.
    private const int MostDefinitions = 5;
    private const int SymbolsOfAFile = 12;
    private const int CharactersOfAToken = 4;

    // Several words make a name that means one thing; one word is said everywhere.
    private const double OfSeveralWords = 10;
    private const int LongName = 8;
    private const double Beside = 0.1;

    private static readonly HashSet<string> Told = new(
        ["class", "interface", "struct", "enum", "function", "method", "func", "trait", "type", "module", "record", "delegate", "implementation", "member", "macro", "alias", "def", "singleton method", "typedef"], StringComparer.Ordinal);

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
        var defined = tree.Index.Definitions(Told).Where(s => place.ContainsKey(s.Content)).ToLookup(s => place[s.Content], s => s.Name);
        var owners = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        foreach (var file in defined)
        {
            foreach (var name in file.Where(n => n.Length >= NameUses.ShortestName).Distinct(StringComparer.Ordinal))
            {
                if (!owners.TryGetValue(name, out var of)) owners[name] = of = [];
                of.Add(file.Key);
            }
        }

        var (edges, named) = References(tree, contents, owners, stop);
        var asked = IdentifierWords.Identifiers(about).SelectMany(i => IdentifierWords.Parts(i).Append(i.ToLowerInvariant())).Where(w => w.Length >= NameUses.ShortestName).ToHashSet(StringComparer.Ordinal);
        var weight = contents.Select((c, i) =>
        {
            var said = asked.Count == 0 ? 0 : IdentifierWords.Identifiers(c.Path).SelectMany(IdentifierWords.Parts).Concat(defined[i].SelectMany(IdentifierWords.Parts)).Where(asked.Contains).Distinct(StringComparer.Ordinal).Count();
            return (IsBeside(c.Path) ? Beside : 1) * ((asked.Count > 0 ? 0.01 : 1) + (said * said * said));
        }).ToArray();
        var rank = PageRank(edges, weight);
        var ranked = contents.Select((c, i) => (c.Path, c.Id, File: i, Rank: rank[i] * (IsBeside(c.Path) ? Beside : 1))).Where(f => defined.Contains(f.File)).OrderByDescending(f => f.Rank).ThenBy(f => f.Path, StringComparer.Ordinal);
        var (text, left) = (new StringBuilder(), 0);
        foreach (var (path, id, file, _) in ranked)
        {
            // Definitions are read of what is told alone.
            if (left > 0)
            {
                left++;
                continue;
            }

            var symbols = tree.Index.SymbolsOf(id).Where(s => Told.Contains(s.Kind) && (s.Scope.Length == 0 || named.ContainsKey((file, s.Name))))
                .OrderByDescending(s => named.GetValueOrDefault((file, s.Name))).Take(SymbolsOfAFile).OrderBy(s => s.Line).ToArray();
            if (symbols.Length == 0) continue;
            var part = new StringBuilder(CodeTree.Shown(path)).Append('\n');
            foreach (var s in symbols) part.Append(CultureInfo.InvariantCulture, $"  {s.Line}: {s.Words}\n");
            if (text.Length + part.Length > tokens * CharactersOfAToken) left++;
            else text.Append(part);
        }

        return text.Length == 0 ? "" : left > 0 ? text.Append(CultureInfo.InvariantCulture, $"[{left} more files with definitions]\n").ToString() : text.ToString();
    }

    // A name of another language is another thing; these name each other's.
    private static string LanguageOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".ts" or ".tsx" or ".js" or ".jsx" or ".mjs" or ".cjs" or ".mts" or ".cts" or ".vue" or ".svelte" => "script",
        ".c" or ".h" or ".cc" or ".cpp" or ".cxx" or ".hpp" or ".hh" or ".m" or ".mm" => "c",
        ".java" or ".kt" or ".kts" or ".scala" or ".groovy" => "jvm",
        var ending => ending,
    };

    // What tries, measures or shows the code is not where a reader begins.
    private static bool IsBeside(string path) => IdentifierWords.Identifiers(path).SelectMany(IdentifierWords.Parts).Any(w => w is "test" or "tests" or "spec" or "specs" or "bench" or "benchmark" or "benchmarks" or "example" or "examples" or "sample" or "samples" or "fixtures" or "vendor" or "playground" or "docs");

    // Who names what somebody else defines, and how often each definition is named by others.
    private static (List<(int To, double Weight)>[] Edges, Dictionary<(int File, string Name), int> Named) References(
        CodeTree tree, (long Id, string Path)[] contents, Dictionary<string, List<int>> owners, CancellationToken stop)
    {
        var names = owners.Keys.DistinctBy(NameUses.HashOf).ToDictionary(NameUses.HashOf);
        var isTelling = owners.Keys.ToDictionary(n => n, n => n.Length >= LongName && IdentifierWords.Parts(n).Count > 1, StringComparer.Ordinal);
        var languages = contents.Select(c => LanguageOf(c.Path)).ToArray();
        var all = tree.Index.Uses();
        var uses = contents.Select(c =>
        {
            stop.ThrowIfCancellationRequested();
            return all.TryGetValue(c.Id, out var said) ? said.All().Where(u => names.ContainsKey(u.Hash)).Select(u => KeyValuePair.Create(names[u.Hash], u.Count)).ToArray() : [];
        }).ToArray();
        var files = uses.SelectMany(u => u.Select(w => w.Key)).CountBy(w => w, StringComparer.Ordinal).ToDictionary(w => w.Key, w => w.Value, StringComparer.Ordinal);
        var edges = new List<(int To, double Weight)>[contents.Length];
        var named = new Dictionary<(int File, string Name), int>();
        for (var i = 0; i < contents.Length; i++)
        {
            var to = new Dictionary<int, double>();
            foreach (var (name, count) in uses[i])
            {
                if (owners[name] is not { Count: <= MostDefinitions } of || of.Contains(i)) continue;
                // What nearly every file says (Length, Name) is somebody else's as well.
                var rarity = Math.Log((double)contents.Length / files[name]) * (isTelling[name] ? OfSeveralWords : 1);
                foreach (var owner in of)
                {
                    if (languages[owner] != languages[i]) continue;

                    to[owner] = to.GetValueOrDefault(owner) + (Math.Sqrt(count) / of.Count * rarity);
                    named[(owner, name)] = named.GetValueOrDefault((owner, name)) + 1;
                }
            }

            edges[i] = [.. to.Where(t => t.Value > 0).Select(t => (t.Key, t.Value))];
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
}
