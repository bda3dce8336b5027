using System.Globalization;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;

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
        private readonly WorkspaceTools _tools;
        private readonly string _files;

        private Stage(string root, TrustedGit git, CodeSearcher searcher, WorkspaceTools tools, string files, int lineCount, int fileCount) =>
            (_root, _git, _searcher, _tools, _files, LineCount, FileCount) = (root, git, searcher, tools, files, lineCount, fileCount);

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
            var tools = await WorkspaceTools.ConnectAsync(new WorkspaceToolsOptions { Workspace = workspace, TrustedGit = git, CodeSearch = searcher, ReadOnly = true }, CancellationToken.None);
            var stage = new Stage(root, git, searcher, tools, workspace.RootPath, lines, files);
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

        public Task SearchAsync(string query) => CallAsync("search_code", new Dictionary<string, object?> { ["query"] = query, ["glob"] = null, ["limit"] = null });

        public Task SearchTextAsync(string pattern) => CallAsync("search_text", new Dictionary<string, object?> { ["pattern"] = pattern, ["glob"] = null });

        private async Task CallAsync(string tool, Dictionary<string, object?> arguments)
        {
            var result = await _tools.Tools.Single(t => t.Name == tool).CallAsync(arguments);
            if (result.IsError == true) throw new InvalidOperationException($"{Name}: {result.Content[0]}");
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
}
