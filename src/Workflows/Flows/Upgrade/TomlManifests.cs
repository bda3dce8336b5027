using CodingAgent.Workflows.Detection;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary><c>pyproject.toml</c> (PEP 621, dependency groups, poetry, pdm, uv) and <c>Cargo.toml</c>: every form TOML has for a dependency is a text at a key.</summary>
internal static class TomlManifests
{
    private static readonly string[] CargoTables = ["dependencies", "dev-dependencies", "build-dependencies"];

    public static IEnumerable<Declaration> Cargo(string path, string text)
    {
        var leaves = Leaves(path, text);
        foreach (var leaf in leaves)
        {
            var table = Array.FindIndex(leaf.Keys, k => CargoTables.Contains(k, StringComparer.Ordinal));
            // dependencies.x, target.'cfg(unix)'.dependencies.x, workspace.dependencies.x; x itself or its version.
            if (table < 0 || (table > 0 && leaf.Keys[0] is not ("target" or "workspace")) || !(leaf.Keys.Length == table + 2 || (leaf.Keys.Length == table + 3 && leaf.Keys[^1] == "version")))
                continue;
            var entry = leaf.Keys[..(table + 2)];
            string? Of(string key) => leaves.FirstOrDefault(l => l.Keys.Length == entry.Length + 1 && l.Keys[^1] == key && l.Keys.Take(entry.Length).SequenceEqual(entry))?.Value;
            yield return leaf.Declare("crates.io", Of("package") ?? entry[^1], path, string.Join('.', leaf.Keys[..(table + 1)]))
                with
            { Fixed = Of("git") is not null ? "it comes from git" : Of("path") is not null ? "it is a folder of the repository" : null };
        }
    }

    public static IEnumerable<Declaration> Python(string path, string text)
    {
        var leaves = Leaves(path, text);
        foreach (var leaf in leaves)
        {
            var section = string.Join('.', leaf.Keys[..^1]);
            if (leaf.IsItem && leaf.Keys switch
            {
                ["project", "dependencies", _] or ["project", "optional-dependencies", _, _] or ["dependency-groups", _, _] or ["build-system", "requires", _]
                    or ["tool", "uv", "dev-dependencies", _] or ["tool", "pdm", "dev-dependencies", _, _] => true,
                _ => false,
            })
            {
                if (LineManifests.Requirement(leaf.Value) is { } requirement)
                    yield return requirement with { Path = path, Section = section, Start = leaf.Start + requirement.Start, Line = leaf.Line, Fixed = leaf.IsPlain ? requirement.Fixed : "it is written with escapes" };
                continue;
            }

            var isVersion = leaf.Keys[^1] == "version";
            string[] entry = isVersion ? leaf.Keys[..^1] : leaf.Keys;
            if (!leaf.IsItem && entry is ["tool", "poetry", "dependencies" or "dev-dependencies", not "python"] or ["tool", "poetry", "group", _, "dependencies", _])
                yield return leaf.Declare("PyPI", PackageGrammar.Normal("PyPI", entry[^1]), path, string.Join('.', entry[..^1]));
        }
    }

    private static List<Leaf> Leaves(string path, string text)
    {
        var found = new List<Leaf>();
        var bom = text.StartsWith('\uFEFF') ? 1 : 0;
        // The bounded reader first: what it does not take is not walked either.
        if (new RepositoryView([new DetectedFile(path, "", text.Length)], _ => text).Toml(path) is null)
            return found;
        var document = SyntaxParser.Parse(text[bom..]);
        if (document.HasErrors)
            return found;
        foreach (var pair in document.KeyValues)
            Pair(pair, []);
        foreach (var table in document.Tables)
        {
            var at = Keys(table.Name);
            foreach (var pair in table.Items.OfType<KeyValueSyntax>())
                Pair(pair, at);
        }

        return found;

        void Pair(KeyValueSyntax pair, string[] above) => Value(pair.Value, [.. above, .. Keys(pair.Key)], isItem: false);

        void Value(SyntaxNode? value, string[] keys, bool isItem)
        {
            if (value is StringValueSyntax { Value: { } content } leaf)
            {
                var start = leaf.Token!.Span.Start.Offset + bom + 1;
                found.Add(new Leaf(keys, content, start, leaf.Token.Span.Start.Line + 1, isItem, text.AsSpan(start).StartsWith(content, StringComparison.Ordinal)));
            }
            else if (value is InlineTableSyntax table)
            {
                foreach (var item in table.Items)
                    Pair(item.KeyValue!, keys);
            }
            else if (value is ArraySyntax array)
            {
                foreach (var item in array.Items)
                    Value(item.Value, [.. keys, ""], isItem: true);
            }
        }

        static string[] Keys(KeySyntax? key) => key is null ? [] : [Name(key.Key), .. key.DotKeys.Select(d => Name(d.Key))];

        static string Name(SyntaxNode? key) => key is StringValueSyntax quoted ? quoted.Value ?? "" : key?.ToString().Trim() ?? "";
    }

    private sealed record Leaf(string[] Keys, string Value, int Start, int Line, bool IsItem, bool IsPlain)
    {
        public Declaration Declare(string ecosystem, string name, string path, string section) =>
            new(ecosystem, name, Value, path, section, Start) { Line = Line, Fixed = IsPlain ? null : "it is written with escapes" };
    }
}
