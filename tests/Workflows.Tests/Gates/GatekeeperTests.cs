using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Gates;

public sealed class GatekeeperTests
{
    private static readonly Plan Plan = new("g", [], [new("src/A.cs", "x")], [], [], []);

    private static ChangedFile File(string path, string mode = "100644", ChangeKind kind = ChangeKind.Modified, bool binary = false, long size = 100) =>
        new(path, kind, mode, size, binary, 5, 2);

    private static GateInput Input(params ChangedFile[] files) => new(
        new ChangeSet("base", "tree", files, files.Length * 5, files.Length * 2), [], new RepositoryPolicy(), Plan,
        new Evidence("tree", [new("test", "dotnet test", 0, "exited", TimeSpan.FromSeconds(3), "ok")]), "coding-agent/issue-1", "main")
    { PlanApprovedByPerson = true };

    private static readonly GateInput Good = Input(File("src/A.cs"), File("tests/ATests.cs"));

    private static string[] Failed(GateInput input) => [.. Gatekeeper.Judge(input).Where(v => !v.Passed).Select(v => v.Gate)];

    [Fact]
    public void Judge_PlannedCodeWithTestsAndGreenChecks_Passes() => Failed(Good).ShouldBeEmpty();

    // Where ecosystems keep their tests counts without a word in the policy.
    [Theory]
    [InlineData("src/A.py", "src/test_foo.py")]
    [InlineData("app/a.rb", "spec/models/a_spec.rb")]
    [InlineData("pkg/a.go", "pkg/a_test.go")]
    [InlineData("src/a.ts", "src/a.spec.ts")]
    [InlineData("src/main/java/A.java", "src/test/java/ATest.java")]
    public void Judge_TestWhereItsEcosystemKeepsThem_CountsWithoutAPolicy(string code, string test) =>
        Failed(Input(File(code), File(test)) with { Plan = Plan with { Edits = [new(code, "x")] } }).ShouldBeEmpty();

    // What runs before the tests is a test by its place, and asks all the same.
    [Theory]
    [InlineData("conftest.py")]
    [InlineData("tests/conftest.py")]
    public void Judge_WhatRunsBeforeTheTests_Asks(string path)
    {
        var verdict = Gatekeeper.Judge(Input(File("src/A.cs"), File("tests/ATests.cs"), File(path))).First(v => !v.Passed && v.Asks.Count > 0);
        (verdict.Gate, verdict.Asks.Single().Path).ShouldBe(("risk", path));
    }

    [Theory]
    [InlineData("main")]
    [InlineData("refs/heads/main")]
    [InlineData("MAIN")]
    [InlineData("")]
    public void Judge_DefaultBranch_IsRefused(string branch) => Failed(Good with { Branch = branch }).ShouldBe(["branch"]);

    [Theory]
    [InlineData(".github/workflows/ci.yml")]
    [InlineData(".GitHub/Workflows/ci.yml")]
    [InlineData(".github/coding-agent.yml")]
    [InlineData(".github/CODEOWNERS")]
    [InlineData("pkg/OWNERS")]
    [InlineData("src/.git/config")]
    [InlineData("src/../x.cs")]
    [InlineData("/etc/passwd")]
    public void Judge_ProtectedPath_IsRefusedEvenWhenPlanned(string path)
    {
        var plan = Plan with { Edits = [.. Plan.Edits, new(path, "")] };
        Failed(Input(File("src/A.cs"), File("tests/T.cs"), File(path)) with { Plan = plan }).ShouldBe(["paths"]);
    }

    [Fact]
    public void Judge_CiFilesAllowed_LiftsWorkflowsButNotThePolicyFile()
    {
        var policy = new RepositoryPolicy { Danger = new() { Ci = RiskRule.Allow } };
        var plan = Plan with { Edits = [.. Plan.Edits, new(".github/workflows/ci.yml", ""), new(".github/coding-agent.yml", "")] };
        Failed(Input(File("src/A.cs"), File("tests/T.cs"), File(".github/workflows/ci.yml")) with { Plan = plan, Policy = policy }).ShouldBeEmpty();
        Failed(Input(File("src/A.cs"), File("tests/T.cs"), File(".github/coding-agent.yml")) with { Plan = plan, Policy = policy }).ShouldBe(["paths"]);
    }

    [Fact]
    public void Judge_ChangedLfsFile_IsRefusedWithTheWayBack()
    {
        GateInput With(ChangedFile file) => Input(File("src/A.cs"), File("tests/T.cs"), file) with { Plan = Plan with { Edits = [.. Plan.Edits, new("a.bin", ""), new("b.bin", "")] }, LfsFiles = ["a.bin"] };
        var verdict = Gatekeeper.Judge(With(File("a.bin", binary: true, size: 5_000_000))).Single(v => !v.Passed);
        (verdict.Gate, verdict.Message).ShouldBe(("binaries", "Files kept in Git LFS were changed: a.bin. Their content cannot be pushed from here. Put them back (restore_path); a person can change them."));
        // Text in place of the pointer, and under another name, is no better; the pointer itself may move and go.
        Failed(With(File("a.bin"))).ShouldBe(["binaries"]);
        Failed(With(File("b.bin", kind: ChangeKind.Renamed) with { OldPath = "a.bin", OldMode = "100644", Similarity = 60 })).ShouldBe(["binaries"]);
        Failed(With(File("b.bin", kind: ChangeKind.Renamed) with { OldPath = "a.bin", OldMode = "100644", Similarity = 100, ContentChanged = false })).ShouldBeEmpty();
        Failed(With(File("a.bin", kind: ChangeKind.Deleted))).ShouldBeEmpty();
    }

    [Fact]
    public void Judge_PathOutsideAllowList_IsRefused()
    {
        var policy = new RepositoryPolicy { Paths = new() { Allow = ["tests/**"] } };
        Failed(Good with { Policy = policy }).ShouldBe(["paths"]);
    }

    [Theory]
    [InlineData("src/")]
    [InlineData("src")]
    [InlineData("SRC")]
    [InlineData("**/src")]
    public void Judge_DeniedFolder_TakesAlongAllBelowIt(string deny)
    {
        Failed(Good with { Policy = new() { Paths = new() { Deny = [deny] } } }).ShouldBe(["paths"]);
        Failed(Good with { Policy = new() { Paths = new() { Deny = ["sr", "src/A"] } } }).ShouldBeEmpty();
        Failed(Good with { Policy = new() { Paths = new() { Allow = ["src/", "tests/"] } } }).ShouldBeEmpty();
    }

    [Fact]
    public void Judge_CredentialFarToTheRight_IsFound() =>
        Failed(Good with { Added = [new("src/A.cs", 1, new string('x', 30_000) + " AKIA" + "IOSFODNN7H3KQ2ZP")] }).ShouldBe(["secrets"]);

    [Fact]
    public void Judge_FileNamedLikeACredential_IsRefusedWithoutShowingIt()
    {
        const string Name = "tests/ghp_" + "0123456789abcdefghijABCDEFGHIJ012345.txt";
        var verdict = Gatekeeper.Judge(Input(File("src/A.cs"), File("tests/T.cs"), File(Name))).Single(v => !v.Passed);
        (verdict.Gate, verdict.Message).ShouldBe(("secrets", "Possible credentials: the file name tests/***.txt looks like a credential of GitHub (github-token). Remove them; read secrets from configuration."));
        // Who takes one away does what is wanted.
        Failed(Input(File("src/A.cs"), File("tests/T.cs"), File(Name, kind: ChangeKind.Deleted))).ShouldBeEmpty();
    }

    [Fact]
    public void Judge_FileOutsidePlan_NeedsNewPlanUnlessTest() =>
        Failed(Input(File("src/A.cs"), File("src/B.cs"), File("tests/Other.cs"))).ShouldBe(["plan"]);

    [Fact]
    public void Judge_DeletedFileOutsidePlan_IsRefused() =>
        Failed(Input(File("src/A.cs"), File("tests/T.cs"), File("src/Gone.cs", kind: ChangeKind.Deleted))).ShouldBe(["plan"]);

    [Fact]
    public void Judge_TooLarge_IsRefused()
    {
        Failed(Good with { Policy = new() { Limits = new() { FilesChanged = 1 } } }).ShouldBe(["size"]);
        Failed(Good with { Policy = new() { Limits = new() { DiffLines = 13 } } }).ShouldBe(["size"]);
        Failed(Input()).ShouldBe(["size"]);
    }

    [Theory]
    [InlineData("120000")]
    [InlineData("160000")]
    public void Judge_LinkOrSubmodule_IsRefused(string mode) => Failed(Input(File("src/A.cs", mode), File("tests/T.cs"))).ShouldBe(["modes"]);

    [Fact]
    public void Judge_NewExecutable_IsRefused() =>
        Failed(Input(File("src/A.cs", "100755", ChangeKind.Added), File("tests/T.cs"))).ShouldBe(["modes"]);

    [Fact]
    public void Judge_BinaryOrHuge_IsRefused()
    {
        Failed(Input(File("src/A.cs", binary: true), File("tests/T.cs"))).ShouldBe(["binaries"]);
        Failed(Input(File("src/A.cs", size: 2 << 20), File("tests/T.cs"))).ShouldBe(["binaries"]);
    }

    [Fact]
    public void Judge_CodeWithoutTests_IsRefused()
    {
        Failed(Input(File("src/A.cs"))).ShouldBe(["tests"]);
        Failed(Input(File("src/A.cs")) with { TestsMustChange = false }).ShouldBeEmpty();
        Failed(Input(File("src/A.cs")) with { Policy = new() { Tests = new() { RequiredWithCode = false } } }).ShouldBeEmpty();
        Failed(Input(File("src/A.cs")) with { Policy = new() { Tests = new() { RequiredWithCode = false } }, Evidence = null }).ShouldBe(["tests"], "some check is needed all the same");
        Failed(Input(File("docs/a.md")) with { Plan = null }).ShouldBeEmpty();
    }

    [Fact]
    public void Judge_EvidenceMissingOrOfOtherContent_IsRefused()
    {
        Failed(Good with { Evidence = null }).ShouldBe(["tests"]);
        Failed(Good with { Evidence = Good.Evidence! with { TreeId = "other" } }).ShouldBe(["tests", "checks"]);
    }

    [Fact]
    public void Judge_RedCheck_IsRefused() =>
        Failed(Good with { Evidence = new Evidence("tree", [new("test", "t", 1, "exited", TimeSpan.Zero, "")]) }).ShouldBe(["checks"]);

    [Theory]
    [InlineData("var t = \"ghp_" + "0123456789abcdefghijABCDEFGHIJ012345\";")]
    [InlineData("aws = AKIA" + "IOSFODNN7H3KQ2ZP")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----")]
    [InlineData("key: sk-" + "proj-abcdefghijklmnopqrstuvwxyz012345")]
    [InlineData("const string Password = \"q8Zr1L" + "mX09vBtKsW3y\";")]
    public void Judge_Credential_IsRefusedWithoutShowingIt(string line)
    {
        var verdict = Gatekeeper.Judge(Good with { Added = [new("src/A.cs", 7, line)] }).Single(v => !v.Passed);
        verdict.Gate.ShouldBe("secrets");
        verdict.Message.ShouldContain("src/A.cs:7");
        verdict.Message.ShouldNotContain("q8Zr1LmX09vBtKsW3y");
    }

    [Theory]
    [InlineData("var token = configuration[\"Token\"];")]
    [InlineData("string password = \"change-me-please-now\";")]
    [InlineData("public const string ApiKeyHeader = \"X-Api-Key\";")]
    [InlineData("sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    public void Judge_OrdinaryLine_IsNotACredential(string line) =>
        Failed(Good with { Added = [new("src/A.cs", 1, line)] }).ShouldBeEmpty();

    [Fact]
    public void Added_PatchWithHeaderLookingContent_CountsLinesByHunk()
    {
        var lines = PatchLines.Added("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n a\n-b\n+++ b/evil\n+c\ndiff --git a/y b/y\n--- /dev/null\n+++ b/y\n@@ -0,0 +1 @@\n+z\n");
        lines.ShouldBe([new("x", 2, "++ b/evil"), new("x", 3, "c"), new("y", 1, "z")]);
    }

    [Fact]
    public void Read_Patch_TellsRemovedLinesByTheirOldNumbersAndNames()
    {
        var (_, removed) = PatchLines.Read("diff --git a/x b/y\n--- a/x\n+++ b/y\n@@ -3,3 +3,2 @@\n a\n-b\n--- a/evil\n+c\ndiff --git a/z b/z\n--- a/z\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n");
        removed.ShouldBe([new("x", 4, "b"), new("x", 5, "-- a/evil"), new("z", 1, "gone")]);
    }

    [Fact]
    public void Judge_CiResults_FollowTheDefinition()
    {
        CiResult Ci(CiState state, bool ours = false) => new("n", state, ours, "", null);
        CiJudge.Judge([]).ShouldBe(CiVerdict.None);
        CiJudge.Judge([Ci(CiState.Passed, ours: true)]).ShouldBe(CiVerdict.None);
        CiJudge.Judge([Ci(CiState.Passed), Ci(CiState.Pending)]).ShouldBe(CiVerdict.Pending);
        CiJudge.Judge([Ci(CiState.Passed), Ci(CiState.Failed, ours: true)]).ShouldBe(CiVerdict.Green);
        CiJudge.Judge([Ci(CiState.Passed), Ci(CiState.Failed)]).ShouldBe(CiVerdict.Red);
    }
}
