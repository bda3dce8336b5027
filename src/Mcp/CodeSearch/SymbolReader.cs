using System.Reflection;
using System.Text.Json;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>Finds definitions with universal-ctags, and in C# with a program of ours, in a sandbox: they are parsers of what anybody may write.</summary>
/// <param name="sandbox">Where they run.</param>
/// <param name="scratch">Folder for the copies.</param>
/// <param name="csharp">Reads C#; null leaves that to ctags.</param>
internal sealed class SymbolReader(ISandbox sandbox, string scratch, SymbolProgram? csharp)
{
    private const string Program = "/usr/bin/ctags";
    private const string CSharp = ".cs";
    private const int FilesAtOnce = 2_000;
    private const int LongestSignature = 160;
    private const int MostOfAFile = 5_000;

    private static readonly SymbolProgram Ctags = new([Program, "--options=NONE", "--output-format=json", "--fields=NFneSKsz", "--sort=no", "--links=no", "--recurse=yes", "-f", "-", "."], []);
    private static readonly SandboxLimits Limits = new(TimeSpan.FromSeconds(30), 1L << 30, 64, 64 << 20, 1);

    // Variables inside functions and parameters are no definitions that anybody looks up.
    private static readonly HashSet<string> Passing = new(["local", "parameter", "variable-local", "label", "namespace", "package", "import", "unknown", "chapter", "section", "subsection", "subsubsection", "l4subsection", "l5subsection"], StringComparer.Ordinal);

    private readonly Dictionary<SymbolProgram, bool> _works = [];

    /// <summary>Whether this machine has the program.</summary>
    public static bool IsInstalled => File.Exists(Program);

    /// <summary>The symbols of each, in the same order; none for what it cannot read.</summary>
    /// <exception cref="SandboxUnavailableException">Nothing runs here.</exception>
    public async Task<IReadOnlyList<IReadOnlyList<CodeSymbol>>> ReadAsync(IReadOnlyList<SourceText> sources, CancellationToken cancellationToken)
    {
        var found = new IReadOnlyList<CodeSymbol>[sources.Count];
        Array.Fill(found, []);
        foreach (var language in Enumerable.Range(0, sources.Count).ToLookup(i => csharp is not null && Path.GetExtension(sources[i].Name) == CSharp))
        {
            if ((language.Key ? csharp : IsInstalled ? Ctags : null) is not { } program) continue;
            foreach (var batch in language.Chunk(FilesAtOnce))
            {
                var symbols = await ReadBatchAsync(program, [.. batch.Select(i => sources[i])], cancellationToken);
                for (var i = 0; i < batch.Length; i++) found[batch[i]] = symbols[i];
            }
        }

        return found;
    }

    private async Task<IReadOnlyList<CodeSymbol>[]> ReadBatchAsync(SymbolProgram program, SourceText[] sources, CancellationToken cancellationToken)
    {
        var result = await RunAsync(program, sources, cancellationToken);
        // One that makes it fall over, or never end, keeps no other's symbols back.
        if (!result.Succeeded && sources.Length > 1 && await WorksAsync(program, cancellationToken))
            return [.. await ReadBatchAsync(program, sources[..(sources.Length / 2)], cancellationToken), .. await ReadBatchAsync(program, sources[(sources.Length / 2)..], cancellationToken)];
        return Parse(result.StandardOutput, sources.Length);
    }

    // A program that cannot even read an empty folder cannot start in the sandbox: then halving would only start it for each file.
    private async Task<bool> WorksAsync(SymbolProgram program, CancellationToken cancellationToken)
    {
        if (!_works.TryGetValue(program, out var works)) _works[program] = works = (await RunAsync(program, [], cancellationToken)).Succeeded;
        return works;
    }

    private Task<SandboxResult> RunAsync(SymbolProgram program, SourceText[] sources, CancellationToken cancellationToken) =>
        new SourceCopies(sandbox, scratch).RunAsync(program, [], sources, Limits, cancellationToken);

    private static IReadOnlyList<CodeSymbol>[] Parse(string output, int count)
    {
        var found = new List<CodeSymbol>[count];
        for (var i = 0; i < count; i++) found[i] = [];
        foreach (var line in output.AsSpan().EnumerateLines())
        {
            // Its own warnings, and a line that was cut.
            if (line is not ['{', .., '}']) continue;
            try
            {
                using var tag = JsonDocument.Parse(line.ToString());
                if (SourceCopies.NumberOf(Text(tag.RootElement, "path")) is { } number && number < count && found[number].Count < MostOfAFile && Symbol(tag.RootElement) is { } symbol) found[number].Add(symbol);
            }
            catch (JsonException)
            {
                // Names that are no UTF-8 are written as they are.
            }
        }

        return found;
    }

    private static CodeSymbol? Symbol(JsonElement tag)
    {
        var (name, kind) = (Text(tag, "name"), Text(tag, "kind"));
        if (name.Length is 0 or > 200 || Passing.Contains(kind) || name.StartsWith("__anon", StringComparison.Ordinal) || !tag.TryGetProperty("line", out var at) || !at.TryGetInt32(out var line)) return null;
        var last = tag.TryGetProperty("end", out var end) && end.TryGetInt32(out var lastLine) ? Math.Max(line, lastLine) : line;
        var signature = string.Join(' ', Text(tag, "signature").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return new CodeSymbol(name, kind, line, last, Text(tag, "scope"), signature.Length <= LongestSignature ? signature : signature[..LongestSignature] + "…");
    }

    private static string Text(JsonElement tag, string name) => tag.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}

/// <summary>A program that reads all files of its working folder and prints what it finds: definitions, as ctags does, or what else it is told to.</summary>
/// <param name="Argv">Program and arguments, as a sandbox sees them.</param>
/// <param name="Binds">What it needs to be shown there.</param>
public sealed record SymbolProgram(IReadOnlyList<string> Argv, IReadOnlyList<SandboxBind> Binds)
{
    private const string Folder = "/opt/coding-agent";

    /// <summary>The verb that reads C#.</summary>
    public const string CSharpVerb = "csharp-symbols";

    /// <summary>This very program, told to read a folder: its own folder is shown, and the runtime it was started with has to be in the sandbox.</summary>
    /// <param name="program">The program's assembly.</param>
    /// <param name="verb">What it is told.</param>
    public static SymbolProgram OfThisProgram(Assembly program, string verb = CSharpVerb)
    {
        ArgumentNullException.ThrowIfNull(program);
        var assembly = $"{program.GetName().Name}.dll";
        var host = Environment.ProcessPath ?? "";
        var isAlone = Path.GetFileNameWithoutExtension(host) == Path.GetFileNameWithoutExtension(assembly);
        return new SymbolProgram(
            [.. isAlone ? [$"{Folder}/{Path.GetFileName(host)}"] : new[] { host, $"{Folder}/{assembly}" }, verb, "."],
            [new SandboxBind(AppContext.BaseDirectory.TrimEnd('/'), Folder)]);
    }
}
