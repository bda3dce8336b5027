using System.Globalization;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using Microsoft.Extensions.AI;

namespace CodingAgent.Bench;

/// <summary>
/// A ranked search of half a million lines of other people's code through the tool as agents call it, a look at the workspace included, against
/// ripgrep over the same files; and what the index costs.
/// </summary>
internal static partial class CodeSearchBench
{
    public const string Name = "code-search";

    /// <summary>Every match of a pattern, without an index.</summary>
    public const string Text = "search-text";

    private const int Lines = 500_000;
    private const int ManyLines = 1_500_000;
    private const int Edited = 20;
    private const int Dimension = 1_536;

    // What the peers of the tests bring along: known to the last line by its lock file.
    private const string Material = "tests/Peers/node_modules";

    public static async Task<Comparison[]> RunAsync()
    {
        await using (var stage = await Stage.StartAsync(Lines, isIndexed: true))
        {
            var queries = stage.Queries();
            var comparison = new Comparison(Name, $"search_code in {stage.LineCount} lines of {stage.FileCount} files", "ripgrep over the same files, for the same words", Limit: 1) { Share = 0.95 };
            var turn = (Ours: 0, Theirs: 0);
            await comparison.MeasureAsync(
                () => stage.SearchAsync(queries[turn.Ours++ % queries.Length]),
                () => stage.RipgrepAsync(queries[turn.Theirs++ % queries.Length]),
                warmUp: 5, rounds: 200, TimeSpan.FromSeconds(120));
            stage.Figures.Add(new Figure(Name, "search_code: 95th percentile", comparison.Ours.Percentile(0.95), "ms", 20));
            await stage.MapAsync();
            await stage.PatternAsync();
            await stage.MeaningAsync(queries);
            foreach (var figure in stage.Figures)
                await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"bench: {figure.Subject}: {figure.Value:0.00} {figure.Unit}, limit {figure.Limit:0} {(figure.IsWithinLimit ? "pass" : "OVER")}"));
            return [comparison];
        }
    }

    public static async Task<Comparison[]> RunTextAsync()
    {
        await using var stage = await Stage.StartAsync(ManyLines, isIndexed: false);
        var queries = stage.Queries();
        var comparison = new Comparison(Text, $"search_text in {stage.LineCount} lines of {stage.FileCount} files, for names", "ripgrep over the same files, for the same", Limit: 1.2) { Share = 0.95 };
        var turn = (Ours: 0, Theirs: 0);
        await comparison.MeasureAsync(
            () => stage.SearchTextAsync(queries[turn.Ours++ % queries.Length]),
            () => stage.RipgrepAsync(queries[turn.Theirs++ % queries.Length], "--case-sensitive"),
            warmUp: 3, rounds: 100, TimeSpan.FromSeconds(120));
        return [comparison];
    }

    private sealed partial class Stage : IAsyncDisposable
    {
        private readonly string _root;
        private readonly TrustedGit _git;
        private readonly CodeSearcher _searcher;
        private readonly WorkspaceToolsOptions _options;
        private readonly WorkspaceTools _tools;
        private readonly string _files;

        private Stage(string root, TrustedGit git, CodeSearcher searcher, WorkspaceToolsOptions options, WorkspaceTools tools, int lineCount, int fileCount) =>
            (_root, _git, _searcher, _options, _tools, _files, LineCount, FileCount) = (root, git, searcher, options, tools, options.Workspace.RootPath, lineCount, fileCount);

        public int LineCount { get; }

        public int FileCount { get; }

        public List<Figure> Figures { get; } = [];

        public static async Task<Stage> StartAsync(int most, bool isIndexed)
        {
            var root = Directory.CreateTempSubdirectory("coding-agent-bench-").FullName;
            var origin = Directory.CreateDirectory(Path.Combine(root, "origin")).FullName;
            var (lines, files, bytes) = Copy(origin, most);
            await ExternalProgram.RunAsync(origin, "git", "init", "--quiet", "--initial-branch=main");
            await ExternalProgram.RunAsync(origin, "git", "add", "--all", "--force");
            await ExternalProgram.RunAsync(origin, "git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0", "commit", "--quiet", "-m", "all");
            var git = new TrustedGit(new TrustedGitOptions { Root = Path.Combine(root, "git"), AllowFileProtocol = true }, TimeProvider.System);
            var mirror = await git.FetchMirrorAsync("bench:search", new Uri(origin).AbsoluteUri, null, CancellationToken.None);
            var head = await git.ResolveAsync(mirror, "main", CancellationToken.None) ?? throw new InvalidOperationException("There is no main.");
            var workspace = await git.CreateWorkspaceAsync(mirror, head, null, "search", CancellationToken.None);
            var sandbox = new BubblewrapSandbox(new BubblewrapOptions(), TimeProvider.System);
            var searcher = new CodeSearcher(git, sandbox, Directory.CreateDirectory(Path.Combine(root, "scratch")).FullName, TimeProvider.System);
            var options = new WorkspaceToolsOptions { Workspace = workspace, TrustedGit = git, CodeSearch = searcher, ReadOnly = true };
            var stage = new Stage(root, git, searcher, options, await WorkspaceTools.ConnectAsync(options, CancellationToken.None), lines, files);
            if (!isIndexed) return stage;
            var began = TimeProvider.System.GetTimestamp();
            await stage.SearchAsync("warm up");
            stage.Figures.Add(new Figure(Name, $"the index of {lines} lines ({bytes / 1e6:0} MB of text), made", TimeProvider.System.GetElapsedTime(began).TotalSeconds, "s", 120));
            stage.Figures.Add(new Figure(Name, "its size on disk, of the text's", new FileInfo(Path.Combine(mirror.GitDirectory, "code-index.db")).Length / (double)bytes, "x", 3));
            foreach (var file in Directory.EnumerateFiles(workspace.RootPath, "*.js", SearchOption.AllDirectories).Take(Edited)) await File.AppendAllTextAsync(file, "\nfunction benchWasHere() {}\n");
            began = TimeProvider.System.GetTimestamp();
            await stage.SearchAsync("benchWasHere");
            stage.Figures.Add(new Figure(Name, $"the first search after {Edited} files changed", TimeProvider.System.GetElapsedTime(began).TotalMilliseconds, "ms", 1_500));
            return stage;
        }

        /// <summary>Names that are somewhere in the code, and words of two of them.</summary>
        public string[] Queries()
        {
            var names = Directory.EnumerateFiles(_files, "*.ts", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where((_, i) => i % 40 == 0).Take(60)
                .Select(f => Identifier().Matches(File.ReadAllText(f)).Select(m => m.Value).Distinct(StringComparer.Ordinal).OrderByDescending(n => n.Length).Skip(2).FirstOrDefault())
                .OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
            return names.Length >= 20 ? names : throw new InvalidOperationException($"{Name}: {Material} has too little code.");
        }

        /// <summary>The overview of a tree that was changed a moment ago: nothing of it is remembered.</summary>
        public async Task MapAsync()
        {
            var times = new Samples();
            for (var i = 0; i < 10; i++)
            {
                await File.WriteAllTextAsync(Path.Combine(_files, "changed.js"), $"function changed{i}() {{}}\n");
                await SearchAsync("changed");
                times.Add(await TimeAsync(() => CallAsync("repo_map", new() { ["about"] = null, ["tokens"] = null })));
            }

            Figures.Add(new Figure(Name, "repo_map of a changed tree, median", times.Percentile(0.5), "ms", 1_000));
        }

        /// <summary>A shape of code, of which the index knows the words.</summary>
        public async Task PatternAsync()
        {
            if (!CodeSearcher.FindsPatterns) return;
            var times = new Samples();
            for (var i = 0; i < 5; i++) times.Add(await TimeAsync(() => CallAsync("search_pattern", new() { ["pattern"] = "Object.defineProperty($OBJECT, $NAME, $$$REST)", ["language"] = null, ["glob"] = null, ["limit"] = null })));
            Figures.Add(new Figure(Name, "search_pattern of Object.defineProperty($OBJECT, $NAME, $$$REST), median", times.Percentile(0.5), "ms", 5_000));
        }

        /// <summary>The same search where a model ranks too; the model itself costs nothing here.</summary>
        public async Task MeaningAsync(string[] queries)
        {
            using var model = new RandomVectors();
            using var searcher = new CodeSearcher(_git, null, _root, TimeProvider.System) { Embeddings = new CodeEmbeddings(model, "random") { MostChunks = 50_000 } };
            await using var tools = await WorkspaceTools.ConnectAsync(_options with { CodeSearch = searcher }, CancellationToken.None);
            var began = TimeProvider.System.GetTimestamp();
            for (var told = " so far"; told.Contains(" so far", StringComparison.Ordinal);) told = await CallAsync(tools, "search_code", Question("warm up"));
            Figures.Add(new Figure(Name, $"{model.Count} vectors of {Dimension} numbers, made and kept, without the model's own time", TimeProvider.System.GetElapsedTime(began).TotalSeconds, "s", 300));
            var times = new Samples();
            for (var i = 0; i < 100; i++) times.Add(await TimeAsync(() => CallAsync(tools, "search_code", Question(queries[i % queries.Length]))));
            Figures.Add(new Figure(Name, $"search_code with {model.Count} vectors, median", times.Percentile(0.5), "ms", 100));
            Figures.Add(new Figure(Name, $"search_code with {model.Count} vectors, 95th percentile", times.Percentile(0.95), "ms", 150));
        }

        private static async Task<TimeSpan> TimeAsync(Func<Task> run)
        {
            var began = TimeProvider.System.GetTimestamp();
            await run();
            return TimeProvider.System.GetElapsedTime(began);
        }

        public Task SearchAsync(string query) => CallAsync("search_code", Question(query));

        public Task SearchTextAsync(string pattern) => CallAsync("search_text", new Dictionary<string, object?> { ["pattern"] = pattern, ["glob"] = null });

        private static Dictionary<string, object?> Question(string query) => new() { ["query"] = query, ["glob"] = null, ["limit"] = null };

        private Task CallAsync(string tool, Dictionary<string, object?> arguments) => CallAsync(_tools, tool, arguments);

        private static async Task<string> CallAsync(WorkspaceTools tools, string tool, Dictionary<string, object?> arguments)
        {
            var result = await tools.Tools.Single(t => t.Name == tool).CallAsync(arguments);
            var text = string.Concat(result.Content.OfType<ModelContextProtocol.Protocol.TextContentBlock>().Select(c => c.Text));
            return result.IsError == true ? throw new InvalidOperationException($"{Name}: {text}") : text;
        }

        public Task RipgrepAsync(string query, string matching = "--ignore-case") => ExternalProgram.RunAsync(_files, "rg", "--line-number", matching, "--fixed-strings", "--max-count", "3", "--no-ignore", "--", query, ".");

        public async ValueTask DisposeAsync()
        {
            await _tools.DisposeAsync();
            _searcher.Dispose();
            _git.DetachWorkspaces();
            await ExternalProgram.RunAsync(_root, "rm", "-rf", "--one-file-system", "--", _root);
        }

        private static (int Lines, int Files, long Bytes) Copy(string target, int most)
        {
            var (lines, files, bytes) = (0, 0, 0L);
            foreach (var file in Directory.Exists(Material) ? Directory.EnumerateFiles(Material, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray() : [])
            {
                if (lines >= most) break;
                if (Path.GetExtension(file) is not (".ts" or ".js" or ".mjs" or ".cjs" or ".md" or ".json" or ".proto" or ".rs" or ".c" or ".h") || file.EndsWith(".min.js", StringComparison.Ordinal) || new FileInfo(file) is { Length: > 1 << 20 or 0 }) continue;
                var content = File.ReadAllBytes(file);
                var to = Path.Combine(target, "src", Path.GetRelativePath(Material, file));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.WriteAllBytes(to, content);
                lines += content.AsSpan().Count((byte)'\n');
                bytes += content.Length;
                files++;
            }

            return lines >= Math.Min(most, Lines) ? (lines, files, bytes) : throw new InvalidOperationException($"{Name}: {Material} has {lines} lines; install the peers first (./dev bench does).");
        }

        [GeneratedRegex(@"\b[A-Za-z][A-Za-z0-9]{5,30}\b")]
        private static partial Regex Identifier();
    }

    /// <summary>A vector for each text, by its characters alone: what is measured is what is around a model.</summary>
    private sealed class RandomVectors : IEmbeddingGenerator<string, Embedding<float>>
    {
        private int _count;

        public int Count => _count;

        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            var answer = new GeneratedEmbeddings<Embedding<float>>(values.Select(v => new Embedding<float>(VectorOf(v))));
            if (answer.Count > 1) Interlocked.Add(ref _count, answer.Count);
            return Task.FromResult(answer);
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }

        private static float[] VectorOf(string text)
        {
            var vector = new float[Dimension];
            var state = 2166136261u;
            foreach (var c in text) state = (state ^ c) * 16777619;
            for (var i = 0; i < vector.Length; i++) vector[i] = (state = (state * 1664525) + 1013904223) / (float)uint.MaxValue - 0.5f;
            return vector;
        }
    }
}
