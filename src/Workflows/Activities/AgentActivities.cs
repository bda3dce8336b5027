using System.Globalization;
using System.Text.Json;
using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Journal;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Sessions;
using CodingAgent.Forges;
using CodingAgent.Mcp;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Texts;
using CodingAgent.Mcp.ThirdParty;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.AI;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Activities;

/// <summary>
/// Runs agents, a bounded segment at a time, each attempt in a workspace of its own. No forge token and no network come near: the
/// only ways out are the tools of the workspace servers.
/// </summary>
/// <param name="runner">Runner.</param>
/// <param name="journal">Journal.</param>
/// <param name="sessions">What agents remember of earlier runs of their task.</param>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
/// <param name="layers">Set-up layers.</param>
/// <param name="builds">Environments.</param>
/// <param name="searcher">Searches code.</param>
/// <param name="artifacts">Artifacts.</param>
/// <param name="keys">Signs plans.</param>
/// <param name="flowAgents">Agents of kinds of work.</param>
/// <param name="log">Told what agents do.</param>
/// <param name="settings">Settings.</param>
/// <param name="time">Clock of the heartbeats.</param>
/// <param name="outsideTools">What agents may use beside the workspace.</param>
public sealed class AgentActivities(
    Runner runner, IAgentJournal journal, IAgentSessions sessions, TrustedGit git, RepositoryMirrors mirrors, SetupLayers layers, RepositoryBuilds builds,
    CodeSearcher searcher, IArtifactStore artifacts, IRecordKeys keys, IFlowAgents flowAgents, ITaskLog log, FlowSettings settings, TimeProvider time, OutsideTools outsideTools)
{
    private const int MostAsked = 50;

    /// <summary>Runs the next segment of an agent run.</summary>
    [Activity]
    public Task<AgentStepResult> RunAgentAsync(AgentStep step) => ActivityGuard.RunAsync(time, async (context, pump) =>
    {
        var ct = context.CancellationToken;
        var mirror = await mirrors.WithCommitAsync(step.Repo, step.BaseSha, ct);
        var baseTree = await git.TreeOfAsync(mirror, step.BaseSha, ct);
        var start = step.Run.StartSnapshot is { } given ? SnapshotRef.Parse(given) : new SnapshotRef(baseTree, null);
        await mirrors.TreeAsync(mirror, step.BaseSha, start.ToString(), ct);

        var fence = AgentRun.FenceOf(step.Run.Segment, context.Info.Attempt);
        var readOnly = step.Run.Role is AgentRole.Planner or AgentRole.Critic;
        var refused = new List<string>();
        var plan = step.Build ?? RepositoryBuild.Unknown(baseTree);
        var (outside, _) = await mirrors.OutsideAsync(step.Repo, mirror, step.BaseSha, step.Policy, plan, ct);
        var request = await builds.RequestAsync(mirror, step.BaseSha, start.TreeId, step.Policy, plan, outside, ct);
        // Who only reads runs nothing, and needs no packages.
        var (environment, setup) = readOnly ? (BuildEnvironment.Bare(request.Limits) with { Outside = outside }, SetupOutcome.Nothing) : await builds.EnvironmentAsync(request, step.Policy, step.Plan, ct);
        refused.AddRange(setup.Refused);
        var workspace = await git.CreateWorkspaceAsync(mirror, step.BaseSha, start.TreeId, WorkspaceIds.Of(step.Run.RunId, fence), environment.Layers, ct);
        try
        {
            var build = readOnly ? null : new WorkspaceBuild(git, layers, workspace, request, environment)
            {
                WhyNotSetUp = changed => SetupGate.WhyNot(step.Policy, step.Plan, changed),
                OnRefused = refused.AddRange,
            };
            var snapshots = readOnly
                ? null
                : new PackedSnapshots(git, mirrors, artifacts, mirror, workspace, start, build!) { Bytes = step.SnapshotBytes, MaxBytes = settings.MaxTaskSnapshotBytes };
            await using var tools = await ConnectToolsAsync(step, workspace, request, build, ct);
            await using var foreign = outsideTools.Servers is { } servers && step.Run.Role != AgentRole.Critic ? await servers.ConnectAsync(step.MayAsk, ct) : null;
            var agent = Agent(step);
            await using var told = new RunLog(step.Task, step.Run.RunId, log, time);
            var result = await runner.RunAsync(
                new AgentRun
                {
                    RunId = step.Run.RunId,
                    Attempt = fence,
                    Agent = agent,
                    Hooks = told,
                    Input = await InputAsync(step, (await git.DiffAsync(mirror, step.BaseSha, start.TreeId, ct)).Paths, ct),
                    Tools = [.. tools.Tools, .. foreign?.Tools ?? []],
                    Journal = journal,
                    Snapshots = snapshots,
                    StartSnapshot = readOnly ? null : start.ToString(),
                    Budget = step.Budget,
                    Prices = settings.Prices,
                    Steering = step.Run.Notes,
                    RefusedHandoffs = step.Run.RefusedHandoffs,
                    Approvals = [.. step.Run.Words.Select(w => Proved(step, w))],
                    Session = step.Session.Length > 0 && step.Own is null ? new AgentSession(sessions, step.Session) : null,
                    ConversationId = step.Task.ToString(),
                    AskedTurn = await AskedTurnAsync(context, step.Run.RunId),
                    Progress = p => pump.Cursor = $"{p.RunId} turn {p.Turn} {p.Phase}",
                    ShouldYield = () => step.Yields || context.WorkerShutdownToken.IsCancellationRequested,
                },
                ct);
            if (step is { Run.Role: AgentRole.Planner, Own: null } && result is AgentRunResult.Completed planned)
                result = planned with { OutputJson = Filled(step, planned.OutputJson) };
            return Describe(result, baseTree) with
            {
                Steps = result.Steps,
                Calls = result is AgentRunResult.NeedsApproval wait ? [.. wait.Pending.Select(p => Shown(p, foreign))] : [],
                RefusedHosts = [.. refused.Distinct(StringComparer.Ordinal)],
                Record = Sign(step, result),
                OutsideRoots = step.Run.Role == AgentRole.Planner && result is AgentRunResult.Completed { OutputJson: var made } ? await OutsideAsync(mirror, step, OutputContract.Read<Plan>(made), ct) : [],
                ByFallback = step.Run.UseFallback && Fallback(step) is not null,
                WasResumed = result.WasResumed,
                SnapshotBytes = (snapshots?.Bytes ?? step.SnapshotBytes) - step.SnapshotBytes,
            };
        }
        finally
        {
            await git.RemoveWorkspaceAsync(workspace.Id, CancellationToken.None);
        }
    });

    private ToolApproval Proved(AgentStep step, CallWord word) => !word.Approved || keys.Proves(step.Task, word)
        ? new ToolApproval(word.Digest, word.Approved, word.Reason)
        : new ToolApproval(word.Digest, false, "nothing signed says that a person approved it");

    private static AskedCall Shown(PendingApproval pending, ThirdPartyTools? foreign) => new(
        pending.Digest, pending.Tool, foreign?.Tools.FirstOrDefault(t => t.Name == pending.Tool)?.Package ?? "", SecretShapes.Mask(Invisible.Shown(Lines(pending.Arguments))));

    // Asked about is only what could be read. Lines of a value are set in, so that none of them passes for an argument of its own.
    private static string Lines(string argumentsJson)
    {
        using var arguments = JsonDocument.Parse(argumentsJson);
        return string.Join('\n', arguments.RootElement.EnumerateObject().Select(a =>
            $"{a.Name.ReplaceLineEndings(" ")}: {(a.Value.ValueKind == JsonValueKind.String ? a.Value.GetString()! : a.Value.GetRawText()).ReplaceLineEndings("\n").Replace("\n", "\n    ", StringComparison.Ordinal)}"));
    }

    // What a plan says that no model is asked for.
    private static string Filled(AgentStep step, string json) => JsonSerializer.Serialize(
        OutputContract.Read<Plan>(json) with
        {
            // The ticket is where it was asked for, also where the plan is for another repository.
            TicketId = step.Task.Kind == TaskAnchor.Goal ? step.Task.Key : $"{(step.IsDraft ? step.Task.Repo : step.Repo).FullName}#{step.Task.Key}",
            Checks = [.. step.Policy.Checks.Select(c => c.Name)],
            Others = null,
        },
        OutputContract.Json);

    private SignedRecord? Sign(AgentStep step, AgentRunResult result) => step.Run.Role == AgentRole.Planner && result is AgentRunResult.Completed { OutputJson: var json }
        ? step.IsDraft
            ? keys.Sign(new DraftRecord(step.Task, step.Repo, step.BaseSha, step.PolicyBlob, OutputContract.Read<Plan>(json)))
            : keys.Sign(new PlanRecord(step.Task, step.BaseSha, step.PolicyBlob, OutputContract.Read<Plan>(json)))
        : null;

    /// <summary>Joins what was planned for several repositories to the one plan of the task. A repository for which nothing is planned is left out.</summary>
    [Activity]
    public Task<JoinedPlan> JoinPlansAsync(JoinStep step) => ActivityGuard.RunAsync(time, _ =>
    {
        var joined = DraftRecord.Join(
            step.Task, [.. step.Drafts.Select(d => keys.Open<DraftRecord>(d) ?? throw new InvalidOperationException("What is to be joined is not what the planner signed."))]);
        return Task.FromResult(new JoinedPlan(joined.Plan, keys.Sign(joined)));
    });

    private async Task<IReadOnlyList<string>> OutsideAsync(GitMirror mirror, AgentStep step, Plan plan, CancellationToken ct) => SourceRoots.Outside(
        plan.Edits.Select(e => e.Path).Where(p => !Gatekeeper.IsTest(step.Policy, p)), [.. (await git.ListTreeAsync(mirror, step.BaseSha, ct)).Select(e => e.Path)]);

    /// <summary>
    /// Adds to a plan the files that the change touches and that take a person's word, and signs it as such: it counts only when a person approves it.
    /// For a task that works without a plan it makes one that is nothing but the question.
    /// </summary>
    [Activity]
    public Task<AmendedPlan> AmendPlanAsync(AmendStep step) => ActivityGuard.RunAsync(time, _ =>
    {
        var known = keys.Open<PlanRecord>(step.Record) is { } opened && opened.Task.ToString() == step.Task.ToString()
            ? opened
            : new PlanRecord(step.Task, step.BaseSha, step.PolicyBlob, new Plan("Go on with the changes to these files, which take a person's word.", [], [], [], [], []));
        var files = step.Files.Where(f => f.Path.Length > 0).GroupBy(f => f.Path, StringComparer.Ordinal).Take(MostAsked).ToDictionary(g => g.Key, g => string.Join("; ", g.Select(f => f.Why).Distinct(StringComparer.Ordinal)), StringComparer.Ordinal);
        // Into the plan's own words, so that what is approved is what was shown.
        PlannedEdit Told(PlannedEdit edit) => files.TryGetValue(edit.Path, out var why) ? edit with { Intent = $"{edit.Intent} (It {why}.)" } : edit;
        var plan = known.Plan with
        {
            Edits = [.. known.Plan.Edits.Select(Told), .. files.Where(f => !known.Plan.Edits.Concat(known.Plan.Tests).Any(e => e.Path == f.Key)).Select(f => new PlannedEdit(f.Key, $"Already made; it {f.Value}."))],
            Tests = [.. known.Plan.Tests.Select(Told)],
        };
        var amended = known with { Plan = plan, Added = [.. known.Added.Union(files.Keys, StringComparer.Ordinal)] };
        return Task.FromResult(new AmendedPlan(plan, PlanHash.Of(plan, amended.BaseSha, amended.PolicyBlob), keys.Sign(amended)));
    });

    /// <summary>
    /// Reads from the journal what a run has used that was ended in the middle of a segment, and ends whoever still works on it.
    /// </summary>
    [Activity]
    public Task<Consumption> ReadUsedAsync(AgentStep step) => ActivityGuard.RunAsync(time, context => Runner.ReadUsedAsync(
        journal, step.Run.RunId, AgentRun.FenceOf(step.Run.Segment, context.Info.Attempt), settings.Prices, Agent(step), context.CancellationToken));

    /// <summary>The turn that an attempt before this one was asking for when it died, from its last heartbeat.</summary>
    private static async Task<int?> AskedTurnAsync(ActivityExecutionContext context, string runId)
    {
        if (context.Info.Attempt <= 1 || context.Info.HeartbeatDetails.Count == 0)
            return null;
        var words = (await context.Info.HeartbeatDetailAtAsync<string>(0)).Split(' ');
        return words is [var run, "turn", var turn, nameof(AgentPhase.AskingModel)] && run == runId && int.TryParse(turn, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
    }

    private string? Fallback(AgentStep step) => step.Policy.Models.Fallback ?? settings.FallbackModel;

    private Task<WorkspaceTools> ConnectToolsAsync(AgentStep step, Workspace workspace, SetupRequest request, WorkspaceBuild? build, CancellationToken ct) => WorkspaceTools.ConnectAsync(
        new WorkspaceToolsOptions
        {
            Workspace = workspace,
            Sandbox = request.Sandbox,
            TrustedGit = git,
            CodeSearch = searcher,
            // Who judges has the change and the repository to go by, not what strangers publish.
            Pages = step.Run.Role == AgentRole.Critic ? null : outsideTools.Pages,
            PathPolicy = new PathPolicy(step.Policy.Paths.Allow, ProtectedPaths.Under(step.Policy)),
            Checks = [.. step.Policy.Checks.Select(c => new WorkspaceCheck(c.Name, c.Run) { Needs = c.Needs, Targeted = changed => step.Build?.TargetedFor(c.Name, changed) })],
            SandboxLimits = SandboxPolicy.Limits(step.Policy, settings),
            Build = build,
            ReadOnly = build is null,
            TimeProvider = time,
        },
        ct);

    private AgentDefinition Agent(AgentStep step)
    {
        var agent = AgentGuardrails.On(step.Own is { } own ? flowAgents.Make(own.Name, CohortAgent(step).Model) : CohortAgent(step));
        if (step.Instructions.Length > 0)
            agent = agent with { Instructions = $"{agent.Instructions}\n\n{step.Instructions}" };
        if (step.FinishesSteps)
            agent = agent with { FinishesSteps = true };
        return step.Run.UseFallback && Fallback(step) is { } model ? agent.On(model) : agent;
    }

    private AgentDefinition CohortAgent(AgentStep step)
    {
        // One that the operator took away: its tasks go on with the prompts of the release, and what each run used says so.
        var variant = settings.Variants.FirstOrDefault(v => v.Name == step.Variant);
        return step.Run.Role switch
        {
            AgentRole.Planner => CohortAgents.Planner(step.Policy.Models.Planner ?? settings.PlannerModel, variant),
            AgentRole.Coder => CohortAgents.Coder(step.Policy.Models.Coder ?? settings.CoderModel, variant),
            AgentRole.Critic => CohortAgents.Critic(settings.CriticModel ?? step.Policy.Models.Planner ?? settings.PlannerModel, variant),
            _ => CohortAgents.Fixer(step.Policy.Models.Coder ?? settings.CoderModel, variant),
        };
    }

    private async Task<IReadOnlyList<ChatMessage>> InputAsync(AgentStep step, IReadOnlyList<string> changed, CancellationToken ct)
    {
        var told = await artifacts.GetJsonAsync<TaskContext>(step.ContextId, ct);
        var policy = step.Policy;
        told = told with
        {
            Checks = [.. policy.Checks.Select(c => new CheckCommand(c.Name, c.Run))],
            AllowedPaths = policy.Paths.Allow,
            DeniedPaths = ProtectedPaths.Under(policy),
            TestPatterns = policy.Tests.Patterns,
            RedOnBase = step.RedOnBase,
            Steering = step.Run.Told,
            Sections = step.Sections,
            Map = step is { MapId: { } map, Own: null, Run.Role: AgentRole.Planner or AgentRole.Coder } ? await artifacts.GetJsonAsync<string>(map, ct) : "",
        };
        var feedback = step.Work?.FeedbackId is { } id
            ? await artifacts.GetJsonAsync<ForgeActivities.Feedback>(id, ct)
            : new ForgeActivities.Feedback([], [], []);
        if (step.Own is { } own)
            return new OwnBrief(told, own.Ask) { Paths = changed }.ToMessages();
        return step.Run.Role switch
        {
            AgentRole.Planner => new PlannerBrief(told) { Previous = step.Plan, PreviousProblem = step.ReplanReason.Length > 0 ? step.ReplanReason : null }.ToMessages(),
            AgentRole.Coder => new CoderBrief(told, step.Plan!).ToMessages(),
            AgentRole.Critic => new CriticBrief(told, step.Plan, step.Report!) { Evidence = step.EvidenceLines, ChangedPaths = changed }.ToMessages(),
            _ => new FixerBrief(told, step.Plan)
            {
                FailedChecks = step.Work?.FailedChecks ?? [],
                FailedCi = feedback.FailedCi,
                GateProblems = step.Work?.GateProblems ?? [],
                Findings = step.Work?.Findings ?? [],
                Conflicts = step.Work?.Conflicts ?? [],
                Reviews = feedback.Reviews,
                Remarks = feedback.Remarks,
                Threads = feedback.Threads,
                ChangedPaths = changed,
            }.ToMessages(),
        };
    }

    private static AgentStepResult Describe(AgentRunResult result, string baseTree)
    {
        // No snapshot means "the base as it is", so that equal content always reads equal.
        var snapshot = result.Snapshot is { } s && SnapshotRef.Parse(s).TreeId != baseTree ? s : null;
        return result switch
        {
            AgentRunResult.Completed c => new AgentStepResult(AgentStepOutcome.Completed, c.Used, snapshot, c.OutputJson),
            AgentRunResult.HandedOff h => new AgentStepResult(AgentStepOutcome.HandedOff, h.Used, snapshot, h.ArgumentsJson) { Handoff = new AskedHandoff(h.Target, h.Turn) },
            AgentRunResult.Segment => new AgentStepResult(AgentStepOutcome.Segment, result.Used, snapshot),
            AgentRunResult.BudgetExhausted b => new AgentStepResult(AgentStepOutcome.BudgetExhausted, b.Used, snapshot, null, Words(b)),
            // Told as a result, not retried in silence: the workflow says in the status comment that the model is away, and waits.
            AgentRunResult.ModelAway a => new AgentStepResult(AgentStepOutcome.ModelAway, a.Used, snapshot, null, a.Reason, a.RetryAfter),
            AgentRunResult.Tripped t => new AgentStepResult(AgentStepOutcome.Failed, t.Used, snapshot, null, t.Reason),
            AgentRunResult.Failed { Kind: AgentFailure.SnapshotsExhausted } full => new AgentStepResult(AgentStepOutcome.BudgetExhausted, full.Used, snapshot, null, full.Reason),
            AgentRunResult.Failed f => new AgentStepResult(AgentStepOutcome.Failed, f.Used, snapshot, null, f.Reason, ErrorType: ErrorTypeOf(f.Kind)),
            _ => new AgentStepResult(AgentStepOutcome.NeedsWord, result.Used, snapshot),
        };
    }

    private static string? ErrorTypeOf(AgentFailure kind) => kind switch
    {
        AgentFailure.ModelSettings => ErrorTypes.ModelRejected,
        AgentFailure.ModelCredit => ErrorTypes.ModelCredit,
        AgentFailure.ModelRejected => ErrorTypes.ModelRequest,
        AgentFailure.ModelContext => ErrorTypes.ModelContext,
        AgentFailure.ModelUnreadable => ErrorTypes.ModelUnreadable,
        _ => null,
    };

    private static string Words(AgentRunResult.BudgetExhausted b) => b.Which switch
    {
        BudgetKind.Turns => $"The agent has taken {b.Used.Turns} turns, its limit (limits.turns).",
        BudgetKind.Tokens => $"The token budget is used up (limits.tokens): {Markdown.Count(b.Used.Usage.CountedTokens)} tokens in this run, cached input not counted.",
        BudgetKind.Cost => $"The cost budget is used up (limits.cost_usd): {Markdown.Dollars(b.Used.CostUsd)} in this run.",
        _ => $"The working time is used up (limits.active): {Markdown.Span(b.Used.Active)} in this run.",
    };

    /// <summary>One segment of an agent run. Everything that makes the agent's text is the same in each segment of the run.</summary>
    /// <param name="Task">Task.</param>
    /// <param name="Repo">Repository.</param>
    /// <param name="Run">The run.</param>
    /// <param name="BaseSha">Commit changes are computed against.</param>
    /// <param name="ContextId">Artifact with the task's text.</param>
    /// <param name="Policy">Policy.</param>
    /// <param name="Budget">Limits of the run.</param>
    public sealed record AgentStep(TaskId Task, RepoRef Repo, AgentRunState Run, string BaseSha, string ContextId, RepositoryPolicy Policy, AgentBudget Budget)
    {
        /// <summary>Checks that are red on the base, as far as known when the run began.</summary>
        public IReadOnlyList<FailedCheck> RedOnBase { get; init; } = [];

        /// <summary>How the repository is built.</summary>
        public RepositoryBuild? Build { get; init; }

        /// <summary>Blob of the policy file, for the plan's hash; empty when there is none.</summary>
        public string PolicyBlob { get; init; } = "";

        /// <summary>Artifact with the map of the repository; null for none.</summary>
        public string? MapId { get; init; }

        /// <summary>Plan: the approved one, or for the planner the one that was not approved.</summary>
        public Plan? Plan { get; init; }

        /// <summary>Why the planner plans anew.</summary>
        public string ReplanReason { get; init; } = "";

        /// <summary>The author's report, for the critic.</summary>
        public CoderReport? Report { get; init; }

        /// <summary>Evidence lines, for the critic.</summary>
        public IReadOnlyList<string> EvidenceLines { get; init; } = [];

        /// <summary>What the coder or fixer is asked to do.</summary>
        public WorkOrder? Work { get; init; }

        /// <summary>Session that the run belongs to; empty for none.</summary>
        public string Session { get; init; } = "";

        /// <summary>Name of the task's prompt variant; empty for the prompts of the release.</summary>
        public string Variant { get; init; } = "";

        /// <summary>Bytes that the task's snapshots hold so far.</summary>
        public long SnapshotBytes { get; init; }

        /// <summary>No more turns: what was begun is ended, and the workspace kept as it stands.</summary>
        public bool Yields { get; init; }

        /// <summary>There is a page where people can be asked about a single call.</summary>
        public bool MayAsk { get; init; }

        /// <summary>What the kind of work adds to the agent's instructions; empty for nothing.</summary>
        public string Instructions { get; init; } = "";

        /// <summary>The agent says which places of its work are whole, to become commits of their own.</summary>
        public bool FinishesSteps { get; init; }

        /// <summary>What the kind of work adds to the task's text.</summary>
        public IReadOnlyList<BriefSection> Sections { get; init; } = [];

        /// <summary>What a planner answers is for one of several repositories, and no plan by itself.</summary>
        public bool IsDraft { get; init; }

        /// <summary>An agent of one kind of work, in place of the role's own; it has the role's tools and model.</summary>
        public OwnAgent? Own { get; init; }
    }

    /// <summary>An agent that one kind of work brings.</summary>
    /// <param name="Name">Name.</param>
    /// <param name="Ask">What it is to do now.</param>
    public sealed record OwnAgent(string Name, string Ask);

    /// <summary>What to add to a plan.</summary>
    /// <param name="Task">Task.</param>
    /// <param name="Record">The plan as it was signed; null for a task that works without one.</param>
    /// <param name="BaseSha">Commit that the change is computed against.</param>
    /// <param name="PolicyBlob">Blob of the policy file.</param>
    /// <param name="Files">Files, and what they do.</param>
    public sealed record AmendStep(TaskId Task, SignedRecord? Record, string BaseSha, string PolicyBlob, IReadOnlyList<RiskyFile> Files);

    /// <summary>What to join to one plan.</summary>
    /// <param name="Task">Task.</param>
    /// <param name="Drafts">What was planned for each repository, as it was signed; the task's own among them.</param>
    public sealed record JoinStep(TaskId Task, IReadOnlyList<SignedRecord> Drafts);

    /// <summary>The plan of all repositories.</summary>
    /// <param name="Plan">The plan.</param>
    /// <param name="Record">The same as the agents role signed it.</param>
    public sealed record JoinedPlan(Plan Plan, SignedRecord Record);

    /// <summary>A plan with more files in it.</summary>
    /// <param name="Plan">The plan.</param>
    /// <param name="Hash">Its hash.</param>
    /// <param name="Record">The same as the agents role signed it.</param>
    public sealed record AmendedPlan(Plan Plan, string Hash, SignedRecord Record);

    /// <summary>How a segment of an agent run ended.</summary>
    public enum AgentStepOutcome
    {
        /// <summary>The agent gave its answer.</summary>
        Completed,

        /// <summary>The segment is over; the run goes on.</summary>
        Segment,

        /// <summary>The model endpoint is away; nothing is lost.</summary>
        ModelAway,

        /// <summary>A limit is reached.</summary>
        BudgetExhausted,

        /// <summary>The run failed for good.</summary>
        Failed,

        /// <summary>The agent hands over to another one, which the workflow admits or refuses.</summary>
        HandedOff,

        /// <summary>Calls of the open turn take a person's word; none of the turn has run.</summary>
        NeedsWord,
    }

    /// <summary>A handoff that an agent asks for.</summary>
    /// <param name="Target">Name of the agent.</param>
    /// <param name="Turn">Turn that asks.</param>
    public sealed record AskedHandoff(string Target, int Turn);

    /// <summary>Result of a segment.</summary>
    /// <param name="Outcome">How it ended.</param>
    /// <param name="Used">Used by the run so far; null when the segment could not tell.</param>
    /// <param name="Snapshot">Workspace snapshot the run stands at.</param>
    /// <param name="Output">The agent's answer, or what it hands over, as JSON.</param>
    /// <param name="Reason">Why it ended so, for people.</param>
    /// <param name="RetryAfter">How long the endpoint asked us to wait.</param>
    /// <param name="ErrorType">What has to be mended before it is worth asking again (<see cref="ErrorTypes"/>); null when it is the task itself.</param>
    public sealed record AgentStepResult(
        AgentStepOutcome Outcome, Consumption? Used, string? Snapshot, string? Output = null, string Reason = "", TimeSpan? RetryAfter = null,
        string? ErrorType = null)
    {
        /// <summary>Hosts that set-up was refused while the agent worked, a line each.</summary>
        public IReadOnlyList<string> RefusedHosts { get; init; } = [];

        /// <summary>Steps that the agent finished in this run so far.</summary>
        public IReadOnlyList<FinishedStep> Steps { get; init; } = [];

        /// <summary>Calls that wait for a person's word.</summary>
        public IReadOnlyList<AskedCall> Calls { get; init; } = [];

        /// <summary>To whom it hands over; null when it does not.</summary>
        public AskedHandoff? Handoff { get; init; }

        /// <summary>The plan as the agents role signed it; null but for a planner's answer.</summary>
        public SignedRecord? Record { get; init; }

        /// <summary>Files of a planner's answer that are new where the repository had none of their kind.</summary>
        public IReadOnlyList<string> OutsideRoots { get; init; } = [];

        /// <summary>True when the fallback model was asked.</summary>
        public bool ByFallback { get; init; }

        /// <summary>True when it went on from the journal after the attempt before had died.</summary>
        public bool WasResumed { get; init; }

        /// <summary>Bytes of the snapshots that this segment stored.</summary>
        public long SnapshotBytes { get; init; }
    }
}
