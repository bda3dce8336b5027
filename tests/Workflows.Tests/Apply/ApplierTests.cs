using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using CodingAgent.Workflows.Tests.Activities;
using Microsoft.Extensions.Logging.Abstractions;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Apply;

/// <summary>An applier, and steps to hand to it: the honest one, and the records that it is made of.</summary>
public abstract class ApplierTests : GitWorkers
{
    protected const string Branch = "coding-agent/issue-7-x";

    protected static Actor Ann { get; } = new("ann", 5, ActorKind.User);

    protected ApplierTests((GitRemote Remote, FakeStores Stores)? shared = null)
        : base(shared)
    {
        Forge.Access["ann"] = AccessLevel.Write;
        ShownPlan = Forge.EnsureCommentAsync(TaskHarness.Repo, Subject.Issue(7), "plan:1", CommentOf(FakeWork.Plan), default).Result.Id;
        ApprovalComment = Forge.AddComment(7, "ann", "Fine.\n\n/agent approve", Date.AddMinutes(1));
    }

    /// <summary>The forge's id of the comment with the plan.</summary>
    protected long ShownPlan { get; }

    /// <summary>The forge's id of the comment that approves it.</summary>
    protected long ApprovalComment { get; }

    private ApplyActivities Apply(string worker)
    {
        var (git, mirrors) = Worker(worker);
        return new ApplyActivities(git, mirrors, Forges, Tokens, Stores, new ProofReader(Keys, Forges), Settings, TimeProvider.System, NullLogger<ApplyActivities>.Instance);
    }

    protected Task<ApplyActivities.PublishOutcome> PublishAsync(ApplyActivities.PublishStep step, string worker = "three") =>
        new ActivityEnvironment().RunAsync(() => Apply(worker).PublishAsync(step));

    protected string HashOf(Plan plan) => PlanHash.Of(plan, Remote.Sha, "");

    protected string CommentOf(Plan plan, string? hash = null) => PlanComment.Build(new PlanView(plan, 1, hash ?? HashOf(plan), Remote.Sha, OneCheck.Checks, 1, 5, true, ""));

    protected SignedRecord Request(TaskKind kind = TaskKind.Implement, int? pull = null, TaskId? task = null) =>
        Keys.Sign(new RequestRecord(task ?? Task, kind, pull is null ? 7 : null, pull, null, Ann, Date, null));

    protected SignedRecord Approval(string? hash = null, Statement? statement = null, string by = "ann", TaskId? task = null) =>
        Keys.Sign(new ApprovalRecord(task ?? Task, by, hash, statement ?? new Statement(StatementKind.Comment, 7, ApprovalComment)));

    protected SignedRecord Evidence(string tree, Plan? plan, RepositoryPolicy? policy = null, RepositoryBuild? build = null, bool isBase = false, string? baseSha = null, params CheckEvidence[] checks) =>
        Keys.Sign(new EvidenceRecord(
            TaskHarness.Repo, baseSha ?? Remote.Sha, isBase, BuildRecord.ConditionsOf(policy ?? OneCheck, build ?? RepositoryBuild.Unknown("")), BuildRecord.DigestOf(plan),
            [.. checks.DefaultIfEmpty(Passed("test", "dotnet test")).Select(c => new RepositoryPolicy.Check(c.Name, c.Command))],
            new Evidence(tree, [.. checks.DefaultIfEmpty(Passed("test", "dotnet test"))])));

    protected SignedRecord Build(RepositoryPolicy? asWritten = null, RepositoryPolicy? completed = null, string? baseSha = null) =>
        Keys.Sign(BuildRecord.Of(TaskHarness.Repo, baseSha ?? Remote.Sha, asWritten ?? new RepositoryPolicy(), completed ?? OneCheck, RepositoryBuild.Unknown("")));

    protected static CheckEvidence Passed(string name, string command) => new(name, command, 0, "exited", TimeSpan.Zero, "");

    protected static CheckEvidence Red(string name, string command) => new(name, command, 1, "exited", TimeSpan.Zero, "red");

    protected async Task<SignedRecord> CheckedAsync(string snapshot, Plan? plan, string worker = "two")
    {
        var step = new WorkspaceActivities.ChecksStep(TaskHarness.Repo, Remote.Sha, snapshot, OneCheck, RepositoryBuild.Unknown(""), "checks-1") { Plan = plan };
        return (await new ActivityEnvironment().RunAsync(() => Checks(worker).RunChecksAsync(step))).Record.ShouldNotBeNull();
    }

    /// <summary>What an honest task hands over.</summary>
    /// <param name="snapshot">The change; null for one that a coder makes now.</param>
    /// <param name="plan">Its plan; null for the usual one.</param>
    /// <param name="head">Where the branch is.</param>
    /// <param name="signs">Signs what the checks say instead of running them.</param>
    protected async Task<ApplyActivities.PublishStep> StepAsync(string? snapshot = null, Plan? plan = null, string? head = null, bool signs = false)
    {
        snapshot ??= await EditedAsync();
        plan ??= FakeWork.Plan;
        return new ApplyActivities.PublishStep(Task, TaskHarness.Repo, "Three", Remote.Sha, snapshot, Branch, head, FakeWork.Report, "implement-1", Date)
        {
            Records = new ApplyActivities.StepRecords(
                Request(), Keys.Sign(new PlanRecord(Task, Remote.Sha, "", plan)), Approval(), Build(),
                signs ? Evidence(SnapshotRef.Parse(snapshot).TreeId, plan) : await CheckedAsync(snapshot, plan), []),
            PlanComment = ShownPlan,
        };
    }

    protected static string Tree(ApplyActivities.PublishStep step) => SnapshotRef.Parse(step.Snapshot!).TreeId;

    protected void NothingLeft(ApplyActivities.PublishOutcome outcome)
    {
        outcome.HeadSha.ShouldBeNull();
        Remote.Git("for-each-ref", "--format=%(refname)").Trim().ShouldBe("refs/heads/main");
        Tokens.Asked.ShouldNotContain(a => a.Permissions.HasFlag(TokenPermissions.WriteContents));
    }
}
