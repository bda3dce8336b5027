using System.Globalization;
using System.Text;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using ModelContextProtocol;

namespace CodingAgent.Mcp.Servers;

/// <summary>The code-search server's tools: ranked answers from an index of the workspace as it stands, uncommitted edits included.</summary>
internal sealed class SearchTools(WorkspaceToolsOptions options, TrustedGit git, CodeSearcher searcher)
{
    private const int MaxFiles = 30;
    private const int MaxSymbols = 40;
    private const int MaxMapTokens = 8_000;
    private const int LongestLine = 200;
    private const int LongestQuestion = 1_000;
    private const int LongestPattern = 2_000;
    private const int MaxMatches = 100;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    private readonly GitMirror _mirror = new("", options.Workspace.GitDirectory);

    public IEnumerable<WorkspaceTool> All()
    {
        yield return Tool(
            "search_code",
            "Finds the files and lines that best answer a question: names, a piece of code, or words about what it does. Ranked; use search_text for every match of a pattern.",
            new ToolSchema().Text("query", "What to look for.").OptionalText("glob", "Only files that match, such as src/**/*.ts; null for all.").OptionalNumber("limit", $"Files, at most {MaxFiles}; null for 10."),
            SearchAsync);
        yield return Tool(
            "search_pattern",
            "Finds code by its structure (ast-grep), whatever its layout: write code with $NAME for any one expression, name or statement and $$$NAME for any number of them, such as await $CALL($$$ARGS) or if ($A == null) { $$$BODY }.",
            new ToolSchema().Text("pattern", "One complete piece of code: an expression, a statement or a definition.").OptionalText("language", "Its language, such as typescript or python; null for each file's own.")
                .OptionalText("glob", "Only files that match, such as src/**/*.ts; null for all.").OptionalNumber("limit", $"Matches, at most {MaxMatches}; null for 30."),
            PatternAsync);
        yield return Tool(
            "find_symbol", "Finds where a class, function, method or other name is defined: exactly that name, else those with its words.",
            new ToolSchema().Text("name", "The name, without its scope."), FindAsync);
        yield return Tool(
            "repo_map", "Shows the most referenced files with what they define: an overview of the repository.",
            new ToolSchema().OptionalText("about", "What it is needed for; files about that come first. Null for none.").OptionalNumber("tokens", $"About how long it may be, at most {MaxMapTokens}; null for 1500."), MapAsync);
    }

    /// <summary>The overview.</summary>
    public IEnumerable<WorkspaceResource> Resources()
    {
        yield return new WorkspaceResource(
            "repo://map", "map", "The most referenced files with what they define.", new CallLimits(Timeout, options.TimeProvider), (_, stop) => MapAsync(ToolArguments.None, stop));
    }

    private WorkspaceTool Tool(string name, string description, ToolSchema schema, Func<ToolArguments, CancellationToken, Task<string>> run) =>
        new(name, description, ToolEffect.Reads, schema, Timeout, options.TimeProvider, run);

    private async Task<string> SearchAsync(ToolArguments arguments, CancellationToken stop)
    {
        var question = Question(arguments.Text("query"), "query");
        var limit = arguments.OptionalNumber("limit") ?? 10;
        if (limit is < 1 or > MaxFiles) throw new McpException($"limit must be from 1 to {MaxFiles}.");
        var wanted = Wanted(arguments.OptionalText("glob"));
        var tree = await TreeAsync(stop);
        var meaning = await searcher.MeaningAsync(tree, question, IsReadable, stop);
        var hits = CodeSearcher.Search(tree, question, wanted, limit, meaning);
        if (hits.Count == 0) return meaning.Remark.Length == 0 ? "Nothing found." : $"Nothing found.\n{meaning.Remark}";
        var text = new StringBuilder();
        foreach (var hit in hits)
        {
            text.Append(CodeTree.Shown(hit.Path)).Append(hit.IsAlike ? "   [by meaning alone]\n" : "\n");
            foreach (var line in hit.Lines) text.Append(CultureInfo.InvariantCulture, $"  {line.Number}: {Shown(line.Text)}{(line.In is { } within ? $"   [in {within}]" : "")}\n");
        }

        return text.Append(meaning.Remark).ToString();
    }

    private async Task<string> PatternAsync(ToolArguments arguments, CancellationToken stop)
    {
        var pattern = arguments.Text("pattern");
        if (string.IsNullOrWhiteSpace(pattern)) throw new McpException("pattern is empty.");
        if (pattern.Length > LongestPattern) throw new McpException($"pattern is longer than {LongestPattern} characters.");
        if (pattern.Contains('\0', StringComparison.Ordinal)) throw new McpException("pattern has a zero character.");
        var limit = arguments.OptionalNumber("limit") ?? 30;
        if (limit is < 1 or > MaxMatches) throw new McpException($"limit must be from 1 to {MaxMatches}.");
        var language = arguments.OptionalText("language") is { Length: > 0 } named
            ? PatternLanguage.Find(named) ?? throw new McpException($"ast-grep does not know this language; it knows {string.Join(", ", PatternLanguage.All.Select(l => l.Name))}. Use search_text.")
            : null;
        var wanted = Wanted(arguments.OptionalText("glob"));
        if (searcher.Patterns is not { } patterns) throw new McpException("ast-grep, which finds code by its structure, is not installed here. Use search_text with a regular expression, or search_code.");
        var tree = await TreeAsync(stop);
        PatternAnswer answer;
        try
        {
            answer = await patterns.FindAsync(tree, pattern, language, wanted, stop);
        }
        catch (PatternException e)
        {
            throw new McpException(e.Message, e);
        }

        if (answer.Matches.Count == 0) return answer.Remarks.Length == 0 ? "No matches." : $"No matches.\n{answer.Remarks}";
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{answer.Matches.Count} matches in {answer.Matches.DistinctBy(m => m.Path).Count()} files\n");
        foreach (var file in answer.Matches.Take(limit).GroupBy(m => m.Content))
        {
            var (lines, defined) = (tree.Index.TextOf(file.Key).Split('\n'), tree.Index.SymbolsOf(file.Key));
            foreach (var match in file)
            {
                var within = defined.LastOrDefault(d => d.Line < match.Lines.First && match.Lines.First <= d.LastLine)?.Words;
                var more = match.Lines.Last > match.Lines.First ? $"   [to line {match.Lines.Last}]" : "";
                text.Append(CultureInfo.InvariantCulture, $"{CodeTree.Shown(match.Path)}:{match.Lines.First}: {Shown(lines.ElementAtOrDefault(match.Lines.First - 1) ?? "")}{more}{(within is null ? "" : $"   [in {within}]")}\n");
            }
        }

        if (answer.Matches.Count > limit) text.Append(CultureInfo.InvariantCulture, $"[{answer.Matches.Count - limit} more; narrow pattern or glob]\n");
        return text.Append(answer.Remarks).ToString();
    }

    private static string Shown(string line)
    {
        var shown = TextEncoding.Shown(line.Trim());
        return shown.Length <= LongestLine ? shown : shown[..(LongestLine - 1)] + "…";
    }

    private async Task<string> FindAsync(ToolArguments arguments, CancellationToken stop)
    {
        var name = Question(arguments.Text("name"), "name");
        name = name[(name.LastIndexOfAny(['.', ':', '#']) + 1)..];
        var tree = await TreeAsync(stop);
        var exact = Places(tree.Index.ByName(name)).ToList();
        var found = exact.Count > 0 ? exact : Places(tree.Index.BySymbolWords([.. IdentifierWords.Identifiers(name).SelectMany(IdentifierWords.Parts)])).ToList();
        if (found.Count == 0) return "No such definition. Try search_code.";
        var more = found.Count > MaxSymbols ? $"[{found.Count - MaxSymbols} more]\n" : "";
        return $"{(exact.Count == 0 ? "Not exactly; alike:\n" : "")}{string.Concat(found.Take(MaxSymbols))}{more}";

        IEnumerable<string> Places(IEnumerable<(long Content, CodeSymbol Symbol)> symbols) => symbols.Where(s => tree.Has(s.Content))
            .SelectMany(s => tree.PathsOf(s.Content).Where(IsReadable).Select(p => $"{CodeTree.Shown(p)}:{s.Symbol.Line}: {s.Symbol.Words}\n"));
    }

    private async Task<string> MapAsync(ToolArguments arguments, CancellationToken stop)
    {
        var tokens = arguments.OptionalNumber("tokens") ?? 1_500;
        if (tokens is < 100 or > MaxMapTokens) throw new McpException($"tokens must be from 100 to {MaxMapTokens}.");
        var map = RepoMap.Of(await TreeAsync(stop), IsReadable, arguments.OptionalText("about") ?? "", tokens, stop);
        return map.Length > 0 ? map : "No definitions are known here: the program that finds them (universal-ctags) is not installed, or there are none.";
    }

    private async Task<CodeTree> TreeAsync(CancellationToken stop) => await searcher.TreeAsync(_mirror, (await git.SnapshotAsync(options.Workspace, stop)).TreeId, stop);

    private bool IsReadable(string path) => options.PathPolicy.WhyNotRead(path) is null;

    private Func<string, bool> Wanted(string? glob)
    {
        var globs = PathGlobs.Parse(glob);
        return path => IsReadable(path) && globs.IsMatch(path);
    }

    private static string Question(string text, string name) => string.IsNullOrWhiteSpace(text) ? throw new McpException($"{name} is empty.")
        : text.Length > LongestQuestion ? throw new McpException($"{name} is longer than {LongestQuestion} characters.")
        : text.Trim();
}
