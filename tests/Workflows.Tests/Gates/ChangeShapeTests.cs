using CodingAgent.Agents.Cohort;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Gates;

/// <summary>Changes judged as what they are: renames, modes, lock files, tests that go, checks that cannot run.</summary>
public sealed class ChangeShapeTests
{
    private static readonly CheckEvidence Green = new("test", "dotnet test", 0, "exited", TimeSpan.Zero, "");

    private static ChangedFile Edit(string path, int lines = 7) => new(path, ChangeKind.Modified, "100644", 100, false, lines, 0) { OldMode = "100644" };

    private static ChangedFile New(string path, string mode = "100644") => new(path, ChangeKind.Added, mode, 100, false, 5, 0);

    private static ChangedFile Gone(string path) => new(path, ChangeKind.Deleted, "100644", 0, false, 0, 50) { OldMode = "100644" };

    private static ChangedFile Move(string from, string to, int lines = 0) =>
        new(to, ChangeKind.Renamed, "100644", 100, false, lines, 0) { OldPath = from, OldMode = "100644", Similarity = lines == 0 ? 100 : 90, ContentChanged = lines > 0 };

    private static Plan Planned(params string[] paths) => new("g", [], [.. paths.Select(p => new PlannedEdit(p, "x"))], [], [], []);

    private static GateInput Input(Plan? plan, params ChangedFile[] files) => new(
        new ChangeSet("base", "tree", files, files.Sum(f => f.Insertions), files.Sum(f => f.Deletions)), [], new RepositoryPolicy(), plan,
        new Evidence("tree", [Green]), "coding-agent/issue-1", "main")
    { PlanApprovedByPerson = true };

    // Told all that there is to tell of it.
    private static Dictionary<string, string> Agreed(string path) =>
        new(StringComparer.Ordinal) { [path] = string.Join("; ", Enum.GetValues<RiskClass>().Select(RiskFiles.Words).Append("is gone from the tests")) };

    private static string[] Failed(GateInput input) => [.. Gatekeeper.Judge(input).Where(v => !v.Passed).Select(v => v.Gate)];

    private static string Words(GateInput input, string gate) => Gatekeeper.Judge(input).Single(v => v.Gate == gate).Message;

    [Fact]
    public void PureRename_OfALongFile_IsARenameOfNothingElse()
    {
        var input = Input(Planned("src/Old.cs", "src/New.cs"), Move("src/Old.cs", "src/New.cs"));
        Failed(input).ShouldBeEmpty();
        Words(input, "size").ShouldStartWith("1 file and 0 lines changed");
        Words(input, "plan").ShouldContain("moved: src/Old.cs to src/New.cs");
        Failed(input with { Evidence = null }).ShouldBe(["tests"], "what moved can still break");
    }

    [Theory]
    [InlineData("src/Old.cs", "src/Elsewhere.cs", new[] { "plan" })]
    [InlineData("src/Elsewhere.cs", "src/New.cs", new[] { "plan" })]
    [InlineData(".github/workflows/ci.yml", "src/New.cs", new[] { "paths", "plan" })]
    [InlineData("src/Old.cs", "CODEOWNERS", new[] { "paths", "plan" })]
    public void Rename_GoesAroundNoRule(string from, string to, string[] failed) =>
        Failed(Input(Planned("src/Old.cs", "src/New.cs"), Move(from, to), Edit("tests/T.cs"))).ShouldBe(failed);

    [Fact]
    public void RenameOfATest_OutOfTheTests_DeletesIt()
    {
        Failed(Input(Planned("docs/T.md"), Move("tests/T.cs", "docs/T.md"))).ShouldBe(["tests"]);
        Failed(Input(Planned("src/A.cs"), Edit("src/A.cs"), Move("tests/A.cs", "tests/B.cs"))).ShouldBe(["tests"], "a moved test proves nothing new");
    }

    [Fact]
    public void OnlyTestsDeleted_IsAFinding_WhoeverAsked()
    {
        Failed(Input(null, Gone("tests/T.cs"))).ShouldBe(["tests"]);
        Failed(Input(null, Gone("tests/T.cs")) with { TestsMustChange = false }).ShouldBe(["tests"]);
        Failed(Input(Planned("src/A.cs"), Edit("src/A.cs"), Gone("tests/T.cs"))).ShouldBe(["tests"]);
        var beside = Input(Planned("src/A.cs"), Edit("src/A.cs"), Gone("tests/T.cs"), Edit("tests/U.cs"));
        Failed(beside).ShouldBe(["tests"], "another test is no reason");
        Gatekeeper.Judge(beside).Single(v => !v.Passed).ShouldSatisfyAllConditions(v => v.Asks.ShouldBe([new("tests/T.cs", "is gone from the tests")]), v => v.FixerFirst.ShouldBeTrue());
        Failed(beside with { Asked = Agreed("tests/T.cs") }).ShouldBeEmpty("a person agreed");
        Failed(beside with { Asked = new Dictionary<string, string> { ["tests/T.cs"] = "Already made; it has one assertion fewer." } }).ShouldBe(["tests"], "to something else");
    }

    [Fact]
    public void CodeAndItsTests_MayGoTogether_WhenThePlanSaysSo()
    {
        Failed(Input(Planned("src/A.cs", "tests/ATests.cs"), Gone("src/A.cs"), Gone("tests/ATests.cs"))).ShouldBeEmpty();
        Failed(Input(Planned("src/A.cs"), Gone("src/A.cs"), Gone("tests/ATests.cs"))).ShouldBe(["tests"]);
        Failed(Input(Planned("src/A.cs", "tests/ATests.cs"), Edit("src/A.cs"), Gone("tests/ATests.cs"))).ShouldBe(["tests"]);
    }

    [Theory]
    [InlineData("package.json", "package-lock.json")]
    [InlineData("web/package.json", "yarn.lock")]
    [InlineData("src/A/A.csproj", "tests/A.Tests/packages.lock.json")]
    [InlineData("requirements.in", "requirements.txt")]
    [InlineData("pyproject.toml", "uv.lock")]
    [InlineData("Cargo.toml", "Cargo.lock")]
    [InlineData("go.mod", "go.sum")]
    public void LockFile_BesideItsPlannedManifest_IsAllowedAndNotCounted(string manifest, string locked)
    {
        var input = Input(Planned(manifest), Edit(manifest), Edit(locked, 3000) with { Size = 5 << 20 });
        Failed(input).ShouldBeEmpty();
        Words(input, "size").ShouldContain("1 file and 7 lines");
        Words(input, "plan").ShouldContain(locked);
        Failed(input with { Plan = Planned("src/A.cs") }).ShouldBe(["plan", "size", "binaries", "risk"], "nobody planned the manifest");
    }

    [Fact]
    public void LockFile_WithoutItsManifest_IsAFindingInWords()
    {
        var input = Input(Planned("src/a.js"), Edit("src/a.js"), Edit("tests/a.js"), Edit("package-lock.json"));
        Failed(input).ShouldBe(["plan", "risk"]);
        Words(input, "plan").ShouldBe(
            "Lock files changed although nothing they are written from did: package-lock.json. Restore them, or change and plan the manifest (package.json, package.json5, package.yaml).");
        Failed(Input(Planned("package-lock.json"), Edit("package-lock.json"))).ShouldBeEmpty("the plan asks for just that");
        Failed(Input(null, Edit("package-lock.json"))).ShouldBe(["risk"], "somebody's pull request may have forgotten it: who asked for the fix is asked");
        Failed(Input(null, Edit("package-lock.json")) with { Asked = Agreed("package-lock.json") }).ShouldBeEmpty();
        Failed(Input(Planned("package.json"), Edit("package.json"), Edit("other/package-lock.json"))).ShouldBe(["plan", "risk"]);
    }

    [Fact]
    public void ManifestsAndTestsAlone_NeedACheckThatRan()
    {
        Failed(Input(null, Edit("requirements.txt")) with { Asked = Agreed("requirements.txt"), Evidence = null }).ShouldBe(["tests"]);
        Failed(Input(null, Edit("requirements.txt"))).ShouldBe(["risk"]);
        Failed(Input(null, Edit("requirements.txt")) with { Asked = Agreed("requirements.txt") }).ShouldBeEmpty();
        Failed(Input(null, Edit("src/payload.test.cs")) with { Evidence = null }).ShouldBe(["tests"]);
        Failed(Input(null, Edit("CMakeLists.txt"))).ShouldBe(["tests", "risk"], "a build file is code");
        Failed(Input(null, Edit("docs/notes.txt")) with { Evidence = null }).ShouldBeEmpty();
    }

    [Fact]
    public void FailingTestThatExisted_NeedsNoChangedTest()
    {
        var input = Input(Planned("src/A.cs"), Edit("src/A.cs"));
        Failed(input).ShouldBe(["tests"]);
        Failed(input with { FailingOnBase = ["test"] }).ShouldBeEmpty();
        Words(input with { FailingOnBase = ["test"] }, "tests").ShouldBe("No test changed, but test was red before this change and is green with it, on exactly this content.");
        Failed(input with { FailingOnBase = ["lint"] }).ShouldBe(["tests"]);
        Failed(input with { FailingOnBase = ["test"], Evidence = new Evidence("tree", [Green with { ExitCode = 1 }]) }).ShouldBe(["tests", "checks"]);
    }

    [Fact]
    public void CheckThatCannotRun_IsNoEvidence()
    {
        var missing = new CheckEvidence("lint", "eslint .", 127, "exited", TimeSpan.Zero, "");
        var input = Input(Planned("src/A.cs"), Edit("src/A.cs"), Edit("tests/T.cs"));
        Failed(input with { Evidence = new Evidence("tree", [missing]) }).ShouldBe(["tests", "checks"]);
        Failed(input with { Evidence = new Evidence("tree", [missing]), CannotRunOnBase = ["lint"] }).ShouldBe(["tests"]);
        Failed(input with { Evidence = new Evidence("tree", [Green, missing]) }).ShouldBe(["checks"], "it may be this change that took the program away");
        var told = input with { Evidence = new Evidence("tree", [Green, missing]), CannotRunOnBase = ["lint"] };
        Failed(told).ShouldBeEmpty();
        Words(told, "checks").ShouldBe("All checks passed: test. Cannot run here, with or without this change: lint.");
    }

    [Fact]
    public void Check_RedBeforeAndAfter_IsToldAndNeedsAnotherOneThatIsGreen()
    {
        var red = Green with { Name = "lint", ExitCode = 1 };
        var input = Input(null, Edit("src/A.cs"), Edit("tests/T.cs")) with { FailingOnBase = ["lint"] };
        GateVerdict Checks(params CheckEvidence[] checks) => Gatekeeper.Judge(input with { Evidence = new Evidence("tree", checks) }).Single(v => v.Gate == "checks");

        Checks(Green, red).ShouldBe(new GateVerdict("checks", true, "Passed: test. Red before this change and still: lint."));
        Checks(red).ShouldBe(new GateVerdict("checks", false, "Every check was red before this change and still is (lint): nothing proves the change."));
        // One that was green before is the change's own doing, whatever else was red.
        Checks(Green, red, red with { Name = "unit" }).ShouldBe(new GateVerdict("checks", false, "Checks are red: unit."));
        // What cannot run here proves nothing either.
        input = input with { CannotRunOnBase = ["e2e"] };
        Checks(red, red with { Name = "e2e", ExitCode = 127 }).Passed.ShouldBeFalse();
    }

    [Fact]
    public void Modes_AreToldAndOnlyScriptsMayChangeThem()
    {
        var tests = Edit("tests/T.cs");
        ChangedFile Mode(string path, string from, string to, bool script) =>
            new(path, ChangeKind.Modified, to, 100, false, 0, 0) { OldMode = from, ContentChanged = false, IsScript = script };
        Failed(Input(null, tests, Mode("src/A.cs", "100644", "100755", false))).ShouldBe(["modes"]);
        Failed(Input(null, tests, Mode("src/A.cs", "100755", "100644", false))).ShouldBe(["modes"]);
        Failed(Input(null, tests, New("bin/tool", "100755") with { IsScript = true })).ShouldBeEmpty();
        var script = Input(null, tests, Mode("gradlew", "100644", "100755", true)) with { Asked = Agreed("gradlew") };
        Failed(script).ShouldBeEmpty();
        Words(script, "modes").ShouldBe("Plain files only; modes changed: gradlew (100644 to 100755).");
        Failed(Input(null, tests, Edit("link") with { Mode = "120000" })).ShouldBe(["modes"]);
        Words(Input(null, tests, Edit("link") with { OldMode = "120000" }), "modes").ShouldContain("link (120000 to 100644)");
    }

    [Theory]
    [InlineData(".gitlab-ci.yaml")]
    [InlineData("azure-pipelines.yaml")]
    [InlineData(".buildkite/pipeline.yml")]
    [InlineData("bitbucket-pipelines.yml")]
    [InlineData(".github/dependabot.yaml")]
    [InlineData("renovate.json")]
    public void CiFiles_OfEveryForge_AreProtectedUnlessLifted(string path)
    {
        var input = Input(Planned(path), Edit(path), Edit("tests/T.cs"));
        Failed(input).ShouldBe(["paths"]);
        Words(input, "paths").ShouldContain("danger.ci_files");
        Failed(input with { Policy = new() { Danger = new() { Ci = RiskRule.Allow } } }).ShouldBeEmpty();
        var ask = input with { Policy = new() { Danger = new() { Ci = RiskRule.Ask } } };
        Failed(ask).ShouldBeEmpty("the approved plan names it");
        Failed(ask with { PlanApprovedByPerson = false }).ShouldBe(["risk"]);
    }

    [Theory]
    [InlineData("web/.vscode/tasks.json")]
    [InlineData("packages/a/.npmrc")]
    [InlineData("AGENTS.md")]
    [InlineData("src/agents.md")]
    [InlineData(".husky/pre-commit")]
    [InlineData(".devcontainer/devcontainer.json")]
    public void FilesThatActByThemselves_TakeAPersonsWord_WhateverElseIsAllowed(string path)
    {
        var input = Input(Planned(path), Edit(path), Edit("tests/T.cs")) with { PlanApprovedByPerson = false, Policy = new() { Approval = PlanApproval.Never, Danger = new() { Ci = RiskRule.Allow } } };
        Failed(input).ShouldBe(["risk"]);
        Gatekeeper.Judge(input).Single(v => !v.Passed).Asks.Select(a => a.Path).ShouldContain(path);
        Failed(input with { PlanApprovedByPerson = true }).ShouldBeEmpty();
        Failed(input with { Asked = Agreed(path) }).ShouldBeEmpty();
        Failed(input with { Policy = new() { Danger = new() { Developer = RiskRule.Deny, Agents = RiskRule.Deny } } }).ShouldContain("paths");
    }

    [Fact]
    public void NameThatIsNotUtf8_IsJudgedInWords()
    {
        var input = Input(null, New(GitText.Decode([(byte)'c', 0xE9, (byte)'.', (byte)'c'])), Edit("tests/T.cs"));
        Failed(input).ShouldBe(["paths"]);
        Words(input, "paths").ShouldBe("Files whose names are not UTF-8 cannot be part of a change: c\\xE9.c. Leave them as they were.");
    }

    [Theory]
    [InlineData("+++ b/a b.txt\t", "a b.txt")]
    [InlineData("+++ \"b/tab\\there\"", "tab\there")]
    [InlineData("+++ \"b/quo\\\"te\\\\x\"", "quo\"te\\x")]
    [InlineData("+++ \"b/\\303\\251.txt\"", "é.txt")]
    [InlineData("+++ \"b/😀\\n\"", "😀\n")]
    [InlineData("+++ \"", "\"")]
    public void Added_QuotedName_IsRead(string header, string path) =>
        PatchLines.Added($"--- a/x\n{header}\n@@ -0,0 +1 @@\n+z\n").ShouldHaveSingleItem().Path.ShouldBe(path);
}
