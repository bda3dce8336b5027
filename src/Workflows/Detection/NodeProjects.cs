using System.Text.Json;
using System.Text.RegularExpressions;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Detection;

/// <summary>JavaScript and TypeScript on Node: npm, pnpm, yarn and bun, alone or as workspaces.</summary>
internal static partial class NodeProjects
{
    private const int MostProjects = 8;
    private const int MostPackages = 30;
    private const int EnoughForAHabit = 3;

    // No line that a person wrote is longer, and what looks for watchers in it looks ahead.
    private const int LongestScript = 4000;

    private static readonly string[] BareTestNames = ["test.js", "test.jsx", "test.ts", "test.tsx", "test.mjs", "test.cjs", "spec.js", "spec.ts", "spec.tsx"];

    public static void Detect(DetectionBuilder found)
    {
        var view = found.View;
        var roots = new List<string>();
        foreach (var folder in view.Named("package.json").Select(Paths.Folder))
        {
            // A package below a workspace or another project belongs to it, unless it locks its own packages.
            var above = roots.Where(r => Paths.IsBelow(folder, r)).MaxBy(r => r.Length);
            if (above is null || IsLocked(view, folder) || (above.Length == 0 && !IsWorkspace(view, above) && HasScripts(view, folder) && !HasScripts(view, above)))
                roots.Add(folder);
        }

        if (roots.Count == 0 || !found.HasTool("node", Paths.Join(roots[0], "package.json")))
            return;
        if (roots.Count > MostProjects)
            found.Note($"Of {roots.Count} Node projects I look at the first {MostProjects}.");
        foreach (var root in roots.Take(MostProjects))
            Project(found, root);
        // A test.ts beside what it tests is one repository's habit and another's command named "test": only where it is the habit.
        foreach (var name in view.Named(BareTestNames).GroupBy(Paths.Name, StringComparer.Ordinal).Where(g => g.Count() >= EnoughForAHabit))
            found.Patterns.Add($"**/{name.Key}");
    }

    private static void Project(DetectionBuilder found, string folder)
    {
        var view = found.View;
        var path = Paths.Join(folder, "package.json");
        if (view.Json(path) is not { } manifest)
            return;
        found.Ecosystems.Add("node");
        var manager = NodeManager.Of(found, folder);
        var before = found.HasTestsIn(folder);
        Tests(found, folder, manifest, manager);
        var hasTests = !before && found.HasTestsIn(folder);
        if (!hasTests && Script(manifest, "build") is not null && !view.HasFolder(Paths.Join(folder, "src-tauri")))
            found.Check("node", folder, Shell.In(folder, manager.Call(found.Tools, manager.Script("build"))), CheckKind.Build, optional: before || found.HasTests);
        foreach (var lint in found.CiFor(folder, CheckKind.Lint, manager.Name).Where(c => NamesScript(c.Line, manifest)).Take(2))
            found.Check("node", folder, Shell.In(folder, manager.Call(found.Tools, lint.Line)), CheckKind.Lint, optional: true);
        var dependencies = new[] { "dependencies", "devDependencies", "workspaces", "optionalDependencies" }.Any(d => ((JsonElement?)manifest).Names().Contains(d, StringComparer.Ordinal));
        if (!dependencies && manager.Lock is null)
            return;
        found.Setup(new SetupStep(
            $"{manager.Name} install", folder, Shell.In(folder, manager.Prepare(found.Tools) + manager.Install(found.Tools)), "node",
            manager.Lock is null ? null : Shell.In(folder, manager.Prepare(found.Tools) + manager.Update(found.Tools)))
        {
            Registries = manager.Name == "yarn" ? "yarn" : "node",
            Required = hasTests,
        });
    }

    private static void Tests(DetectionBuilder found, string folder, JsonElement manifest, NodeManager manager)
    {
        var view = found.View;
        string At(string line) => Shell.In(folder, manager.Call(found.Tools, line));
        if (found.CiFor(folder, CheckKind.Test, manager.Name).FirstOrDefault(c => NamesScript(c.Line, manifest)) is { } ci)
        {
            found.Check("node", folder, At(ci.Line), CheckKind.Test, Related(found, folder, manifest, manager));
            return;
        }

        var packages = Packages(view, folder).Take(MostPackages).ToArray();
        var units = packages.Select(p => new TestUnit(p.Folder, [manager.Select(p.Name)])).ToArray();
        var targets = units.Length == 0 ? Related(found, folder, manifest, manager)
            : new TestTargets(
                manager.Name is "yarn" ? TargetStyle.EachUnit : TargetStyle.Units, "",
                Shell.In(folder, manager.Call(found.Tools, manager.ScriptIn("test", "{}"))), units);
        if (Runner(found, folder, manifest, manager) is { } own)
            found.Check("node", folder, At(own), CheckKind.Test, manager.Name == "yarn" && folder.Length > 0 ? null : targets);
        else if (units.Length > 0)
            found.Check(
                "node", folder,
                manager.Name == "yarn"
                    ? Shell.In(folder, string.Join(" && ", units.Select(u => manager.Call(found.Tools, manager.ScriptIn("test", u.Arguments[0])))))
                    : At(manager.ScriptIn("test", string.Join(' ', units.Select(u => u.Arguments[0])))),
                CheckKind.Test, folder.Length > 0 ? null : targets);
        else if (Script(manifest, "test") is null && found.View.Below(folder).Any(p => !RepositoryView.IsForeign(p) && IsNodeTest(p)))
            found.Check("node", folder, Shell.In(folder, "node --test"), CheckKind.Test);
    }

    // The script that runs the tests once, or the runner itself where the script would watch files or is missing.
    private static string? Runner(DetectionBuilder found, string folder, JsonElement manifest, NodeManager manager)
    {
        var test = Script(manifest, "test");
        var wanted = test is not null && IsForBrowser(test) ? null : test;
        if (test is not null && wanted is null)
            found.Note($"The script `test` of `{Paths.Join(folder, "package.json")}` drives a browser, which the sandbox has not.");
        if (wanted is not null && !Watches().IsMatch(wanted))
            return manager.Script("test");
        foreach (var name in new[] { "test:ci", "ci:test", "test:unit", "unit", "test:run", "test:once", "test:node", "unit-test" })
        {
            if (Script(manifest, name) is { } script && !Watches().IsMatch(script) && !IsForBrowser(script))
                return manager.Script(name);
        }

        var runner = new[] { "vitest", "jest", "mocha", "ava" }.FirstOrDefault(r => wanted?.Contains(r, StringComparison.Ordinal) ?? Depends(manifest, r));
        return runner switch
        {
            "vitest" => "npx vitest run",
            "ava" or "jest" or "mocha" when wanted is not null || found.View.Below(folder).Any(IsTestName) => $"npx {runner}",
            _ => null,
        };
    }

    private static TestTargets? Related(DetectionBuilder found, string folder, JsonElement manifest, NodeManager manager)
    {
        var script = Script(manifest, "test") ?? "";
        var runner = script.Contains("vitest", StringComparison.Ordinal) ? "npx vitest related --run --passWithNoTests {}"
            : script.Contains("jest", StringComparison.Ordinal) || script.Contains("react-scripts test", StringComparison.Ordinal) ? "npx jest --findRelatedTests --passWithNoTests {}" : null;
        return runner is null || script.Contains("react-scripts", StringComparison.Ordinal)
            ? null
            : new TestTargets(TargetStyle.RelatedFiles, folder, runner, []) { Whole = manager.Call(found.Tools, manager.Script("test")) };
    }

    private static IEnumerable<(string Folder, string Name)> Packages(RepositoryView view, string root)
    {
        if (!IsWorkspace(view, root))
            yield break;
        var manifest = view.Json(Paths.Join(root, "package.json"));
        var globs = manifest.Strings("workspaces").Concat(manifest.Object("workspaces").Strings("packages")).ToList();
        if (view.Has(Paths.Join(root, "pnpm-workspace.yaml")))
            globs.AddRange(view.Yaml(Paths.Join(root, "pnpm-workspace.yaml"))?["packages"].Texts ?? []);
        var wanted = globs.Where(g => !g.StartsWith('!')).Select(g => g.Replace("./", "", StringComparison.Ordinal).TrimEnd('/')).Where(PathGlob.IsValid).Select(g => new PathGlob(g)).ToArray();
        foreach (var path in view.Below(root).Where(p => Paths.Name(p) == "package.json" && !RepositoryView.IsForeign(p)))
        {
            var folder = Paths.Folder(path);
            var own = view.Json(path);
            if (folder != root && Array.Exists(wanted, g => g.IsMatch(Paths.Relative(folder, root))) && own.String("name") is { } name && PackageName().IsMatch(name)
                && own is { } element && Script(element, "test") is { } test && !Watches().IsMatch(test) && !IsForBrowser(test))
                yield return (folder, name);
        }
    }

    private static bool IsWorkspace(RepositoryView view, string folder) =>
        view.Has(Paths.Join(folder, "pnpm-workspace.yaml")) || view.Json(Paths.Join(folder, "package.json")).Names().Contains("workspaces", StringComparer.Ordinal);

    private static bool IsLocked(RepositoryView view, string folder) =>
        view.FirstIn(folder, "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb", "npm-shrinkwrap.json") is not null;

    private static bool HasScripts(RepositoryView view, string folder) => view.Json(Paths.Join(folder, "package.json")) is { } m && Script(m, "test") is not null;

    // npm writes 'echo "Error: no test specified" && exit 1' into every new project: that is no test.
    private static string? Script(JsonElement manifest, string name) =>
        ((JsonElement?)manifest).Object("scripts").String(name) is { Length: <= LongestScript } script && !string.IsNullOrWhiteSpace(script)
            && !script.Contains("no test specified", StringComparison.OrdinalIgnoreCase) && !Nothing().IsMatch(script.Trim())
            ? script : null;

    private static bool NamesScript(string line, JsonElement manifest) =>
        line.Split(' ').Skip(1).FirstOrDefault(w => !w.StartsWith('-') && w is not "run") is { } script
            && Script(manifest, script) is { } text && !Watches().IsMatch(text) && !IsForBrowser(text);

    private static bool Depends(JsonElement manifest, string package) =>
        ((JsonElement?)manifest).Object("devDependencies").Names().Concat(((JsonElement?)manifest).Object("dependencies").Names()).Contains(package, StringComparer.Ordinal);

    private static bool IsForBrowser(string script) => Browsers().IsMatch(script);

    private static bool IsTestName(string path) => TestName().IsMatch(path);

    private static bool IsNodeTest(string path) => TestName().IsMatch(path) && Paths.Extension(path) is ".js" or ".mjs" or ".cjs" && path.Contains("test", StringComparison.Ordinal);

    // "vitest" alone watches only where there is a terminal and no CI; these watch always.
    [GeneratedRegex(@"--watch(?:All)?\b(?!=false)|\bvitest (?:watch|dev)\b|\bng test\b(?!.*--watch=false)|--ui\b|\bnodemon\b|karma start(?!.*--single-run)")]
    private static partial Regex Watches();

    [GeneratedRegex(@"\b(?:cypress|playwright|wdio|nightwatch|testcafe|puppeteer|web-test-runner|wtr|karma)\b|\bng (?:test|e2e)\b", RegexOptions.NonBacktracking)]
    private static partial Regex Browsers();

    [GeneratedRegex(@"\A(?:true|:|exit 0|echo\b[^&|;]*)\z", RegexOptions.NonBacktracking)]
    private static partial Regex Nothing();

    [GeneratedRegex(@"\A(?:@[a-z0-9~._-]+/)?[a-zA-Z0-9~._-]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex PackageName();

    [GeneratedRegex(@"(?:\.|/|_|-)(?:test|tests|spec)\.[cm]?[jt]sx?$|(?:^|/)(?:__tests__|tests?)/.*\.[cm]?[jt]sx?$", RegexOptions.NonBacktracking)]
    private static partial Regex TestName();
}
