using System.Collections.Concurrent;
using System.Text.Json;
using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.Forges;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Comments;
using CodingAgent.Storage;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Flows.BugFix;
using CodingAgent.Workflows.Flows.Implement;
using CodingAgent.Workflows.Flows.Refactor;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Activities;

namespace CodingAgent.TestKit;

/// <summary>
/// Stands in for the activities that need a model, git and a sandbox, under the same activity names, so that a workflow test is about the
/// workflow. Each agent does the obvious thing unless a test queues another answer.
/// </summary>
public sealed class FakeWork(Func<RepoRef, FakeForge> forges, FakeStores stores)
{
    /// <summary>Keys of all roles, the harness's own among them.</summary>
    public RecordKeys Keys { get; } = TestKeys.OfAllRoles();

    private int _trees;
    private int _commits;

    public static Plan Plan { get; } = new(
        "Payments are retried.", [], [new("src/A.cs", "Retry")], [new("tests/ATests.cs", "Three failures, then success")], ["A doubled charge."], []);

    public static CoderReport Report { get; } = new("feat: retry payments", "Retries.", "Transient failures.", "dotnet test", "Revert.", []);

    /// <summary>What is planned for other repositories than that of the task; null for the same as there.</summary>
    public Plan? Elsewhere { get; set; }

    /// <summary>A defect that is shown.</summary>
    public static Reproduction Shown { get; } = new(true, "It gives 1.", "It gives 2.", ["src/A.cs: the sum"], [], "");

    /// <summary>Proofs asked for, in order.</summary>
    public ConcurrentQueue<BugFixActivities.ProofStep> Proofs { get; } = [];

    /// <summary>Why the next proofs fail.</summary>
    public ConcurrentQueue<string> NotProved { get; } = [];

    /// <summary>Upgrades.</summary>
    public FakeUpgrades Upgrades => field ??= new FakeUpgrades(this);

    /// <summary>Steps the agents were given, in order.</summary>
    public ConcurrentQueue<AgentActivities.AgentStep> Steps { get; } = [];

    /// <summary>Publishes asked for, in order.</summary>
    public ConcurrentQueue<ApplyActivities.PublishStep> Publishes { get; } = [];

    /// <summary>Answers to give instead of the obvious ones, per role.</summary>
    public ConcurrentDictionary<AgentRole, ConcurrentQueue<Func<AgentActivities.AgentStep, Task<AgentActivities.AgentStepResult>>>> Script { get; } = [];

    /// <summary>Red results the next checks give.</summary>
    public ConcurrentQueue<CheckEvidence> RedChecks { get; } = [];

    /// <summary>Refusals the next publishes give.</summary>
    public ConcurrentQueue<GateVerdict> Refusals { get; } = [];

    /// <summary>What the next publish finds in its way.</summary>
    public ConcurrentQueue<string> Conflicts { get; } = [];

    public void Next(AgentRole role, Func<AgentActivities.AgentStep, AgentActivities.AgentStepResult> answer) =>
        Script.GetOrAdd(role, _ => []).Enqueue(step => Task.FromResult(answer(step)));

    public void NextAsync(AgentRole role, Func<AgentActivities.AgentStep, Task<AgentActivities.AgentStepResult>> answer) => Script.GetOrAdd(role, _ => []).Enqueue(answer);

    public static AgentActivities.AgentStepResult Done<T>(AgentActivities.AgentStep step, T output, string? snapshot = null) =>
        new(AgentActivities.AgentStepOutcome.Completed, Spent(step), snapshot, JsonSerializer.Serialize(output, OutputContract.Json));

    public AgentActivities.AgentStepResult Planned(AgentActivities.AgentStep step, Plan plan) =>
        Done(step, plan) with { Record = step.IsDraft ? Keys.Sign(new DraftRecord(step.Task, step.Repo, step.BaseSha, step.PolicyBlob, plan)) : Keys.Sign(new PlanRecord(step.Task, step.BaseSha, step.PolicyBlob, plan)) };

    [Activity("JoinPlans")]
    public AgentActivities.JoinedPlan JoinPlans(AgentActivities.JoinStep step)
    {
        var joined = DraftRecord.Join(step.Task, [.. step.Drafts.Select(d => Keys.Open<DraftRecord>(d)!)]);
        return new AgentActivities.JoinedPlan(joined.Plan, Keys.Sign(joined));
    }

    public static Consumption Spent(AgentActivities.AgentStep step) => step.Run.Used + new Consumption(3, new Usage(3, 10_000, 500, 0, 0), 0.05m, TimeSpan.FromSeconds(20));

    public string NewTree() => $"{Interlocked.Increment(ref _trees):x40}:pack";

    /// <summary>What stands in the way of building; null for nothing.</summary>
    public WorkspaceActivities.BuildProblem? Problem { get; set; }

    /// <summary>The same of one repository alone.</summary>
    public (RepoRef Repo, WorkspaceActivities.BuildProblem Problem)? ProblemIn { get; set; }

    /// <summary>Why new work waits, each answer once.</summary>
    public ConcurrentQueue<string> Waits { get; } = [];

    /// <summary>Checks found where the policy names none.</summary>
    public IReadOnlyList<DetectedCheck> Detected { get; set; } = [new("test", "dotnet test", CheckKind.Test, "")];

    /// <summary>What the checks say about the base; null for "all green".</summary>
    public Func<WorkspaceActivities.ChecksStep, Task<Evidence>>? Base { get; set; }

    /// <summary>Trees that checks ran on, the base as <c>base</c>.</summary>
    public ConcurrentQueue<string> Checked { get; } = [];

    [Activity("Prepare")]
    public WorkspaceActivities.Prepared Prepare(WorkspaceActivities.PrepareStep step)
    {
        if (Waits.TryDequeue(out var why))
            return new WorkspaceActivities.Prepared(step.Policy, RepositoryBuild.Unknown(""), [], null) { WaitsFor = why };
        var policy = step.Policy.Checks.Count > 0 ? step.Policy : step.Policy with { Checks = [.. Detected.Select(c => c.ToPolicyCheck())] };
        var build = new RepositoryBuild([], [], "base", step.Policy.Checks.Count > 0 ? [] : Detected, []);
        return new WorkspaceActivities.Prepared(policy, build, [], ProblemIn is var (repo, there) && repo == step.Repo ? there : Problem) { Record = Keys.Sign(BuildRecord.Of(step.Repo, step.BaseSha, step.Policy, policy, build)) };
    }

    /// <summary>What the base branch has become beside work that is on another commit of it; null while it has not moved.</summary>
    public BaseActivities.BaseReading? MovedBase { get; set; }

    [Activity("ReadBase")]
    public BaseActivities.BaseReading ReadBase(BaseActivities.BaseStep step) =>
        MovedBase is { } moved && moved.Head != step.BaseSha ? moved : new BaseActivities.BaseReading(step.BaseBranch, step.BaseSha);

    [Activity("RunAgent")]
    public async Task<AgentActivities.AgentStepResult> RunAgentAsync(AgentActivities.AgentStep step)
    {
        Steps.Enqueue(step);
        if (Script.TryGetValue(step.Run.Role, out var queue) && queue.TryDequeue(out var answer))
            return await answer(step);
        return step.Run.Role switch
        {
            AgentRole.Coder when step.Own is { Name: "reproducer" } => Done(step, Shown, NewTree()),
            AgentRole.Planner => Planned(step, step.Repo == step.Task.Repo ? Plan : Elsewhere ?? Plan),
            AgentRole.Critic => Done(step, new Critique(true, [])),
            AgentRole.Coder => Done(step, Report, NewTree()),
            _ => Done(step, Report with { Title = "fix: as asked", Threads = await AnswersAsync(step) }, NewTree()),
        };
    }

    /// <summary>Files that plans were to be amended with, in order.</summary>
    public ConcurrentQueue<AgentActivities.AmendStep> Amended { get; } = [];

    [Activity("AmendPlan")]
    public AgentActivities.AmendedPlan AmendPlan(AgentActivities.AmendStep step)
    {
        Amended.Enqueue(step);
        var known = Keys.Open<PlanRecord>(step.Record) ?? new PlanRecord(step.Task, step.BaseSha, step.PolicyBlob, new Plan("Go on.", [], [], [], [], []));
        var plan = known.Plan with { Edits = [.. known.Plan.Edits, .. step.Files.Select(f => new PlannedEdit(f.Path, f.Why))] };
        var record = known with { Plan = plan, Added = [.. step.Files.Select(f => f.Path)] };
        return new AgentActivities.AmendedPlan(plan, PlanHash.Of(plan, record.BaseSha, record.PolicyBlob), Keys.Sign(record));
    }

    [Activity("ProveTests")]
    public BugFixActivities.Proved ProveTests(BugFixActivities.ProofStep step)
    {
        Proofs.Enqueue(step);
        TestRun Run(string tree, int exit) => new(tree, new CheckEvidence("test", "dotnet test", exit, "exited", TimeSpan.FromSeconds(1), "out"));
        var tree = SnapshotRef.Parse(step.Snapshot).TreeId;
        var proof = new TestProof(step.Repo, step.BaseSha, tree, BuildRecord.ConditionsOf(step.Policy, step.Build), BuildRecord.DigestOf(step.Plan), ["tests/ATests.cs"])
        {
            Check = "test",
            OnBase = Run("base", 1),
            OnHead = step.Plan is null ? null : Run(tree, 0),
            WhyNot = NotProved.TryDequeue(out var why) ? why : null,
        };
        return new BugFixActivities.Proved(proof, Keys.Sign(proof), [], ["src/A.cs:3"]);
    }

    /// <summary>Suggestions that were to be applied, in order; each is, and makes another tree.</summary>
    public ConcurrentQueue<SuggestionActivities.ApplyStep> Suggested { get; } = [];

    [Activity("ApplySuggestions")]
    public SuggestionActivities.Applied ApplySuggestions(SuggestionActivities.ApplyStep step)
    {
        Suggested.Enqueue(step);
        return new SuggestionActivities.Applied(NewTree(), step.FeedbackId);
    }

    /// <summary>Bases measured for a refactoring, in order.</summary>
    public ConcurrentQueue<RefactorActivities.Step> Baselines { get; } = [];

    /// <summary>What holds up the next of them, each once.</summary>
    public ConcurrentQueue<Func<Task>> BaselineWaits { get; } = [];

    [Activity("MeasureBase")]
    public async Task<RefactorActivities.Baseline> MeasureBaseAsync(RefactorActivities.Step step)
    {
        Baselines.Enqueue(step);
        if (BaselineWaits.TryDequeue(out var wait))
            await wait();
        return new RefactorActivities.Baseline([new("src/A.cs", 50, "3-4"), new("src/B.cs", 95, "9")], 72, 12);
    }

    /// <summary>Refactorings held against their base, in order.</summary>
    public ConcurrentQueue<RefactorActivities.ProofStep> Refactored { get; } = [];

    /// <summary>What the next of those proofs say instead of "all is as it was".</summary>
    public ConcurrentQueue<Func<RefactorProof, RefactorProof>> Breaches { get; } = [];

    [Activity("Prove")]
    public RefactorActivities.Proved Prove(RefactorActivities.ProofStep step)
    {
        Refactored.Enqueue(step);
        var (of, tree) = (step.Of, SnapshotRef.Parse(step.Snapshot).TreeId);
        CheckedTree Green(string side) => new(side, [.. of.Policy.Checks.Select(c => new CheckEvidence(c.Name, c.Run, 0, "exited", TimeSpan.FromSeconds(1), ""))]);
        var proof = new RefactorProof(of.Repo, of.BaseSha, tree, BuildRecord.ConditionsOf(of.Policy, of.Build), BuildRecord.DigestOf(of.Plan), Green("base"), Green(tree)) { ApiSize = 12, Touched = 10, Run = 9 };
        if (Breaches.TryDequeue(out var breach))
            proof = breach(proof);
        return new RefactorActivities.Proved(proof, Keys.Sign(proof));
    }

    /// <summary>Changes whose coverage was measured, in order.</summary>
    public ConcurrentQueue<CoverageActivities.Step> Measurings { get; } = [];

    /// <summary>How many of ten changed lines tests run, in the next measurings; all of them after that.</summary>
    public ConcurrentQueue<int> LinesRun { get; } = [];

    [Activity("Measure")]
    public CoverageActivities.Measured Measure(CoverageActivities.Step step)
    {
        Measurings.Enqueue(step);
        var run = LinesRun.TryDequeue(out var known) ? known : 10;
        var proof = new CoverageProof(
            step.Repo, step.BaseSha, SnapshotRef.Parse(step.Snapshot).TreeId, BuildRecord.ConditionsOf(step.Policy, step.Build), BuildRecord.DigestOf(step.Plan), 10, run)
        {
            NotRun = run < 10 ? ["src/A.cs:3-7"] : [],
            Before = 80,
            After = 80,
        };
        return new CoverageActivities.Measured(proof, Keys.Sign(proof));
    }

    /// <summary>What the journal says a run used that was ended; null for nothing beyond what the segments told.</summary>
    public Func<AgentActivities.AgentStep, Consumption>? Journalled { get; set; }

    [Activity("ReadUsed")]
    public Consumption ReadUsed(AgentActivities.AgentStep step) => Journalled?.Invoke(step) ?? step.Run.Used;

    [Activity("RunChecks")]
    public async Task<Evidence> RunChecksAsync(WorkspaceActivities.ChecksStep step)
    {
        var evidence = await CheckAsync(step);
        return evidence with { Record = Keys.Sign(new EvidenceRecord(step.Repo, step.BaseSha, step.Snapshot is null, BuildRecord.ConditionsOf(step.Policy, step.Build!), BuildRecord.DigestOf(step.Plan), step.Policy.Checks, evidence)) };
    }

    private async Task<Evidence> CheckAsync(WorkspaceActivities.ChecksStep step)
    {
        Checked.Enqueue(SnapshotRef.Parse(step.Snapshot ?? "base").TreeId);
        if (step.Snapshot is null)
            return Base is { } tried ? await tried(step) : Green("base", step);
        return RedChecks.TryDequeue(out var red) || (red = Upgrades.RedOf(step.Snapshot)) is not null ? new Evidence(SnapshotRef.Parse(step.Snapshot).TreeId, [red]) : Green(SnapshotRef.Parse(step.Snapshot).TreeId, step);
    }

    /// <summary>All checks of a step passed.</summary>
    public static Evidence Green(string tree, WorkspaceActivities.ChecksStep step) =>
        new(tree, [.. step.Policy.Checks.Select(c => new CheckEvidence(c.Name, c.Run, 0, "exited", TimeSpan.FromSeconds(2), "ok"))]);

    [Activity("Publish")]
    public async Task<ApplyActivities.PublishOutcome> PublishAsync(ApplyActivities.PublishStep step)
    {
        Publishes.Enqueue(step);
        if (Conflicts.TryDequeue(out var conflict))
            return new ApplyActivities.PublishOutcome([], null, null, null, conflict);
        if (Refusals.TryDequeue(out var refusal))
            return new ApplyActivities.PublishOutcome([refusal], null, null, null);
        var sha = $"c{Interlocked.Increment(ref _commits):D39}";
        var forge = forges(step.Repo);
        forge.Branches[step.Branch] = sha;
        var pull = step.Pull is { } known
            ? await forge.GetPullAsync(step.Repo, known, default)
            : await forge.EnsureDraftPullAsync(step.Repo, new NewPullRequest(step.Branch, forge.DefaultBranch, step.Report.Title, step.Task.Part is null ? "body" : PullText.WithSiblings("body", step.Siblings)), default);
        forge.SetPull(pull.Number, p => p with { Head = p.Head with { Sha = sha } });
        await stores.LinkAsync(step.Task, step.Repo, null, pull.Number, sha, default);
        return new ApplyActivities.PublishOutcome([new GateVerdict("paths", true, "ok")], sha, pull.Number, pull.WebUrl);
    }

    private async Task<IReadOnlyList<ThreadAnswer>> AnswersAsync(AgentActivities.AgentStep step)
    {
        if (step.Work?.FeedbackId is not { } id)
            return [];
        var feedback = JsonSerializer.Deserialize<ForgeActivities.Feedback>(await stores.GetAsync(id, default) ?? [])!;
        return [.. feedback.Threads.Select(t => new ThreadAnswer(t.Id, "fixed", "Done.")), .. feedback.Reviews.Concat(feedback.Remarks).Take(1).Select(_ => new ThreadAnswer(0, "fixed", "Done as asked."))];
    }
}
