using CodingAgent.Agents.Cohort;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Gates;

/// <summary>Every trick of the table is held by a gate that is meant for it, and what people do every day passes.</summary>
public sealed class TrickTests
{
    // What the repository has beside what a trick touches.
    private static readonly string[] Base = ["src/A.cs", "src/A.csproj", "tests/A.Tests/ATests.cs", "tests/A.Tests/A.Tests.csproj", "src/a.py", "web/a.ts", "web/a.js", "pkg/a.go", "src/a.rs", "lib/a.rb", "src/A.java", "src/a.php", "bin/a.sh", "src/a.c", "README.md"];

    private static GateInput InputOf(Trick trick, bool isPlanned)
    {
        var files = trick.Files.ToList();
        Honest("src/A.cs", "class A { int one; }\n", "class A { int one; int two; }\n");
        Honest("tests/A.Tests/ATests.cs", "[Fact] void One() => Assert.Equal(1, A());\n", "[Fact] void One() => Assert.Equal(1, A());\n[Fact] void Two() => Assert.Equal(2, A());\n");
        List<ChangedFile> changed = [];
        List<AddedLine> added = [], removed = [];
        foreach (var (path, before, after) in files)
        {
            var (gone, come) = (Lines(before).ToList(), Lines(after).ToList());
            foreach (var line in Lines(before).Where(come.Remove)) gone.Remove(line);
            added.AddRange(come.Select((text, at) => new AddedLine(path, at + 1, text)));
            removed.AddRange(gone.Select((text, at) => new AddedLine(path, at + 1, text)));
            var kind = before is null ? ChangeKind.Added : after is null ? ChangeKind.Deleted : ChangeKind.Modified;
            changed.Add(new ChangedFile(path, kind, path.Contains("/A.", StringComparison.Ordinal) ? "100644" : trick.Mode, after?.Length ?? 0, false, come.Count, gone.Count) { OldMode = before is null ? null : "100644" });
        }

        changed.AddRange(trick.Moves.Select(m => new ChangedFile(m.To, ChangeKind.Renamed, "100644", 100, false, 0, 0) { OldPath = m.From, OldMode = "100644", Similarity = 100, ContentChanged = false }));
        string[] named = ["src/A.cs", "tests/A.Tests/ATests.cs", .. trick.AlsoPlanned, .. isPlanned ? changed.SelectMany(f => f.Paths) : []];
        var plan = new Plan("g", [], [.. named.Distinct().Select(p => new PlannedEdit(p, "as asked"))], [], [], []);
        var tests = new RepositoryPolicy.TestRules();
        var policy = new RepositoryPolicy
        {
            Approval = isPlanned && !trick.IsRisky ? PlanApproval.Never : PlanApproval.Risky,
            Checks = [new("test", "dotnet test")],
            Tests = trick.Patterns is { } patterns ? tests with { Patterns = patterns } : tests,
            Paths = new RepositoryPolicy.PathRules { Deny = trick.Deny },
        };
        return new GateInput(
            new ChangeSet("base", "tree", changed, changed.Sum(f => f.Insertions), changed.Sum(f => f.Deletions)), added, policy, plan,
            new Evidence("tree", [new("test", "dotnet test", 0, "exited", TimeSpan.FromSeconds(3), "")]), "coding-agent/issue-1", "main")
        {
            PlanApprovedByPerson = !isPlanned,
            Removed = removed,
            BaseFiles = [.. Base, .. files.Where(f => f.Before is not null).Select(f => f.Path)],
            // As the applier finds them.
            ByContent = [.. files.Where(f => ChangedContent.MayBeClusterManifest(f.Path) && (ChangedContent.IsClusterManifest(f.Before ?? "") || ChangedContent.IsClusterManifest(f.After ?? ""))).Select(f => (f.Path, RiskClass.Infra))],
            CompiledByProduct = [.. files.Where(f => f.After is not null && ChangedContent.IsCompiledByProject(f.Path) && PathGlob.AnyMatch(policy.Tests.Patterns, f.Path) && ChangedContent.ProjectsOver(f.Path, [.. Base.Where(p => p.EndsWith(".csproj", StringComparison.Ordinal))]) is ["src/A.csproj"]).Select(f => f.Path)],
        };

        void Honest(string path, string before, string after)
        {
            var at = files.FindIndex(f => f.Path == path);
            if (at < 0) files.Add((path, before, after));
            else files[at] = (path, before, after + files[at].After);
        }
    }

    private static string[] Lines(string? text) => (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static IEnumerable<object[]> All => [.. Tricks.Planned.Select(t => new object[] { t.Name, true }), .. Tricks.Beside.Select(t => new object[] { t.Name, false })];

    [Theory]
    [MemberData(nameof(All))]
    public void Trick_IsHeldByAGateThatIsMeantForIt(string name, bool isPlanned)
    {
        var trick = (isPlanned ? Tricks.Planned : Tricks.Beside).Single(t => t.Name == name);
        var refused = Gatekeeper.Judge(InputOf(trick, isPlanned)).Where(v => !v.Passed).ToArray();
        refused.ShouldNotBeEmpty();
        refused.Select(v => v.Gate).Intersect(trick.Gates.Split(' ')).ShouldNotBeEmpty(string.Join("; ", refused.Select(v => $"{v.Gate}: {v.Message}")));
        // Whatever asks a person says about what, in one line.
        refused.SelectMany(v => v.Asks).ShouldAllBe(a => a.Why.Length > 0 && !a.Why.Contains('\n'));
    }

    public static IEnumerable<object[]> Everyday => Tricks.Innocent.Select(t => new object[] { t.Name });

    [Theory]
    [MemberData(nameof(Everyday))]
    public void WhatPeopleDoEveryDay_PassesWithoutAQuestion(string name)
    {
        var innocent = Tricks.Innocent.Single(t => t.Name == name);
        // In a plan that nobody had to approve, and beside one that somebody did.
        Gatekeeper.Judge(InputOf(innocent with { IsRisky = true }, isPlanned: true)).Where(v => !v.Passed).Select(v => v.Message).ShouldBeEmpty();
        if (innocent.Gates == "tests") Gatekeeper.Judge(InputOf(innocent, isPlanned: false)).Where(v => !v.Passed).Select(v => v.Message).ShouldBeEmpty();
    }
}
