namespace CodingAgent.Workflows.Detection;

/// <summary>Shell: bats, or a script that everybody would take for the tests. Only where nothing else tests the repository.</summary>
internal static class ShellTests
{
    private const int MostScripts = 5;

    private static readonly string[] Scripts =
    [
        "test.sh", "tests.sh", "run_tests.sh", "run-tests.sh", "runtests.sh", "runtests", "check.sh",
        "tests/run.sh", "tests/run_tests.sh", "tests/run-tests.sh", "tests/runtests.sh", "tests/test.sh", "tests/all.sh", "tests/run", "tests/run_all.sh", "tests/run-all.sh",
        "test/run.sh", "test/run_tests.sh", "test/run-tests.sh", "test/runtests.sh", "test/test.sh", "test/all.sh", "test/run", "test/run_all.sh",
        "t/run.sh", "scripts/test.sh", "scripts/run-tests.sh", "scripts/test", "script/test", "bin/test", "ci/test.sh", "tools/test.sh",
    ];

    public static void Detect(DetectionBuilder found)
    {
        if (found.HasTests)
            return;
        var view = found.View;
        if (OfCi(found) is { } line)
        {
            found.Ecosystems.Add("shell");
            found.Check("shell", "", line, CheckKind.Test);
            return;
        }

        if (view.Ending(".bats") is { Count: > 0 } bats)
        {
            Bats(found, bats);
            return;
        }

        if (Array.Find(Scripts, view.Has) is not { } script)
            return;
        found.Ecosystems.Add("shell");
        var first = view.Text(script).Split('\n')[0];
        var shell = first.Contains("python", StringComparison.Ordinal) ? "python3" : first.Contains("bash", StringComparison.Ordinal) || !first.StartsWith("#!", StringComparison.Ordinal) ? "bash" : first.Contains("zsh", StringComparison.Ordinal) ? "zsh" : "sh";
        found.Check("shell", "", $"{shell} {Shell.Word(script)}", CheckKind.Test);
    }

    private static void Bats(DetectionBuilder found, IReadOnlyList<string> files)
    {
        found.Ecosystems.Add("shell");
        var folders = files.Select(Paths.Folder).Distinct(StringComparer.Ordinal).Select(f => Shell.Word(f.Length == 0 ? "." : f)).Take(10);
        var own = found.View.AllPaths.FirstOrDefault(p => p.EndsWith("/bin/bats", StringComparison.Ordinal));
        var call = own is not null ? Shell.Word(own) : "bats";
        if (own is null && found.Tools.Of("bats").Count == 0 && found.Tools.MayHave("node"))
        {
            call = "\"$HOME/.local/bin/bats\"";
            found.Setup(new SetupStep("bats", "", "npm install --global --prefix \"$HOME/.local\" --no-audit --no-fund bats", "shell", null) { Registries = "node" });
        }

        found.Check("bats", "", $"{call} {string.Join(' ', folders)}", CheckKind.Test);
    }

    /// <summary>The scripts of the repository's own that one CI file calls tests, in its order and each in its folder.</summary>
    private static string? OfCi(DetectionBuilder found)
    {
        var scripts = found.Ci.Where(c => c.Kind == CheckKind.Test && (c.Program is "bash" or "sh" || c.Program.StartsWith("./", StringComparison.Ordinal)) && NamesFile(found.View, c)).ToArray();
        if (scripts is not [{ Source: var source }, ..])
            return null;
        // They are tests wherever they lie.
        found.Patterns.AddRange(scripts.SelectMany(c => c.Line.Split(' ').Select(w => Paths.Resolve(c.Folder, w))).OfType<string>().Where(p => p.Length > 0 && found.View.Has(p) && !p.Contains('*', StringComparison.Ordinal)));
        var lines = scripts.Where(c => c.Source == source).Select(c => c.Folder.Length == 0 ? c.Line : $"(cd {Shell.Word(c.Folder)} && {c.Line})").Distinct(StringComparer.Ordinal).Take(MostScripts);
        var line = string.Join(" && ", lines);
        // Tests that write what was expected over what is committed prove something only when somebody looks whether that changed. What is
        // checked counts as committed: the folder and its .git are this run's own.
        return found.Ci.Any(c => c.Source == source && c.Line == CiCommand.NothingChanged) ? $"git add --all && {line} && {CiCommand.NothingChanged}" : line;
    }

    private static bool NamesFile(RepositoryView view, CiCommand command) =>
        command.Line.Split(' ').Any(w => Paths.Resolve(command.Folder, w) is { Length: > 0 } path && view.Has(path));
}
