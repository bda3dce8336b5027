using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>
/// Searches the files of a tree by what they say and define. The first search of a tree takes in what is new in it; a tree of a few changed files
/// costs as much as those.
/// </summary>
/// <param name="git">Git.</param>
/// <param name="sandbox">Where parsers run; null finds no symbols.</param>
/// <param name="scratch">Folder for what is handed to them.</param>
/// <param name="time">Clock.</param>
/// <param name="csharp">Reads C#; null leaves that to ctags.</param>
public sealed class CodeSearcher(TrustedGit git, ISandbox? sandbox, string scratch, TimeProvider time, SymbolProgram? csharp = null) : IDisposable
{
    private const long LargestFile = 1 << 20;
    private const int ContentsAtOnce = 2_000;
    private const long BytesAtOnce = 64 << 20;
    private const int MostTrees = 16;
    private const int LinesOfAFile = 3;

    // Of a file that says a common word on every line, the first tell as much as the others.
    private const int MostLines = 500;
    private const int MostRead = 60;

    // After so long without a tree that has it, a content is read again.
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(30);

    private static readonly HashSet<string> Generated = new(
        ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "packages.lock.json", "Cargo.lock", "poetry.lock", "uv.lock", "Pipfile.lock", "composer.lock", "Gemfile.lock", "go.sum", "bun.lock", "flake.lock"],
        StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, Opened> _opened = new(StringComparer.Ordinal);
    private readonly MeaningSearch? _meanings;

    /// <summary>The model that code is also found by its meaning with; null for none.</summary>
    public CodeEmbeddings? Embeddings
    {
        get;
        init => (field, _meanings) = (value, value is null ? null : new MeaningSearch(value, time));
    }

    /// <summary>Finds code by its structure; null where ast-grep is not installed.</summary>
    public SymbolProgram? AstGrep { get; init; } = PatternSearch.Installed;

    /// <summary>Whether this machine has what finds definitions in other languages than C#.</summary>
    public static bool FindsDefinitions => SymbolReader.IsInstalled;

    /// <summary>Whether this machine has what finds code by its structure.</summary>
    public static bool FindsPatterns => PatternSearch.Installed is not null;

    /// <summary>What a tree holds, for a search: brings the index up to date.</summary>
    internal async Task<CodeTree> TreeAsync(GitMirror mirror, string treeId, CancellationToken cancellationToken)
    {
        var opened = _opened.GetOrAdd(mirror.GitDirectory, _ => new Opened());
        await opened.Turn.WaitAsync(cancellationToken);
        try
        {
            if (opened.Trees.FirstOrDefault(t => t.Id == treeId) is { } known) return known;
            var index = opened.Index ??= CodeIndex.Open(mirror);
            var files = (await git.ListTreeAsync(mirror, treeId, cancellationToken)).Where(IsSource).ToList();
            var missing = index.Missing(files.Select(KeyOf).Distinct());
            if (missing.Count > 0) await AddAsync(mirror, index, missing, files.ToLookup(KeyOf, f => f.Size), cancellationToken);
            var ids = index.Ids([.. files.Select(KeyOf).Distinct()], time.GetUtcNow());
            var tree = new CodeTree(treeId, index, files.Where(f => ids.ContainsKey(KeyOf(f))).Select(f => (f.Path, ids[KeyOf(f)])));
            opened.Trees.Add(tree);
            if (time.GetUtcNow() - opened.PrunedAt >= TimeSpan.FromDays(1))
            {
                opened.PrunedAt = time.GetUtcNow();
                index.Prune(opened.PrunedAt - Forgotten);
                _meanings?.Forget(index);
                // Older trees may have held what is gone now.
                opened.Trees.RemoveAll(t => t != tree);
            }

            if (opened.Trees.Count > MostTrees) opened.Trees.RemoveAt(0);
            return tree;
        }
        finally
        {
            opened.Turn.Release();
        }
    }

    /// <summary>The overview of a tree (<see cref="RepoMap"/>); empty where no definitions are known.</summary>
    /// <param name="mirror">Mirror that holds it.</param>
    /// <param name="treeId">The tree.</param>
    /// <param name="isWanted">Which paths may be told.</param>
    /// <param name="about">Words of what it is needed for.</param>
    /// <param name="tokens">About how many tokens it may have.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<string> MapAsync(GitMirror mirror, string treeId, Func<string, bool> isWanted, string about, int tokens, CancellationToken cancellationToken) =>
        RepoMap.Of(await TreeAsync(mirror, treeId, cancellationToken), isWanted, about, tokens, cancellationToken);

    /// <summary>What of a tree is like a question to the model that was set; nothing where none was.</summary>
    internal Task<MeaningRanking> MeaningAsync(CodeTree tree, string question, Func<string, bool> isReadable, CancellationToken cancellationToken) =>
        _meanings?.RankAsync(tree, question, isReadable, cancellationToken) ?? Task.FromResult(MeaningRanking.None);

    /// <summary>Finds code by its structure.</summary>
    internal PatternSearch? Patterns => sandbox is not null && AstGrep is { } program ? new PatternSearch(sandbox, scratch, program) : null;

    /// <summary>Where the words of a question are said or defined, or what means the same, the best first.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="question">Names, code, or words about it.</param>
    /// <param name="isWanted">Which paths may be told.</param>
    /// <param name="limit">Most files.</param>
    /// <param name="meaning">What is like it to a model.</param>
    internal static IReadOnlyList<CodeHit> Search(CodeTree tree, string question, Func<string, bool> isWanted, int limit, MeaningRanking? meaning = null)
    {
        var alike = (meaning ?? MeaningRanking.None).Found;
        var identifiers = IdentifierWords.Identifiers(question).Distinct(StringComparer.Ordinal).Take(20).ToArray();
        var words = identifiers.SelectMany(i => IdentifierWords.Parts(i).Append(i.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant()))
            .Where(w => w.Length > 1 && !IsFiller(w)).Distinct(StringComparer.Ordinal).ToArray();
        var any = SearchValues.Create(words, StringComparison.OrdinalIgnoreCase);
        var literal = question.Trim();
        var symbols = new Dictionary<long, List<CodeSymbol>>();
        var fused = new RankFusion();
        // In a sentence only what is written as code does is meant as a name.
        var names = words.Length > 3 ? identifiers.Where(i => IdentifierWords.Parts(i).Count > 1) : identifiers.Where(i => !IsFiller(i.ToLowerInvariant()));
        Rank(names.SelectMany(i => tree.Index.ByName(i)).Select(Noted), 2);
        // Of a whole sentence one word says little about a name.
        var fewest = words.Length > 3 ? 2 : 1;
        Rank(tree.Index.BySymbolWords(words).Where(s => fewest == 1 || words.Count(w => $"{s.Symbol.Scope} {s.Symbol.Name}".Contains(w, StringComparison.OrdinalIgnoreCase)) >= fewest).Select(s => s.Content), 1);
        Rank(tree.Index.ByWords(words), 1);
        // A piece of code, or of a name: where a whole name is found its words have found it, and reading files is what costs most.
        if (literal.Length >= 3 && (identifiers is not [var only] || only != literal || fused.Scores.Count < limit))
            Rank(tree.Index.ByTrigrams(literal).Where(tree.Has).Take(MostRead).Where(id => tree.Index.TextOf(id).Contains(literal, StringComparison.OrdinalIgnoreCase)), 2);
        Rank(tree.Contents.Where(c => c.Paths.Any(p => p.AsSpan().ContainsAny(any))).Select(c => (c.Id, Said: words.Count(w => c.Paths.Any(p => p.Contains(w, StringComparison.OrdinalIgnoreCase))))).Where(c => c.Said >= fewest).OrderByDescending(c => c.Said).Select(c => c.Id), 0.5);
        var said = fused.Scores.Keys.ToHashSet();
        Rank(alike.Select(a => a.Content), 1);
        var near = alike.ToDictionary(a => a.Content, a => a.Lines);
        return [.. fused.Scores.OrderByDescending(s => s.Value).ThenBy(s => tree.PathsOf(s.Key)[0], StringComparer.Ordinal)
            .SelectMany(s => tree.PathsOf(s.Key).Where(isWanted).Take(1).Select(path => (Path: path, Id: s.Key)))
            .Take(limit)
            .Select(f => new CodeHit(f.Path, !said.Contains(f.Id), LinesOf(tree, f.Id, symbols.GetValueOrDefault(f.Id) ?? [], literal, any, words, near.TryGetValue(f.Id, out var lines) ? lines : null)))];

        long Noted((long Content, CodeSymbol Symbol) found)
        {
            if (!symbols.TryGetValue(found.Content, out var of)) symbols[found.Content] = of = [];
            if (!of.Contains(found.Symbol)) of.Add(found.Symbol);
            return found.Content;
        }

        void Rank(IEnumerable<long> ids, double weight) => fused.Add(ids.Where(tree.Has), weight);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var opened in _opened.Values)
        {
            opened.Index?.Dispose();
            opened.Turn.Dispose();
        }

        _meanings?.Dispose();
    }

    // The symbols that were asked for, the lines that say the whole of it, those that say most of its words, the first of what means the same; each
    // with what it stands in.
    private static IReadOnlyList<CodeLine> LinesOf(
        CodeTree tree, long id, List<CodeSymbol> symbols, string literal, SearchValues<string> any, IReadOnlyCollection<string> words, LineRange? near)
    {
        var text = tree.Index.TextOf(id);
        var said = Lines(text, literal.Length >= 3 ? SearchValues.Create([literal], StringComparison.OrdinalIgnoreCase) : SearchValues.Create([], StringComparison.OrdinalIgnoreCase), _ => 1);
        if (said.Count == 0) said = Lines(text, any, line => words.Count(w => line.Contains(w, StringComparison.OrdinalIgnoreCase)));
        foreach (var symbol in symbols.Take(LinesOfAFile)) said[symbol.Line] = int.MaxValue;
        var defined = tree.Index.SymbolsOf(id);
        var lines = text.Split('\n');
        if (near is { } range) said.TryAdd(defined.FirstOrDefault(d => d.Line >= range.First && d.Line <= range.Last)?.Line ?? FirstSaying(lines, range), 0);
        return [.. said.Where(l => l.Key <= lines.Length).OrderByDescending(l => l.Value).ThenBy(l => l.Key).Take(LinesOfAFile).OrderBy(l => l.Key)
            .Select(l => new CodeLine(l.Key, lines[l.Key - 1].TrimEnd('\r'), defined.LastOrDefault(d => d.Line < l.Key && l.Key <= d.LastLine)?.Words))];
    }

    private static int FirstSaying(string[] lines, LineRange range) =>
        Enumerable.Range(range.First, range.Last - range.First + 1).FirstOrDefault(n => n <= lines.Length && lines[n - 1].AsSpan().Trim(" \t\r{}()[];").Length > 0, range.First);

    // Lines that hold one of the values, by number from 1, and how much they say.
    private static Dictionary<int, int> Lines(string text, SearchValues<string> values, Func<string, int> worth)
    {
        var found = new Dictionary<int, int>();
        var rest = text.AsSpan();
        var number = 1;
        while (rest.IndexOfAny(values) is var at and >= 0)
        {
            number += rest[..at].Count('\n');
            var start = rest[..at].LastIndexOf('\n') + 1;
            var end = rest[at..].IndexOf('\n');
            found[number] = worth(rest[start..(end < 0 ? rest.Length : at + end)].ToString());
            if (end < 0 || found.Count >= MostLines) break;
            rest = rest[(at + end + 1)..];
            number++;
        }

        return found;
    }

    // Of what people write in questions, not of code.
    private static bool IsFiller(string word) => word is "the" or "where" or "is" or "are" or "be" or "how" or "does" or "do" or "what" or "which" or "who" or "when" or "that" or "this" or "of" or "to" or "in" or "and" or "or" or "an" or "it" or "its" or "on" or "for"
        or "with" or "by" or "as" or "at" or "if" or "from" or "may" or "can" or "not" or "there" or "code" or "file" or "find";

    private async Task AddAsync(GitMirror mirror, CodeIndex index, IReadOnlyList<ContentKey> missing, ILookup<ContentKey, long> sizes, CancellationToken cancellationToken)
    {
        var reader = sandbox is null ? null : new SymbolReader(sandbox, scratch, csharp);
        for (var (from, to) = (0, 0); from < missing.Count; from = to)
        {
            for (var bytes = 0L; to < missing.Count && to - from < ContentsAtOnce && (to == from || bytes + sizes[missing[to]].First() <= BytesAtOnce); to++) bytes += sizes[missing[to]].First();
            var batch = missing.Skip(from).Take(to - from).ToArray();
            var read = new List<(ContentKey Key, string Text, byte[] Bytes)>();
            var contents = await git.BlobsAsync(mirror, batch.Select(k => k.ObjectId), cancellationToken);
            foreach (var key in batch)
            {
                if (contents.TryGetValue(key.ObjectId, out var bytes)) read.Add((key, TextFile.Decode(bytes)?.Text ?? "", bytes));
            }

            // What is no text has no words, and is not looked at again.
            var sources = read.Where(r => r.Text.Length > 0 && r.Key.Kind.Length > 0).ToList();
            var symbols = reader is null ? [] : (await reader.ReadAsync([.. sources.Select(r => new SourceText(r.Key.Kind, Encoding.UTF8.GetBytes(r.Text)))], cancellationToken))
                .Select((found, i) => (sources[i].Key, found)).ToDictionary(s => s.Key, s => s.found);
            index.Add([.. read.Select(r => (r.Key, r.Text, symbols.GetValueOrDefault(r.Key) ?? []))], time.GetUtcNow());
        }
    }

    private static bool IsSource(TreeEntry entry) =>
        entry.Mode is "100644" or "100755" && entry.Size <= LargestFile && GitText.IsUtf8(entry.Path) && !Generated.Contains(entry.Path[(entry.Path.LastIndexOf('/') + 1)..])
        && !entry.Path.EndsWith(".min.js", StringComparison.Ordinal) && !entry.Path.EndsWith(".min.css", StringComparison.Ordinal) && !entry.Path.EndsWith(".map", StringComparison.Ordinal);

    private static ContentKey KeyOf(TreeEntry entry) => new(entry.ObjectId, Path.GetExtension(entry.Path).ToLowerInvariant());

    private sealed class Opened
    {
        public SemaphoreSlim Turn { get; } = new(1);

        public CodeIndex? Index { get; set; }

        public List<CodeTree> Trees { get; } = [];

        public DateTimeOffset PrunedAt { get; set; } = DateTimeOffset.MinValue;
    }
}

/// <summary>A tree's files, by the contents of an index.</summary>
internal sealed class CodeTree
{
    private readonly Dictionary<long, List<string>> _paths = [];

    public CodeTree(string id, CodeIndex index, IEnumerable<(string Path, long Content)> files)
    {
        (Id, Index) = (id, index);
        foreach (var (path, content) in files)
        {
            if (!_paths.TryGetValue(content, out var paths)) _paths[content] = paths = [];
            paths.Add(path);
        }
    }

    public string Id { get; }

    public CodeIndex Index { get; }

    public IEnumerable<(long Id, IReadOnlyList<string> Paths)> Contents => _paths.Select(p => (p.Key, (IReadOnlyList<string>)p.Value));

    public bool Has(long content) => _paths.ContainsKey(content);

    public IReadOnlyList<string> PathsOf(long content) => _paths[content];

    /// <summary>A path on one line, whatever is in a file's name.</summary>
    public static string Shown(string path) => path.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);
}

/// <summary>A file that a search found.</summary>
/// <param name="Path">Its path.</param>
/// <param name="IsAlike">True when it has none of the words, and is like the question to a model alone.</param>
/// <param name="Lines">The lines that fit best, by number.</param>
internal sealed record CodeHit(string Path, bool IsAlike, IReadOnlyList<CodeLine> Lines);

/// <summary>A line of it.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Text">As it is.</param>
/// <param name="In">The definition around it; null for none.</param>
internal sealed record CodeLine(int Number, string Text, string? In);
