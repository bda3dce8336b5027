namespace CodingAgent.Mcp.CodeSearch;

/// <summary>A language that ast-grep reads.</summary>
/// <param name="Name">What ast-grep calls it.</param>
/// <param name="Others">What people call it, too.</param>
/// <param name="Endings">Endings of its files.</param>
internal sealed record PatternLanguage(string Name, IReadOnlyList<string> Others, IReadOnlyList<string> Endings)
{
    private const string Tsx = "tsx";

    /// <summary>All of them; where two share an ending it is the first's, when nobody says which.</summary>
    public static IReadOnlyList<PatternLanguage> All { get; } =
    [
        Of("bash", "sh shell zsh", ".sh .bash .zsh .bats"), Of("c", "", ".c .h"), Of("cpp", "c++ cc cxx", ".cpp .cc .cxx .cu .hpp .hh .hxx .ino .h"), Of("csharp", "c# cs", ".cs"), Of("css", "scss", ".css .scss"),
        Of("dart", "", ".dart"), Of("elixir", "ex", ".ex .exs"), Of("go", "golang", ".go"), Of("haskell", "hs", ".hs"), Of("hcl", "terraform tf", ".hcl .tf .tfvars"), Of("html", "htm", ".html .htm .xhtml"),
        Of("java", "", ".java"), Of("javascript", "js jsx", ".js .mjs .cjs .jsx"), Of("json", "", ".json"), Of("kotlin", "kt", ".kt .kts .ktm"), Of("lua", "", ".lua"), Of("nix", "", ".nix"), Of("php", "", ".php"),
        Of("python", "py", ".py .pyi .py3 .bzl"), Of("ruby", "rb", ".rb .rbw .gemspec"), Of("rust", "rs", ".rs"), Of("scala", "", ".scala .sc .sbt"), Of("solidity", "sol", ".sol"), Of("swift", "", ".swift"),
        Of("typescript", "ts tsx", ".ts .mts .cts .tsx"), Of("yaml", "yml", ".yaml .yml"),
    ];

    private static readonly Dictionary<string, PatternLanguage> ByEnding = All.SelectMany(l => l.Endings.Select(e => (Ending: e, Language: l))).DistinctBy(l => l.Ending).ToDictionary(l => l.Ending, l => l.Language, StringComparer.Ordinal);

    /// <summary>One by its name or by an ending of its files; null for none.</summary>
    public static PatternLanguage? Find(string name)
    {
        var plain = name.Trim().ToLowerInvariant();
        return All.FirstOrDefault(l => l.Name == plain || l.Others.Contains(plain)) ?? ByEnding.GetValueOrDefault(plain.StartsWith('.') ? plain : $".{plain}");
    }

    /// <summary>What ast-grep would take a file for, and the ending by which it does; null where it has no language for it.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="named">The language that was asked for; null leaves it to the ending.</param>
    public static (string Language, string Ending)? Of(string path, PatternLanguage? named)
    {
        var ending = Path.GetExtension(path).ToLowerInvariant();
        if ((named ?? ByEnding.GetValueOrDefault(ending)) is not { } language || !language.Endings.Contains(ending)) return null;
        // Both have languages of their own in ast-grep: the one has tags, the other is C's as well.
        return ending switch
        {
            ".tsx" => (Tsx, ending),
            ".h" or ".hxx" when language.Name == "cpp" => (language.Name, ".hpp"),
            _ => (language.Name, ending),
        };
    }

    private static PatternLanguage Of(string name, string others, string endings) => new(name, others.Split(' ', StringSplitOptions.RemoveEmptyEntries), endings.Split(' '));
}
