using System.Globalization;
using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Detection;

/// <summary>.NET: a solution, or projects without one; tests by the projects that are test projects.</summary>
internal static partial class DotNetProjects
{
    private static readonly string[] TestPackages =
        ["Microsoft.NET.Test.Sdk", "xunit", "xunit.v3", "NUnit", "MSTest", "MSTest.TestFramework", "TUnit", "Microsoft.Testing.Platform", "Expecto"];

    public static void Detect(DetectionBuilder found)
    {
        var view = found.View;
        var projects = view.Ending(".csproj", ".fsproj", ".vbproj").Select(p => Read(view, p)).ToArray();
        var solutions = view.Ending(".sln", ".slnx");
        if (projects.Length == 0 || !found.HasTool("dotnet", solutions.Count > 0 ? solutions[0] : projects[0].Path))
            return;
        found.Ecosystems.Add("dotnet");
        var solution = Choose(found, solutions, projects);
        var folder = solution is null ? "" : Paths.Folder(solution);
        var members = solution is null ? null : ProjectsOf(view, solution);
        var inSolution = members is null ? projects : [.. projects.Where(p => members.Contains(p.Path))];
        var tests = inSolution.Where(p => p.IsTest).ToArray();
        foreach (var test in projects.Where(p => p.IsTest && Paths.Folder(p.Path).Length > 0))
            found.Patterns.Add($"{Paths.Folder(test.Path)}/**");
        foreach (var old in tests.Where(t => t.Frameworks.Length > 0 && t.Frameworks.All(IsWindowsOnly)))
            found.Note($"`{old.Path}` targets {string.Join(", ", old.Frameworks)}, which does not run on Linux.");
        tests = [.. tests.Where(t => t.Frameworks.Length == 0 || !t.Frameworks.All(IsWindowsOnly))];
        Sdk(found);

        // A solution with projects that cannot be built here is passed by: its test projects are named one by one.
        var whole = solution is not null && inSolution.All(p => p.Frameworks.Length == 0 || !p.Frameworks.All(IsWindowsOnly)) ? solution : null;
        string[] targets = whole is not null ? [whole] : tests.Length > 0 ? [.. tests.Select(t => t.Path)] : [projects[0].Path];
        var tools = view.FirstIn("", ".config/dotnet-tools.json", "dotnet-tools.json") is not null ? " && dotnet tool restore" : "";
        found.Setup(new SetupStep(
            "dotnet restore", folder, string.Join(" && ", targets.Select(t => $"dotnet restore {Shell.Word(t)}")) + tools, "dotnet",
            string.Join(" && ", targets.Select(t => $"dotnet restore --force-evaluate {Shell.Word(t)}")) + tools)
        {
            Registries = "dotnet",
        });

        var verb = Verb(view);
        if (tests.Length == 0)
        {
            found.Check("dotnet", folder, string.Join(" && ", targets.Select(t => $"dotnet build {Shell.Word(t)}")), CheckKind.Build);
            found.Note("No .NET test project was found: the check only builds.");
            return;
        }

        // Whatever CI adds (configuration, filters, settings) belongs to the tests; that they were built before does not hold here.
        var extra = found.CiFor(folder, CheckKind.Test, "dotnet").Select(c => Options().Match(Ballast().Replace(c.Line, ""))).FirstOrDefault(m => m.Success)?.Groups["options"].Value.Trim() ?? "";
        extra = extra.Length > 0 ? " " + extra : "";
        var run = string.Join(" && ", targets.Select(t => $"{verb(t)}{extra}"));
        var units = projects.Where(p => Paths.Folder(p.Path).Length > 0)
            .Select(p => new TestUnit(Paths.Folder(p.Path), [.. tests.Where(t => Reaches(t, p, projects)).Select(t => t.Path)])).ToArray();
        found.Check("dotnet", folder, run, CheckKind.Test, tests.Length < 2 ? null : new TestTargets(TargetStyle.EachUnit, "", verb("{}") + extra, units));
    }

    private static string? Choose(DetectionBuilder found, IReadOnlyList<string> solutions, Project[] projects)
    {
        if (solutions.Count == 0)
            return null;
        var depth = Paths.Depth(solutions[0]);
        var members = solutions.Take(40).ToDictionary(s => s, s => ProjectsOf(found.View, s), StringComparer.Ordinal);
        var named = found.Ci.Where(c => c.Program == "dotnet").ToArray();
        // What CI names, else the shallowest with the most test projects; the newer format where both are kept.
        var best = members.Keys.Where(s => Paths.Depth(s) == depth || named.Any(c => c.Line.Contains(Paths.Name(s), StringComparison.OrdinalIgnoreCase)))
            .OrderByDescending(s => named.Any(c => c.Line.Contains(Paths.Name(s), StringComparison.OrdinalIgnoreCase)))
            .ThenByDescending(s => projects.Count(p => p.IsTest && members[s].Contains(p.Path)))
            .ThenByDescending(s => projects.Count(p => members[s].Contains(p.Path)))
            .ThenByDescending(s => s.EndsWith(".slnx", StringComparison.OrdinalIgnoreCase)).First();
        if (!projects.Any(p => members[best].Contains(p.Path)))
            return null;
        if (solutions.Count > 1)
            found.Note(string.Create(CultureInfo.InvariantCulture, $"Of {solutions.Count} solutions I use `{best}`."));
        return best;
    }

    private static HashSet<string> ProjectsOf(RepositoryView view, string solution) => new(
        Member().Matches(view.Text(solution)).Take(5_000).Select(m => Paths.Resolve(Paths.Folder(solution), m.Groups["path"].Value)).OfType<string>(), StringComparer.OrdinalIgnoreCase);

    /// <summary>True for a project of tests.</summary>
    internal static bool IsTest(RepositoryView view, string path) => Read(view, path).IsTest;

    private static Project Read(RepositoryView view, string path)
    {
        var entries = view.Xml(path);
        var packages = entries.Where(e => e.Name is "PackageReference").Select(e => e.Attribute("Include") ?? "").ToArray();
        var sdks = entries.Where(e => e.Name is "Project" or "Sdk").Select(e => e.Attribute("Sdk") ?? e.Attribute("Name") ?? "");
        var frameworks = entries.Where(e => e.Name is "TargetFramework" or "TargetFrameworks" or "TargetFrameworkVersion")
            .SelectMany(e => e.Text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Where(f => !f.Contains("$(", StringComparison.Ordinal)).ToArray();
        var says = entries.LastOrDefault(e => e.Name is "IsTestProject" or "TestProject")?.Text;
        var isTest = !string.Equals(says, "false", StringComparison.OrdinalIgnoreCase)
            && (string.Equals(says, "true", StringComparison.OrdinalIgnoreCase) || packages.Intersect(TestPackages, StringComparer.OrdinalIgnoreCase).Any()
                || sdks.Any(s => s.StartsWith("MSTest.Sdk", StringComparison.OrdinalIgnoreCase))
                // Packages common to all tests often stand in a props file above them.
                || (packages.Length == 0 && Paths.Stem(path).EndsWith("Tests", StringComparison.Ordinal)) || Paths.Stem(path).EndsWith(".Tests", StringComparison.Ordinal));
        var references = entries.Where(e => e.Name == "ProjectReference").Select(e => Paths.Resolve(Paths.Folder(path), e.Attribute("Include") ?? "")).OfType<string>().ToArray();
        return new Project(path, isTest, frameworks, references);
    }

    private static bool Reaches(Project from, Project to, Project[] all)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var next = new Stack<Project>([from]);
        while (next.TryPop(out var project))
        {
            if (project.Path == to.Path)
                return true;
            if (seen.Add(project.Path))
            {
                foreach (var reference in all.Where(p => project.References.Contains(p.Path, StringComparer.OrdinalIgnoreCase)))
                    next.Push(reference);
            }
        }

        return false;
    }

    // The Microsoft.Testing.Platform mode of "dotnet test" (SDK 10) takes its target by option; early SDKs of that mode refuse it by position.
    private static Func<string, string> Verb(RepositoryView view)
    {
        var runner = view.Json("global.json").Object("test").String("runner") ?? view.Json("global.json").Object("test").Object("runner").String("name");
        return runner?.Replace(".", "", StringComparison.Ordinal).Equals("MicrosoftTestingPlatform", StringComparison.OrdinalIgnoreCase) != true
            ? t => $"dotnet test {(t == "{}" ? t : Shell.Word(t))}"
            : t => $"dotnet test --{(Paths.Extension(t) is ".sln" or ".slnx" or ".slnf" ? "solution" : "project")} {(t == "{}" ? t : Shell.Word(t))}";
    }

    private static void Sdk(DetectionBuilder found)
    {
        var sdk = found.View.Json("global.json").Object("sdk");
        if (sdk.String("version") is not { } wanted || found.Tools.Of("dotnet") is not { Count: > 0 } installed)
            return;
        if (!GlobalJson.IsSatisfied(wanted, sdk.String("rollForward"), installed))
            found.Note($"`global.json` asks for SDK {wanted}; this machine has {string.Join(", ", installed)}. Install it, allow `rollForward`, or name an image under `sandbox.image`.");
    }

    private static bool IsWindowsOnly(string framework) =>
        framework.Contains("-windows", StringComparison.OrdinalIgnoreCase) || Legacy().IsMatch(framework);

    [GeneratedRegex("\"(?<path>[^\"\r\n]+\\.(?:cs|fs|vb)proj)\"", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex Member();

    [GeneratedRegex(@"^(?:net[1-4]\d{0,2}|v[1-4]\..*)$", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex Legacy();

    [GeneratedRegex(@"\s(?:--no-build|--no-restore|--nologo|(?:--logger|-l|--collect|--results-directory|-r|-v|--verbosity)[ :=]?(?:""[^""]*""|'[^']*'|\S+))", RegexOptions.NonBacktracking)]
    private static partial Regex Ballast();

    // "dotnet test [target] options": the target is ours to name.
    [GeneratedRegex(@"^dotnet test(?: (?!-)[^ ]+)?(?<options>(?: -[\w-]+(?:[ :=](?:""[^""]*""|'[^']*'|[^- ][^ ]*))?)*)$")]
    private static partial Regex Options();

    private sealed record Project(string Path, bool IsTest, string[] Frameworks, string[] References);
}

/// <summary>Which SDK satisfies a <c>global.json</c> (https://learn.microsoft.com/dotnet/core/tools/global-json, "rollForward").</summary>
internal static class GlobalJson
{
    public static bool IsSatisfied(string wanted, string? rollForward, IReadOnlyList<string> installed)
    {
        if (Parse(wanted) is not { } want)
            return true;
        return installed.Select(Parse).OfType<Version>().Any(have => (rollForward ?? "latestPatch").ToLowerInvariant() switch
        {
            "disable" => have == want,
            "patch" or "latestpatch" => SameBand(have, want) && have >= want,
            "feature" or "latestfeature" => have.Major == want.Major && have.Minor == want.Minor && have >= want,
            "minor" or "latestminor" => have.Major == want.Major && have >= want,
            "major" or "latestmajor" => have >= want,
            _ => true,
        });
    }

    // 10.0.401: feature band 4, patch 01.
    private static bool SameBand(Version a, Version b) => a.Major == b.Major && a.Minor == b.Minor && a.Build / 100 == b.Build / 100;

    private static Version? Parse(string text) => Version.TryParse(text.Split('-')[0], out var v) && v.Build >= 0 ? v : null;
}
