using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.PublicApi;

/// <summary>
/// What others can use of sources, by the definitions that ctags finds and each language's own rule of what is public. It sees declarations,
/// not meaning: no inferred types, no macros, nothing made at run time, no package's list of entry points. What it cannot tell is taken as public.
/// Used by a program of its own, in a sandbox.
/// </summary>
internal static partial class SourceSurface
{
    private const string Ctags = "/usr/bin/ctags";
    private const int LargestFile = 1 << 20;
    private const int LongestLine = 4_000;
    private const int LongestHeader = 40;

    /// <summary>Endings of the files that it knows.</summary>
    public static bool Knows(string path) => LanguageOf(path) is not null;

    /// <summary>The surface of files.</summary>
    /// <param name="folder">Folder that paths are told from.</param>
    /// <param name="files">Paths below it.</param>
    public static async Task<ApiSurface> OfAsync(string folder, IReadOnlyList<string> files)
    {
        if (files.Count == 0) return new ApiSurface([], []);
        if (!File.Exists(Ctags)) return new ApiSurface([], ["Other languages than C# were not read: there is no universal-ctags."]);
        var (entries, notes) = (new List<ApiEntry>(), new List<string>());
        var sources = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (new FileInfo(Path.Combine(folder, file)).Length > LargestFile) notes.Add($"{file} is too large to be read.");
            else sources[file] = (await File.ReadAllTextAsync(Path.Combine(folder, file))).Split('\n');
        }

        var tags = (await TagsAsync(folder, [.. sources.Keys])).ToLookup(t => t.Path, StringComparer.Ordinal);
        // A module that is private by its name shows what a public one takes from it.
        var taken = sources.Where(s => LanguageOf(s.Key) == "python" && !IsPrivateModule(s.Key)).SelectMany(s => Imported(s.Value)).ToHashSet(StringComparer.Ordinal);
        foreach (var (file, lines) in sources)
        {
            var found = tags[file].Where(t => t.Line >= 1 && t.Line <= lines.Length && lines[t.Line - 1].Length <= LongestLine).ToArray();
            entries.AddRange(LanguageOf(file) switch
            {
                "python" => Python(file, lines, found, taken),
                "script" => Script(file, lines, found),
                "go" => Go(file, found),
                "java" => Java(file, lines, found),
                _ => Rust(file, lines, found),
            });
        }

        return new ApiSurface(entries, notes);
    }

    private static string? LanguageOf(string path) => Path.GetExtension(path) switch
    {
        ".py" or ".pyi" => "python",
        ".js" or ".jsx" or ".mjs" or ".cjs" or ".ts" or ".tsx" or ".mts" or ".cts" => "script",
        // Packages below a folder named so cannot be imported by others.
        ".go" => path.EndsWith("_test.go", StringComparison.Ordinal) || $"/{path}".Contains("/internal/", StringComparison.Ordinal) ? null : "go",
        ".java" => "java",
        ".rs" => "rust",
        _ => null,
    };

    private static async Task<List<Tag>> TagsAsync(string folder, IReadOnlyList<string> files)
    {
        var start = new ProcessStartInfo(Ctags, ["--options=NONE", "--output-format=json", "--fields=NFneSKszait", "--sort=no", "--links=no", "--map-TypeScript=+.mts", "--map-TypeScript=+.cts", "--map-TypeScript=+.tsx", "--map-JavaScript=+.mjs", "--map-JavaScript=+.cjs", "--map-JavaScript=+.jsx", "--map-Python=+.pyi", "-L", "-", "-f", "-"])
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var reading = process.StandardOutput.ReadToEndAsync();
        // A name with a line end would be two.
        foreach (var file in files.Where(f => !f.Contains('\n', StringComparison.Ordinal))) await process.StandardInput.WriteLineAsync($"./{file}");
        process.StandardInput.Close();
        var output = await reading;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidDataException("ctags could not read the sources.");
        var tags = new List<Tag>();
        foreach (var line in output.Split('\n').Where(l => l.StartsWith('{')))
        {
            try
            {
                if (JsonSerializer.Deserialize<Tag>(line, JsonSerializerOptions.Web) is { Name.Length: > 0, Path.Length: > 2 } tag) tags.Add(tag with { Path = tag.Path[2..] });
            }
            catch (JsonException)
            {
                // Names that are no UTF-8 are written as they are.
            }
        }

        return tags;
    }

    private static IEnumerable<ApiEntry> Python(string file, string[] lines, Tag[] tags, HashSet<string> taken)
    {
        var isPrivate = IsPrivateModule(file);
        var listed = All(lines);
        var functions = tags.Where(t => t.Kind is "function" or "member").Select(t => t.Full).ToHashSet(StringComparer.Ordinal);
        foreach (var tag in tags.Where(t => t.Kind is "class" or "function" or "member" or "variable" && t.Name != "__all__"))
        {
            var top = tag.Full.Split('.')[0];
            // What is defined while a function runs is nobody's to import.
            if (tag.Scope is { Length: > 0 } scope && (functions.Contains(scope) || tag.ScopeKind is "function" or "member" || scope.Split('.').Any(p => p.StartsWith('_')))) continue;
            if (tag.Name.StartsWith('_') && !(tag.Scope is { Length: > 0 } && Dunder().IsMatch(tag.Name))) continue;
            if (isPrivate ? !taken.Contains(top) : listed is not null && !listed.Contains(top)) continue;
            var header = tag.Kind is "function" or "member" ? Decorators(lines, tag.Line - 1) : "";
            yield return Entry(file, tag, $"{header}{tag.Kind switch { "class" => $"class {tag.Full}({tag.Bases})", "variable" => tag.Full, _ => $"def {tag.Full}{tag.Signature}" }}{tag.Type}");
        }

        if (isPrivate) yield break;
        // A package shows what it takes from its own modules.
        foreach (var name in Imported(lines, onlyOwn: Path.GetFileNameWithoutExtension(file) != "__init__").Where(n => listed?.Contains(n) ?? !n.StartsWith('_')).Where(n => listed is not null || Path.GetFileNameWithoutExtension(file) == "__init__"))
            yield return new ApiEntry(file, $"import {name}", $"{name} (taken from another module)");
    }

    private static bool IsPrivateModule(string file) =>
        file.Split('/').Any(p => p.StartsWith('_') && !p.StartsWith("__", StringComparison.Ordinal));

    // The names of "__all__ = […]", "__all__ += […]" and "__all__.extend([…])", as far as they are written out; null where there is none.
    private static HashSet<string>? All(string[] lines)
    {
        HashSet<string>? names = null;
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("__all__", StringComparison.Ordinal)) continue;
            names ??= new HashSet<string>(StringComparer.Ordinal);
            for (var end = Math.Min(lines.Length, i + 500); i < end; i++)
            {
                foreach (Match name in Quoted().Matches(lines[i].Length > LongestLine ? "" : lines[i])) names.Add(name.Groups["name"].Value);
                if (lines[i].Contains(']', StringComparison.Ordinal) || lines[i].Contains(')', StringComparison.Ordinal)) break;
            }
        }

        return names;
    }

    private static IEnumerable<string> Imported(string[] lines, bool onlyOwn = false)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length > LongestLine || From().Match(lines[i]) is not { Success: true } from) continue;
            if (onlyOwn && !from.Groups["module"].Value.StartsWith('.')) continue;
            var text = from.Groups["names"].Value;
            for (var end = i + 200; text.Contains('(', StringComparison.Ordinal) && !text.Contains(')', StringComparison.Ordinal) && i + 1 < Math.Min(lines.Length, end);) text += " " + lines[++i].Split('#')[0];
            foreach (var part in text.Split('#')[0].Trim('(', ')', ' ', '\r').Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                var name = part.Split(" as ")[^1].Trim('(', ')', ' ', '\r');
                if (name.Length is > 0 and < 200) yield return name;
            }
        }
    }

    private static string Decorators(string[] lines, int line)
    {
        var found = "";
        for (var i = line - 1; i >= 0 && i > line - 10 && lines[i].TrimStart().StartsWith('@') && lines[i].Length < 400; i--)
        {
            // These change how it is called; the others how it works.
            if (Calling().IsMatch(lines[i].Trim())) found = $"{lines[i].Trim()} {found}";
        }

        return found;
    }

    private static IEnumerable<ApiEntry> Script(string file, string[] lines, Tag[] tags)
    {
        var isTyped = Path.GetExtension(file) is ".ts" or ".tsx" or ".mts" or ".cts";
        var exported = Exported(file, lines, out var others);
        foreach (var tag in tags)
        {
            if (tag is { Kind: "field", Scope: "module.exports" } || tag.Name.StartsWith('#') || tag.Access == "private" || tag.Name.StartsWith("AnonymousFunction", StringComparison.Ordinal)) continue;
            var line = lines[tag.Line - 1];
            var isCommon = tag.Scope is "exports" or "module.exports";
            var top = tag.Full.Split('.')[0];
            var isTop = tag.Scope is null or "";
            if (isTop ? !exported.Contains(tag.Name) && !(ExportWord().IsMatch(line) && IsDeclared(line, tag.Name)) : !isCommon && !exported.Contains(top) && !tags.Any(t => t.Scope is null or "" && t.Name == top && ExportWord().IsMatch(lines[t.Line - 1]))) continue;
            if (line.Contains($"#{tag.Name}", StringComparison.Ordinal)) continue;
            var signature = tag.Signature.Length > 0 ? tag.Signature : isTyped || tag.Kind is "constant" or "variable" && IsFunction().IsMatch(line) ? " " + Header(lines, tag) : "";
            yield return Entry(file, tag, $"{tag.Kind} {(isCommon ? tag.Name : tag.Full)}{(tag.Bases.Length > 0 ? $" extends {tag.Bases}" : "")}{signature}");
        }

        foreach (var other in others.Distinct(StringComparer.Ordinal)) yield return new ApiEntry(file, other, other);
    }

    /// <summary>Local names that lists and assignments export; and lines that export something of elsewhere, or under another name.</summary>
    private static HashSet<string> Exported(string file, string[] lines, out List<string> others)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        others = [];
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length > LongestLine) continue;
            var text = lines[i].Trim();
            if (!ListStart().IsMatch(text)) continue;
            var isList = OpenList().IsMatch(text);
            for (var end = i + 300; isList && !text.Contains('}', StringComparison.Ordinal) && i + 1 < Math.Min(lines.Length, end);) text += " " + lines[++i].Split("//")[0].Trim();
            var isElsewhere = text.Contains(" from ", StringComparison.Ordinal) || text.StartsWith("export *", StringComparison.Ordinal);
            if (isElsewhere)
            {
                others.Add(string.Join(' ', text.TrimEnd(';').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
                continue;
            }

            if (text.StartsWith("export default ", StringComparison.Ordinal))
            {
                others.Add("export default");
                if (Word().Match(text["export default ".Length..]) is { Success: true } word) names.Add(word.Value);
            }

            foreach (Match part in Listed().Matches(isList ? text[(text.IndexOf('{', StringComparison.Ordinal) + 1)..].Split('}')[0] : ""))
            {
                var (local, shown) = (part.Groups["local"].Value, part.Groups["shown"].Value);
                names.Add(text.StartsWith("export", StringComparison.Ordinal) || shown.Length == 0 ? local : shown);
                others.Add($"export {(text.StartsWith("export", StringComparison.Ordinal) && shown.Length > 0 ? shown : local)}");
            }

            if (Single().Match(text) is { Success: true } single)
            {
                if (single.Groups["shown"].Success) others.Add($"export {single.Groups["shown"].Value}");
                names.Add(single.Groups["local"].Value);
            }
        }

        return names;
    }

    private static bool IsDeclared(string line, string name) => Regex.IsMatch(line, $@"\b{Regex.Escape(name)}\b", RegexOptions.NonBacktracking);

    // From the name to where the body begins; the whole of what has no body but its members.
    private static string Header(string[] lines, Tag tag)
    {
        var text = new StringBuilder();
        var depth = 0;
        var isWhole = tag.Kind is "interface" or "alias" or "enum" or "property";
        for (var i = tag.Line - 1; i < Math.Min(lines.Length, tag.Line - 1 + LongestHeader); i++)
        {
            var line = lines[i].Split("//")[0];
            var at = i == tag.Line - 1 ? AfterName(line, tag.Name) : 0;
            for (; at < line.Length; at++)
            {
                var c = line[at];
                if (depth == 0 && (c == ';' || (c == ',' && tag.Kind is "constant" or "variable" or "property") || c is ')' or '}' or ']')) return Done(text);
                if (depth == 0 && c == '{' && !isWhole) return Done(text);
                if (depth == 0 && c == '=' && at + 1 < line.Length && line[at + 1] == '>') return Done(text);
                if (c is '(' or '{' or '[') depth++;
                if (c is ')' or '}' or ']') depth--;
                text.Append(c);
                if (depth == 0 && c == '}' && tag.Kind != "alias") return Done(text);
            }

            text.Append(' ');
            // The parts of a union stand on lines of their own.
            var goesOn = tag.Kind == "alias" ? i + 1 < lines.Length && lines[i + 1].TrimStart() is ['|' or '&', ..] || text.ToString().TrimEnd().EndsWith('=') : tag.Kind is "interface" or "class" or "enum";
            if (depth == 0 && !goesOn && text.ToString().Trim().Length > 0) return Done(text);
        }

        return Done(text);
    }

    private static int AfterName(string line, string name) =>
        Regex.Match(line, $@"(?:\A|[^\w$]){Regex.Escape(name)}(?:\z|[^\w$])", RegexOptions.NonBacktracking) is { Success: true } match ? line.IndexOf(name, match.Index, StringComparison.Ordinal) + name.Length : 0;

    private static string Done(StringBuilder text) => text.ToString().Trim().TrimEnd(',');

    private static IEnumerable<ApiEntry> Go(string file, Tag[] tags) =>
        from tag in tags
        where tag.Kind is "func" or "type" or "struct" or "interface" or "member" or "methodSpec" or "const" or "var" or "alias" or "anonMember" or "talias"
        let parts = tag.Full.Split('.')
        // The package's name is the first; each of the others has to be public.
        where parts.Skip(tag.Scope is { Length: > 0 } ? 1 : 0).All(p => p.Length > 0 && char.IsUpper(p[0]))
        select Entry(Path.GetDirectoryName(file) ?? "", tag, $"{tag.Kind} {tag.Full}{tag.Signature}{tag.Type}") with { Obliges = tag.Kind == "methodSpec" };

    private static IEnumerable<ApiEntry> Java(string file, string[] lines, Tag[] tags)
    {
        var shown = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tag in tags.Where(t => t.Kind is "class" or "interface" or "enum" or "method" or "field" or "enumConstant" or "annotation"))
        {
            var line = lines[tag.Line - 1];
            var before = line.IndexOf(tag.Name, StringComparison.Ordinal) is > 0 and var at ? line[..at].Trim() : "";
            // ctags names no access for some types at the top; the rest of an interface is public.
            var isShown = tag.Access is "public" or "protected" || (tag.Access.Length == 0 && IsPublicWord().IsMatch(before));
            if (!isShown || (tag.Scope is { Length: > 0 } scope && !shown.Contains(scope))) continue;
            shown.Add(tag.Full);
            // "public static int": what is before the name on a line of its own says its type.
            var declared = before.Contains(';', StringComparison.Ordinal) || before.Contains('{', StringComparison.Ordinal) || before.Contains('}', StringComparison.Ordinal) ? $"{tag.Access} {tag.Kind}" : before;
            yield return Entry(file, tag, $"{declared} {tag.Full}{(tag.Bases.Length > 0 ? $" : {tag.Bases}" : "")}{tag.Signature}") with
            {
                Id = $"{tag.Kind} {tag.Full}{tag.Signature}",
                Obliges = tag.ScopeKind == "interface" && tag.Kind == "method" && !line.Contains("default ", StringComparison.Ordinal) && !line.Contains("static ", StringComparison.Ordinal),
            };
        }
    }

    private static IEnumerable<ApiEntry> Rust(string file, string[] lines, Tag[] tags)
    {
        var shown = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tag in tags.Where(t => t.Kind is not ("implementation" or "macro" or "variable") || t.Kind == "macro"))
        {
            var line = lines[tag.Line - 1];
            // An enum's cases and a trait's functions are as public as it is.
            var isShown = tag.Kind == "enumerator" || tag.ScopeKind == "interface" ? shown.Contains(tag.Scope ?? "")
                : tag.Kind == "macro" ? tag.Line > 1 && lines[tag.Line - 2].Contains("macro_export", StringComparison.Ordinal) : RustPublic(line, tag.Name);
            if (!isShown) continue;
            shown.Add(tag.Full);
            var type = tag.Kind == "field" && line.IndexOf(tag.Name + ":", StringComparison.Ordinal) is >= 0 and var at ? line[(at + tag.Name.Length)..].Split(',', '}')[0] : "";
            yield return Entry(file, tag, $"{tag.Kind} {tag.Full}{tag.Signature}{type}") with { Obliges = tag.ScopeKind == "interface" && tag.Kind == "method" };
        }

        foreach (var line in lines.Where(l => l.Length <= LongestLine).Select(l => l.Trim()).Where(l => PublicUse().IsMatch(l)).Distinct(StringComparer.Ordinal)) yield return new ApiEntry(file, line, line.TrimEnd(';'));
    }

    private static bool RustPublic(string line, string name) =>
        Regex.IsMatch(line, $@"\bpub\s+(?:(?:const|unsafe|async|extern|""[^""]*""|fn|struct|enum|trait|mod|type|static|union|mut|auto)\s+)*(?:r#)?{Regex.Escape(name)}\b", RegexOptions.NonBacktracking);

    private static ApiEntry Entry(string unit, Tag tag, string text) => new(unit, $"{tag.Kind} {tag.Full}", text);

    // What ctags prints of a definition.
    private sealed record Tag(string Name, string Path, int Line, string? Kind, string? Scope, string? ScopeKind)
    {
        public string Signature { get; init; } = "";

        public string Access { get; init; } = "";

        // Where there is nothing that it inherits from, some parsers say so with a word of JSON's.
        public JsonElement Inherits { get; init; }

        public string Bases => Inherits.ValueKind == JsonValueKind.String ? Inherits.GetString()! : "";

        public string? Typeref { get; init; }

        public string Full => Scope is { Length: > 0 } ? $"{Scope}.{Name}" : Name;

        public string Type => Typeref is { } type ? $": {type.Replace("typename:", "", StringComparison.Ordinal)}" : "";
    }

    [GeneratedRegex(@"\A__\w+__\z", RegexOptions.NonBacktracking)]
    private static partial Regex Dunder();

    [GeneratedRegex(@"[""'](?<name>\w+)[""']", RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^from\s+(?<module>[\w.]+)\s+import\s+(?<names>.+)", RegexOptions.NonBacktracking)]
    private static partial Regex From();

    [GeneratedRegex(@"^@(?:property|staticmethod|classmethod|cached_property|functools\.cached_property|abstractmethod|abc\.abstractmethod|overload|typing\.overload|\w+\.(?:setter|deleter))$", RegexOptions.NonBacktracking)]
    private static partial Regex Calling();

    [GeneratedRegex(@"^\s*export\s", RegexOptions.NonBacktracking)]
    private static partial Regex ExportWord();

    [GeneratedRegex(@"=\s*(?:async\s*)?(?:function\b|\(|\w+\s*=>)", RegexOptions.NonBacktracking)]
    private static partial Regex IsFunction();

    [GeneratedRegex(@"^(?:export\s*(?:type\s*)?\{|export\s*\*|export\s+default\b|export\s*=|(?:module\.)?exports\s*=|module\.exports\.\w+\s*=|exports\.\w+\s*=)", RegexOptions.NonBacktracking)]
    private static partial Regex ListStart();

    [GeneratedRegex(@"^(?:export\s*(?:type\s*)?|(?:module\.)?exports\s*=\s*)\{", RegexOptions.NonBacktracking)]
    private static partial Regex OpenList();

    [GeneratedRegex(@"(?:\A|,)\s*(?:type\s+)?(?:\.\.\.)?(?<local>[\w$]+)(?:\s*(?:\bas\b|:)\s*(?<shown>[\w$]+))?", RegexOptions.NonBacktracking)]
    private static partial Regex Listed();

    [GeneratedRegex(@"^(?:export\s*=|module\.exports\s*=|(?:module\.)?exports\.(?<shown>[\w$]+)\s*=)\s*(?<local>[\w$]+)\s*;?\s*$", RegexOptions.NonBacktracking)]
    private static partial Regex Single();

    [GeneratedRegex(@"^[\w$]+", RegexOptions.NonBacktracking)]
    private static partial Regex Word();

    [GeneratedRegex(@"\b(?:public|protected)\b", RegexOptions.NonBacktracking)]
    private static partial Regex IsPublicWord();

    [GeneratedRegex(@"^pub\s+use\b", RegexOptions.NonBacktracking)]
    private static partial Regex PublicUse();
}
