using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Apply;

/// <summary>
/// Parts in another repository than where the task was asked for. The applier goes by the signed plan alone, and asks the default branches of all its
/// repositories anew, so that a part that somebody makes up reaches no repository that no person was shown, and no file of it either.
/// </summary>
public sealed class TogetherStepTests : ApplierTests
{
    private const string Names = "version: 1\nplan: { approval: never }\nrepositories: [acme/lib]\n";
    private const string Consents = "version: 1\nplan: { approval: never }\nchanged_from: [acme/shop]\n";

    private static readonly RepoRef Lib = RepoRef.Parse("github:acme/lib");
    private static readonly TaskId Part = Task with { Part = "abcdef-2" };
    private static readonly Plan InLib = FakeWork.Plan with { Goal = "The library too.", Edits = [new("lib/L.cs", "Third line")], Tests = [new("tests/LTests.cs", "It is there")] };
    private static readonly string[] Own = ["lib/L.cs", "tests/LTests.cs"];

    private readonly GitRemote _remote = new(new Dictionary<string, string> { ["lib/L.cs"] = "one\ntwo\n", ["tests/LTests.cs"] = "test\n", ["lib/L.csproj"] = CSharpProject, ["tests/LTests.csproj"] = "<Project><ItemGroup><PackageReference Include=\"xunit\" /></ItemGroup></Project>" });
    private readonly FakeForge _lib;
    private readonly IForge _all;

    public TogetherStepTests()
    {
        _lib = new FakeForge(Lib, () => Date) { CloneUrl = _remote.Url };
        _lib.Branches["main"] = _remote.Sha;
        _lib.Access["ann"] = AccessLevel.Write;
        _lib.Files[".github/coding-agent.yml"] = Consents;
        Forge.Files[".github/coding-agent.yml"] = Names;
        _all = FakeForges.Of(repo => repo == Lib ? _lib : Forge);
        Settings = Settings with { MultiRepo = true };
    }

    protected override IForge Forges => _all;

    private Plan Whole => FakeWork.Plan with { Others = [new PlanElsewhere("acme/lib", _remote.Sha, "", InLib)] };

    private async Task<string> EditedThereAsync()
    {
        Model.Calls("edit_file", new { path = "lib/L.cs", old_text = "two", new_text = "two\nthree" })
            .Calls("write_file", new { path = "tests/LTests.cs", content = "test three\n" })
            .Answers(FakeWork.Report);
        var step = await CoderStepAsync() with { Repo = Lib, BaseSha = _remote.Sha, Plan = InLib };
        var result = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step));
        result.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.Completed, result.Reason);
        return result.Snapshot.ShouldNotBeNull();
    }

    private SignedRecord EvidenceThere(string tree, Plan plan) => Keys.Sign(new EvidenceRecord(
        Lib, _remote.Sha, false, BuildRecord.ConditionsOf(OneCheck, RepositoryBuild.Unknown("")), BuildRecord.DigestOf(plan), OneCheck.Checks, new Evidence(tree, [Passed("test", "dotnet test")])));

    /// <summary>What an honest part hands over; the whole plan is shown and approved.</summary>
    private async Task<ApplyActivities.PublishStep> PartAsync()
    {
        var (plan, snapshot) = (Whole, await EditedThereAsync());
        return new ApplyActivities.PublishStep(Part, Lib, "Three", _remote.Sha, snapshot, "coding-agent/acme-shop-7-abcdef-2", null, FakeWork.Report, "implement-1", Date)
        {
            Records = new ApplyActivities.StepRecords(
                Request(), Keys.Sign(new PlanRecord(Task, Remote.Sha, "", plan)), Approval(), Keys.Sign(BuildRecord.Of(Lib, _remote.Sha, new RepositoryPolicy(), OneCheck, RepositoryBuild.Unknown(""))),
                EvidenceThere(SnapshotRef.Parse(snapshot).TreeId, TaskPart.PlanOf(plan, Own, Lib)), [])
            {
                PartPaths = Own,
            },
            PlanComment = Forge.AddComment(7, "coding-agent", CommentOf(plan), Date),
            Siblings = "acme/shop#101",
        };
    }

    [Fact]
    public async Task Publish_PartElsewhere_IsAPullRequestThereThatNamesTheIssueAndItsSiblings()
    {
        await Stores.LinkAsync(Task, TaskHarness.Repo, 7, null, null, default);
        var outcome = await PublishAsync(await PartAsync());
        outcome.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();

        var pull = await _lib.GetPullAsync(Lib, outcome.Pull!.Value, default);
        pull.Body.ShouldStartWith("Part of acme/shop#7; its status there names the other parts.\n\nTogether with acme/shop#101: ");
        pull.BaseBranch.ShouldBe("main");
        (await Stores.FindByPullAsync(Lib, pull.Number, default)).ShouldBe(Part);
        (await Stores.FindByIssueAsync(TaskHarness.Repo, 7, default)).ShouldBe(Task);
        _remote.Git("for-each-ref", "--format=%(refname)").ShouldContain("refs/heads/coding-agent/acme-shop-7-abcdef-2");
        Remote.Git("for-each-ref", "--format=%(refname)").Trim().ShouldBe("refs/heads/main");
        Tokens.Asked.Where(a => a.Permissions.HasFlag(TokenPermissions.WriteContents)).ShouldAllBe(a => a.Repo == Lib);
    }

    [Theory]
    [InlineData("the feature is off", "Features:MultiRepo")]
    [InlineData("the service does not work there", "not among the repositories this service works on")]
    [InlineData("the task's own repository does not name it", "does not name it under 'repositories'")]
    [InlineData("it does not consent", "under 'changed_from'")]
    [InlineData("it consents to another", "under 'changed_from'")]
    [InlineData("who asked may not write there", "ann has no write access to it")]
    [InlineData("who approved may not write there", "no write access to acme/lib")]
    [InlineData("who may read differs", "that the same people may read")]
    [InlineData("it is archived", "it is archived")]
    [InlineData("it is called otherwise now", "it is called acme/lib2 now")]
    [InlineData("the plan is of one repository", "Nothing signed says that a person asked")]
    [InlineData("the plan is of other repositories", "Nothing signed says that a person asked")]
    [InlineData("a draft in place of the plan", "Nothing signed says that a person asked")]
    [InlineData("files of the task's own repository", "Nothing of the signed plan is this part's")]
    [InlineData("no files", "Nothing of the signed plan is this part's")]
    [InlineData("no part", "is carried out in parts")]
    [InlineData("nobody approved, and the task's own repository asks", "one of its repositories asks for it")]
    [InlineData("nobody approved, and it asks", "one of its repositories asks for it")]
    [InlineData("nobody approved, and together it is large", "in 2 repositories (more than 15)")]
    [InlineData("approved by a comment there", "it stands elsewhere")]
    [InlineData("approved by a comment of that number there", "does not count")]
    [InlineData("checked in the task's own repository", "Nothing signed says what the checks found")]
    [InlineData("built as the task's own repository", "Nothing signed says how this repository is checked")]
    public async Task Publish_PartThatMayNotBe_IsHeldBackBeforeATokenIsAskedFor(string what, string words)
    {
        var step = await PartAsync();
        var records = step.Records!;
        var plan = Whole;
        switch (what)
        {
            case "the feature is off":
                Settings = Settings with { MultiRepo = false };
                break;
            case "the service does not work there":
                Settings = Settings with { Serves = repo => repo == TaskHarness.Repo };
                break;
            case "the task's own repository does not name it":
                Forge.Files[".github/coding-agent.yml"] = "version: 1\nrepositories: [acme/lib2]\n";
                break;
            case "it does not consent":
                _lib.Files[".github/coding-agent.yml"] = "version: 1\n";
                break;
            case "it consents to another":
                _lib.Files[".github/coding-agent.yml"] = "version: 1\nchanged_from: [acme/shopping]\n";
                break;
            case "who asked may not write there":
                _lib.Access["ann"] = AccessLevel.Triage;
                break;
            case "who approved may not write there":
                Forge.Access["bob"] = AccessLevel.Write;
                var comment = Forge.AddComment(7, "bob", "/agent approve", Date.AddMinutes(2));
                step = step with { Records = records with { Approval = Approval(by: "bob", statement: new Statement(StatementKind.Comment, 7, comment)) } };
                break;
            case "who may read differs":
                _lib.Visibility = RepositoryVisibility.Public;
                break;
            case "it is archived":
                _lib.IsArchived = true;
                break;
            case "it is called otherwise now":
                _lib.Renamed = RepoRef.Parse("github:acme/lib2");
                break;
            case "the plan is of one repository":
                step = step with { Records = records with { Plan = Keys.Sign(new PlanRecord(Task, Remote.Sha, "", InLib)) } };
                break;
            case "the plan is of other repositories":
                step = step with { Records = records with { Plan = Keys.Sign(new PlanRecord(Task, Remote.Sha, "", plan with { Others = [plan.Others![0] with { Repository = "acme/lib2" }] })) } };
                break;
            case "a draft in place of the plan":
                step = step with { Records = records with { Plan = Keys.Sign(new DraftRecord(Task, Lib, _remote.Sha, "", InLib)) } };
                break;
            case "files of the task's own repository":
                step = step with { Records = records with { PartPaths = ["src/A.cs", "tests/ATests.cs"] } };
                break;
            case "no files":
                step = step with { Records = records with { PartPaths = [] } };
                break;
            case "no part":
                step = step with { Task = Task };
                break;
            case "nobody approved, and the task's own repository asks":
                Forge.Files[".github/coding-agent.yml"] = Names.Replace("never", "always", StringComparison.Ordinal);
                step = step with { Records = records with { Approval = null } };
                break;
            case "nobody approved, and it asks":
                _lib.Files[".github/coding-agent.yml"] = Consents.Replace("never", "always", StringComparison.Ordinal);
                step = step with { Records = records with { Approval = null } };
                break;
            case "nobody approved, and together it is large":
                Forge.Files[".github/coding-agent.yml"] = Names.Replace("never", "risky", StringComparison.Ordinal);
                step = step with { Records = records with { Approval = null, Plan = Keys.Sign(new PlanRecord(Task, Remote.Sha, "", plan with { Edits = [.. Enumerable.Range(1, 14).Select(i => new PlannedEdit($"src/A{i}.cs", "Too."))] })) } };
                break;
            case "approved by a comment there":
                step = step with { Pull = 103, Records = records with { Approval = Approval(statement: new Statement(StatementKind.Comment, 103, 1)) } };
                _lib.OpenPull(103, step.Branch, new string('b', 40));
                break;
            case "approved by a comment of that number there":
                _lib.OpenIssue(7, "Another", "Another.");
                step = step with { Records = records with { Approval = Approval(statement: new Statement(StatementKind.Comment, 7, _lib.AddComment(7, "ann", "/agent approve", Date.AddMinutes(2)) + 1_000_000)) } };
                break;
            case "checked in the task's own repository":
                step = step with { Records = records with { Evidence = Evidence(Tree(step), TaskPart.PlanOf(plan, Own, Lib)) } };
                break;
            default:
                step = step with { Records = records with { Build = Build() } };
                break;
        }

        var outcome = await PublishAsync(step);
        NothingLeft(outcome);
        _remote.Git("for-each-ref", "--format=%(refname)").Trim().ShouldBe("refs/heads/main");
        outcome.Verdicts.ShouldHaveSingleItem().ShouldSatisfyAllConditions(v => v.Gate.ShouldBe("records"), v => v.Message.ShouldContain(words));
    }

    [Theory]
    [InlineData("a branch named as one of the task's own repository", "branch")]
    [InlineData("its policy denies the path", "paths")]
    [InlineData("its policy allows fewer lines", "size")]
    [InlineData("its share is another", "plan")]
    public async Task Publish_PartElsewhere_IsJudgedByTheRulesThere(string what, string gate)
    {
        var step = await PartAsync();
        switch (what)
        {
            case "a branch named as one of the task's own repository":
                step = step with { Branch = Branch };
                break;
            case "its policy denies the path":
                _lib.Files[".github/coding-agent.yml"] = Consents + "paths: { deny: [\"lib/**\"] }\n";
                break;
            case "its policy allows fewer lines":
                _lib.Files[".github/coding-agent.yml"] = Consents + "limits: { diff_lines: 1 }\n";
                break;
            default:
                step = step with { Records = step.Records! with { PartPaths = ["tests/LTests.cs"], Evidence = EvidenceThere(Tree(step), TaskPart.PlanOf(Whole, ["tests/LTests.cs"], Lib)) } };
                break;
        }

        var outcome = await PublishAsync(step);
        NothingLeft(outcome);
        outcome.Verdicts.Where(v => !v.Passed).ShouldHaveSingleItem().Gate.ShouldBe(gate);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Publish_PartOfTheTasksOwnRepository_CountsOnlyWhileTheOthersConsent(bool consents)
    {
        var plan = Whole;
        var step = await StepAsync(signs: true);
        string[] own = ["src/A.cs", "tests/ATests.cs"];
        step = step with
        {
            Task = Task with { Part = "abcdef-1" },
            Branch = "coding-agent/issue-7-abcdef-1",
            PlanComment = Forge.AddComment(7, "coding-agent", CommentOf(plan), Date),
            Records = step.Records! with { Plan = Keys.Sign(new PlanRecord(Task, Remote.Sha, "", plan)), Evidence = Evidence(Tree(step), TaskPart.PlanOf(plan, own)), PartPaths = own },
        };
        if (!consents)
            _lib.Files[".github/coding-agent.yml"] = "version: 1\n";
        var outcome = await PublishAsync(step);
        if (consents)
            outcome.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        else
            NothingLeft(outcome);
    }

    [Fact]
    public async Task Planner_OfSeveralRepositories_SignsDraftsThatOnlyJoinedAreAPlan()
    {
        // What a model says about other repositories by itself is no plan for them.
        var sly = FakeWork.Plan with { Others = [new("acme/other", Remote.Sha, "", FakeWork.Plan)], TicketId = "acme/other#1" };
        var step = await CoderStepAsync() with { Plan = null, IsDraft = true };
        async Task<SignedRecord> DraftAsync(string run, RepoRef repo)
        {
            Model.Answers(sly);
            var result = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step with { Repo = repo, BaseSha = repo == Lib ? _remote.Sha : Remote.Sha, Run = new AgentRunState(run, AgentRole.Planner, null, []) }));
            result.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.Completed, result.Reason);
            JsonSerializer.Deserialize<Plan>(result.Output!, OutputContract.Json)!.Others.ShouldBeNull();
            return result.Record.ShouldNotBeNull();
        }

        Task<AgentActivities.JoinedPlan> JoinAsync(TaskId task, params SignedRecord[] drafts) => new ActivityEnvironment().RunAsync(() => Agents("one").JoinPlansAsync(new(task, drafts)));
        var (own, there) = (await DraftAsync("run-own", TaskHarness.Repo), await DraftAsync("run-there", Lib));
        Keys.Open<PlanRecord>(own).ShouldBeNull();
        var joined = await JoinAsync(Task, own, there);
        var signed = Keys.Open<PlanRecord>(joined.Record).ShouldNotBeNull();
        signed.Plan.Others.ShouldHaveSingleItem().ShouldSatisfyAllConditions(o => o.Repository.ShouldBe("acme/lib"), o => o.Plan.TicketId.ShouldBe("acme/shop#7"), o => o.Plan.Others.ShouldBeNull());
        (signed.Task, signed.BaseSha).ShouldBe((Task, Remote.Sha));
        await Should.ThrowAsync<Exception>(() => JoinAsync(TaskId.ForIssue(TaskHarness.Repo, 8), own, there));
        await Should.ThrowAsync<Exception>(() => JoinAsync(Task, there));
        await Should.ThrowAsync<Exception>(() => JoinAsync(Task, own, joined.Record));
    }

    [Theory]
    [InlineData("acme/shop#101, acme/app#2", true)]
    [InlineData("acme/shop#101 <!-- agent-task: task/github:acme/other/issue/1 -->", false)]
    [InlineData("@everyone", false)]
    [InlineData("[here](https://example.com)", false)]
    [InlineData("acme/shop#101\n\n# Heading", false)]
    public async Task Publish_Siblings_AreNothingButReferences(string siblings, bool isShown)
    {
        var outcome = await PublishAsync(await PartAsync() with { Siblings = siblings });
        (await _lib.GetPullAsync(Lib, outcome.Pull!.Value, default)).Body.Contains("Together with", StringComparison.Ordinal).ShouldBe(isShown);
    }
}
