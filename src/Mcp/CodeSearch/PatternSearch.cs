using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Toolchains;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>
/// Finds code by its structure with ast-grep. The index says which files can match at all; it reads copies of those in the sandbox, where no settings
/// of the repository (<c>sgconfig.yml</c> may load libraries) and no links are.
/// </summary>
/// <param name="sandbox">Where it runs.</param>
/// <param name="scratch">Folder for the copies.</param>
/// <param name="program">ast-grep.</param>
internal sealed partial class PatternSearch(ISandbox sandbox, string scratch, SymbolProgram program)
{
    private const string Folder = "/opt/ast-grep";
    private const int MostFiles = 4_000;
    private const long MostBytes = 32 << 20;
    private const int MostLiterals = 8;
    private const int ShortestLiteral = 3;

    // ast-grep's own: the pattern is none in that language.
    private const int NoPattern = 8;
    private const int NoMatch = 1;

    private static readonly string[] Platforms = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? ["linux-arm64-gnu"] : ["linux-x64-gnu"];
    private static readonly SandboxLimits Limits = new(TimeSpan.FromSeconds(20), 2L << 30, 64, 16 << 20, 2);
    private static readonly Lazy<SymbolProgram?> Found = new(() => Find(HostView.Local()));

    /// <summary>This machine's ast-grep; null without.</summary>
    public static SymbolProgram? Installed => Found.Value;

    /// <summary>Finds ast-grep on a machine. What is called <c>sg</c> is mostly another program.</summary>
    public static SymbolProgram? Find(HostView host)
    {
        if (host.Which("ast-grep") is not { } path) return null;
        // npm's package brings it beside itself, for each kind of machine, and is a stub where its scripts were not run.
        var beside = Path.GetDirectoryName(host.Real(path))!;
        if (Platforms.Select(p => $"{beside}-{p}/ast-grep").Prepend(host.Real(path)).FirstOrDefault(p => host.IsFile(p) && host.Text(p).Length == 0) is not { } real) return null;
        return new SymbolProgram([$"{Folder}/ast-grep", "run", "--json=stream", "--color=never", "--threads=2"], [new SandboxBind(real, $"{Folder}/ast-grep")]);
    }

    /// <summary>All places of a pattern in the files of a tree, by path and line.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="pattern">Code of the language, with <c>$NAME</c> for any one node and <c>$$$NAME</c> for any number of them.</param>
    /// <param name="language">Its language; null for each file's own.</param>
    /// <param name="isWanted">Which paths are looked at.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<PatternAnswer> FindAsync(CodeTree tree, string pattern, PatternLanguage? language, Func<string, bool> isWanted, CancellationToken cancellationToken)
    {
        var (files, bytes, left) = (new List<Candidate>(), 0L, 0);
        foreach (var (id, path, read) in Candidates(tree, pattern, language, isWanted))
        {
            var content = files.Count < MostFiles && bytes < MostBytes ? Encoding.UTF8.GetBytes(tree.Index.TextOf(id)) : [];
            if (content.Length == 0)
            {
                left++;
                continue;
            }

            bytes += content.Length;
            files.Add(new Candidate(id, path, read.Language, new SourceText(read.Ending, content)));
        }

        var remarks = left > 0 ? $"[not searched: {left} more files; narrow glob]\n" : "";
        if (files.Count == 0) return new PatternAnswer([], remarks);
        // Where files of several languages are left, each is read by its own; what one of them cannot parse is then passed over in silence.
        string[] languages = [.. files.Select(f => f.Language).Distinct(StringComparer.Ordinal)];
        string[] arguments = [$"--pattern={pattern}", .. languages is [var only] ? (string[])[$"--lang={only}"] : [], "."];
        var result = await new SourceCopies(sandbox, scratch).RunAsync(program, arguments, [.. files.Select(f => f.Source)], Limits, cancellationToken);
        var found = Read(result.StandardOutput, files);
        return result switch
        {
            { Outcome: SandboxOutcome.TimedOut } => new PatternAnswer(found, $"{remarks}[stopped after {Limits.Timeout.TotalSeconds:0} s: not all was searched; narrow pattern or glob]\n"),
            { Outcome: SandboxOutcome.OutOfMemory } => new PatternAnswer(found, $"{remarks}[stopped, it took too much memory: not all was searched; narrow pattern or glob]\n"),
            { ExitCode: NoPattern } => throw new PatternException($"pattern is no single piece of {string.Join(" or ", languages)} code, such as an expression, a statement or a definition."),
            { ExitCode: > NoMatch } => throw new PatternException($"ast-grep failed with exit code {result.ExitCode}. Use search_text."),
            _ when found.Count == 0 && result.StandardError.Contains("ERROR node", StringComparison.Ordinal) => new PatternAnswer(found, $"{remarks}[pattern is not complete {string.Join(" or ", languages)} code, so it may match nothing; close its brackets]\n"),
            _ => new PatternAnswer(found, remarks),
        };
    }

    // Every word of a pattern that is no placeholder is in each match, so files without one need not be read.
    private static IEnumerable<(long Id, string Path, (string Language, string Ending) Read)> Candidates(CodeTree tree, string pattern, PatternLanguage? language, Func<string, bool> isWanted)
    {
        var literals = IdentifierWords.Identifiers(Placeholder().Replace(pattern, " ")).Where(w => w.Length >= ShortestLiteral).Distinct(StringComparer.Ordinal).OrderByDescending(w => w.Length).Take(MostLiterals);
        HashSet<long>? may = null;
        foreach (var literal in literals)
        {
            var holding = tree.Index.ByTrigrams(literal);
            if (may is null) may = [.. holding];
            else may.IntersectWith(holding);
        }

        return tree.Contents.Where(c => may?.Contains(c.Id) != false)
            .SelectMany(c => c.Paths.Where(isWanted).Select(p => (c.Id, Path: p, Read: PatternLanguage.Of(p, language))).Where(f => f.Read is not null).Take(1))
            .OrderBy(f => f.Path, StringComparer.Ordinal).Select(f => (f.Id, f.Path, f.Read!.Value));
    }

    private static List<PatternMatch> Read(string output, List<Candidate> files)
    {
        var found = new List<(int File, PatternMatch Match)>();
        foreach (var line in output.AsSpan().EnumerateLines())
        {
            // One that was cut, as the output is where it is too long.
            if (line is not ['{', .., '}']) continue;
            try
            {
                using var json = JsonDocument.Parse(line.ToString());
                if (SourceCopies.NumberOf(json.RootElement.GetProperty("file").GetString() ?? "") is not { } number || number >= files.Count) continue;
                var range = json.RootElement.GetProperty("range");
                var (start, end) = (range.GetProperty("start").GetProperty("line").GetInt32(), range.GetProperty("end").GetProperty("line").GetInt32());
                found.Add((number, new PatternMatch(files[number].Id, files[number].Path, new LineRange(start + 1, end + 1))));
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                // No match in a form that is known.
            }
        }

        // Nodes within each other may be the same lines.
        return [.. found.Distinct().OrderBy(f => f.File).ThenBy(f => f.Match.Lines.First).ThenBy(f => f.Match.Lines.Last).Select(f => f.Match)];
    }

    [GeneratedRegex(@"\$+[A-Z_][A-Z0-9_]*|\${2,}", RegexOptions.NonBacktracking)]
    private static partial Regex Placeholder();

    private sealed record Candidate(long Id, string Path, string Language, SourceText Source);
}

/// <summary>What a pattern was found in.</summary>
/// <param name="Matches">By path and line.</param>
/// <param name="Remarks">What the reader should know, lines; empty for nothing.</param>
internal sealed record PatternAnswer(IReadOnlyList<PatternMatch> Matches, string Remarks);

/// <summary>A place of a pattern.</summary>
/// <param name="Content">Content it is in.</param>
/// <param name="Path">A path of it.</param>
/// <param name="Lines">Its lines.</param>
internal sealed record PatternMatch(long Content, string Path, LineRange Lines);

/// <summary>A pattern that cannot be looked for; the message says why, for the model.</summary>
internal sealed class PatternException(string message) : Exception(message);
