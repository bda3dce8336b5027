namespace CodingAgent.Workflows.Detection;

/// <summary>How to run the part of a test check that a change touches. Plain data, made once from the base's files.</summary>
/// <param name="Style">How units are found and named.</param>
/// <param name="Directory">Folder the command runs in; empty for the root.</param>
/// <param name="Command">Shell line; <c>{}</c> stands for what is to be run.</param>
/// <param name="Units">Projects, packages or modules; empty for the styles that go by files.</param>
public sealed record TestTargets(TargetStyle Style, string Directory, string Command, IReadOnlyList<TestUnit> Units)
{
    private const int MostTargets = 40;

    /// <summary>What runs everything, in the folder; used where no file that fits is found.</summary>
    public string Whole { get; init; } = "true";

    /// <summary>Endings of test files, the usual one first, such as <c>_spec.rb</c>.</summary>
    public IReadOnlyList<string> Endings { get; init; } = [];

    private static readonly string[] Words = [".md", ".rst", ".adoc", ".txt", ".png", ".svg", ".jpg"];

    /// <summary>The command for a change; null when the whole must run: a change outside all units, of a manifest, or of nearly everything.</summary>
    public string? CommandFor(IReadOnlyCollection<string> changedPaths)
    {
        var code = changedPaths.Where(p => Paths.IsBelow(p, Directory) && !IsProse(p)).Distinct(StringComparer.Ordinal).ToArray();
        if (code.Length == 0 || code.Length > 200 || code.Any(p => p.Any(char.IsControl)))
            return null;
        return Style switch
        {
            TargetStyle.GoPackages => GoPackages(code),
            TargetStyle.Pytest => Pytest(code),
            TargetStyle.RelatedFiles => RelatedFiles(code),
            TargetStyle.NamedTests => NamedTests(code),
            _ => OfUnits(code),
        };
    }

    // Text beside code changes no test's outcome, but a text that a test reads does: only what lies outside test folders is passed over.
    private static bool IsProse(string path) =>
        (Words.Contains(Paths.Extension(path)) && !path.Contains("test", StringComparison.OrdinalIgnoreCase) && Paths.Name(path) is not ("requirements.txt" or "CMakeLists.txt")
            && !path.Contains("requirements", StringComparison.OrdinalIgnoreCase) && !path.Contains("spec", StringComparison.OrdinalIgnoreCase))
        || Paths.Name(path) is "LICENSE" or ".gitignore";

    private string? OfUnits(string[] code)
    {
        var wanted = new List<string>();
        foreach (var path in code)
        {
            // The deepest unit above a file is its own.
            if (Units.Where(u => Paths.IsBelow(path, u.Folder)).MaxBy(u => u.Folder.Length) is not { } unit)
                return null;
            wanted.AddRange(unit.Arguments.Except(wanted, StringComparer.Ordinal));
        }

        var all = Units.SelectMany(u => u.Arguments).Distinct(StringComparer.Ordinal).Count();
        if (wanted.Count == 0 || wanted.Count == all || wanted.Count > MostTargets)
            return null;
        wanted.Sort(StringComparer.Ordinal);
        return Shell.In(Directory, Style switch
        {
            TargetStyle.EachUnit => string.Join(" && ", wanted.Select(w => Fill(Shell.Word(w)))),
            TargetStyle.UnitsByComma => Fill(Shell.Word(string.Join(',', wanted))),
            _ => Fill(string.Join(' ', wanted.Select(Shell.Quote))),
        });
    }

    private string? GoPackages(string[] code)
    {
        var folders = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var path in code)
        {
            var folder = Paths.Folder(path);
            var data = folder.Split('/').ToList().IndexOf("testdata");
            if (data >= 0)
                folder = string.Join('/', folder.Split('/')[..data]);
            else if (Paths.Extension(path) != ".go")
                return null;
            folders.Add(Paths.Relative(folder, Directory));
        }

        return folders.Count > MostTargets || folders.Contains("") ? null : Shell.In(Directory, Fill(Shell.Words(folders.Select(f => $"./{f}/..."))));
    }

    private string? Pytest(string[] code)
    {
        if (code.Any(p => Paths.Extension(p) is not (".py" or ".pyi") || !IsPlain(p) || Paths.Name(p) is "conftest.py" or "setup.py" or "noxfile.py"))
            return null;
        var names = code.Select(p => Paths.Relative(p, Directory)).ToArray();
        var tests = names.Where(IsPythonTest).ToArray();
        var modules = names.Except(tests, StringComparer.Ordinal)
            .Select(p => Paths.Stem(p) is "__init__" or "__main__" ? Paths.Name(Paths.Folder(p)) : Paths.Stem(p))
            .Where(m => m.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        List<string> finders = [];
        if (tests.Length > 0)
            finders.Add($"ls -d {string.Join(' ', tests)} 2>/dev/null");
        if (modules.Length > 0)
            finders.Add($"grep -rlwE --include='test_*.py' --include='*_test.py' --exclude-dir=node_modules --exclude-dir='.*' '{string.Join('|', modules)}' *");
        return Found(finders);
    }

    private string? RelatedFiles(string[] code)
    {
        if (code.Any(p => Paths.Extension(p) is not (".js" or ".jsx" or ".ts" or ".tsx" or ".mjs" or ".cjs" or ".mts" or ".cts" or ".vue" or ".svelte")
            || !IsPlain(p) || Paths.Name(p).Contains(".config.", StringComparison.Ordinal)))
            return null;
        return Found([$"ls -d {string.Join(' ', code.Select(p => Paths.Relative(p, Directory)))} 2>/dev/null"]);
    }

    private string? NamedTests(string[] code)
    {
        if (Endings.Count == 0 || code.Any(p => !IsPlain(p) || Paths.Extension(p) != Paths.Extension(Endings[0])))
            return null;
        // "a.rb" is tested by "a_spec.rb", and a test by itself.
        var names = code.Select(Paths.Name).Select(n => Endings.Any(e => n.EndsWith(e, StringComparison.Ordinal)) ? n : Paths.Stem(n) + Endings[0]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return Found([$"find . -path ./vendor -prune -o {string.Join(" -o ", names.Select(n => $"-name '{n}' -print"))}"]);
    }

    // What is to be run is looked for when it runs, so that new tests count; nothing found means the whole.
    private string Found(IEnumerable<string> finders) => Shell.In(
        Directory,
        $"set -- $({string.Join("; ", finders)}); if [ $# -gt 0 ]; then {Fill("\"$@\"")}; else {Whole}; fi");

    private string Fill(string what) => Command.Replace("{}", what, StringComparison.Ordinal);

    private static bool IsPythonTest(string path) =>
        Paths.Name(path) is var name && (name.StartsWith("test_", StringComparison.Ordinal) || name.EndsWith("_test.py", StringComparison.Ordinal));

    private static bool IsPlain(string path) => path[0] != '-' && path.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '/' or '-' or '@' or '+');
}

/// <summary>A part of a repository that is tested by itself.</summary>
/// <param name="Folder">Its folder, from the root.</param>
/// <param name="Arguments">What to run when it changes: itself, and what depends on it.</param>
public sealed record TestUnit(string Folder, IReadOnlyList<string> Arguments);

/// <summary>How the parts of a check are named to its test runner.</summary>
public enum TargetStyle
{
    /// <summary>All units as words of one command.</summary>
    Units,

    /// <summary>One command for each unit.</summary>
    EachUnit,

    /// <summary>All units in one word, parted by commas.</summary>
    UnitsByComma,

    /// <summary>Go packages by folder.</summary>
    GoPackages,

    /// <summary>Changed test files, and the test files that name a changed module.</summary>
    Pytest,

    /// <summary>The runner itself finds the tests of changed files.</summary>
    RelatedFiles,

    /// <summary>Test files that are named after the changed files.</summary>
    NamedTests,
}
