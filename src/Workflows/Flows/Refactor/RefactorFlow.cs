using System.Globalization;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Flows.Refactor;

/// <summary>
/// The inside changes, and what others see does not: the base is measured before the plan; the plan says what stays and which declarations may
/// change; and the change is published when its tests pass on the old code, the old tests pass on it, what it touches was run by tests before, and the
/// public surface differs by exactly what the plan says. What a person must decide is asked with the lines of the difference.
/// </summary>
public sealed class RefactorFlow : Flow
{
    private const string ApiGate = "api";
    private const string BehaviourGate = "behaviour";
    private const string ApiPrefix = "API ";
    private const int MostTold = 12;

    private static readonly string PlannerPrompt = FlowPrompts.Read(typeof(RefactorFlow), "planner");
    private static readonly string CoderPrompt = FlowPrompts.Read(typeof(RefactorFlow), "coder");

    /// <inheritdoc/>
    public override TaskKind Kind => TaskKind.Refactor;

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Activities => [typeof(RefactorActivities)];

    /// <inheritdoc/>
    public override bool WorksInSteps => true;

    /// <inheritdoc/>
    public override string Instructions(AgentRole role) => role switch
    {
        AgentRole.Planner => PlannerPrompt,
        AgentRole.Coder or AgentRole.Fixer => CoderPrompt,
        _ => "",
    };

    /// <inheritdoc/>
    public override IReadOnlyList<StatusStep> Steps(CodingTaskState state) =>
    [
        state.Flow.Read<Memory>().Baseline is { } baseline
            ? new StatusStep("Measure the base", StepMark.Done, Words(baseline), null)
            : new StatusStep("Measure the base", state.Progress.State == TaskState.Failed ? StepMark.Failed : StepMark.Now, "", null),
    ];

    private static string Words(RefactorActivities.Baseline baseline) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(baseline.Percent is { } percent ? $"tests run {percent} % of it" : "coverage cannot be measured here")}, {(baseline.PublicDeclarations is { } count ? Markdown.Count(count, "public declaration") : "its public surface cannot be read here")}");

    /// <inheritdoc/>
    public override IReadOnlyList<BriefSection> Tells(CodingTaskState state, AgentRole role)
    {
        if (state.Flow.Read<Memory>().Baseline is not { } baseline || role == AgentRole.Critic)
            return [];
        var planned = role == AgentRole.Planner ? null : state.Plan.Current?.Edits.Select(e => e.Path).ToHashSet(StringComparer.Ordinal);
        var files = baseline.Files.Where(f => planned?.Contains(f.Path) ?? f.Percent < RefactorProof.MustBeRun).Take(60).ToArray();
        return baseline.Percent is null
            ? [new("What tests run of the code today", "It cannot be measured in this repository: read the tests.")]
            : [new("What tests run of the code today", files.Length == 0 ? "Every file well enough." : string.Join('\n', files.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Path}: {f.Percent} %{(f.NotRun.Length > 0 ? $"; not run: {f.NotRun}" : "")}"))))];
    }

    /// <inheritdoc/>
    public override async Task BeforePlanAsync(ITaskLife life)
    {
        var memory = life.State.Flow.Read<Memory>();
        if (memory.Baseline is not null && memory.BaseSha == life.State.Work.BaseSha)
            return;
        await life.EnterAsync(TaskState.Planning, "The base is measured: what tests run, what others can use");
        var step = StepOf(life, "baseline");
        var baseline = await life.InterruptibleAsync(token => Workflow.ExecuteActivityAsync((RefactorActivities a) => a.MeasureBaseAsync(step), Options(life, 2, token)));
        life.State.Flow.Keep(memory with { Baseline = baseline, BaseSha = step.BaseSha });
        // Finished meanwhile: a plan that nobody waits for is not paid for.
        if (life.State.Inbox.IsFinishing)
            throw TaskStopException.Ended();
    }

    /// <inheritdoc/>
    public override async Task<WorkOrder?> ProveAsync(ITaskLife life, Evidence evidence)
    {
        var (state, memory) = (life.State, life.State.Flow.Read<Memory>());
        // What people pushed is theirs to hold to.
        if (state.Work.OnForeignWork || state.Work.Snapshot is not { } snapshot)
            return null;
        // A plan that people agreed to meanwhile may set up other packages.
        if (memory.Proof is not { } proof || !proof.IsOf(state.Work.BaseSha, evidence.TreeId, state.Plan.Current))
        {
            await life.EnterAsync(TaskState.Verifying, "Old tests run on the new code, new tests on the old; public surfaces are compared");
            var step = new RefactorActivities.ProofStep(StepOf(life, $"proof-{state.Budget.RunNumber}") with { Plan = state.Plan.Current }, snapshot);
            var proved = await life.InterruptibleAsync(token => Workflow.ExecuteActivityAsync((RefactorActivities a) => a.ProveAsync(step), Options(life, 4, token)));
            proof = proved.Proof;
            life.State.Flow.Keep(memory with { Proof = proof, Record = proved.Record });
        }

        var redBefore = evidence.Checks.Where(c => c.RedOnBase).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        var problems = Problems(proof, redBefore).ToArray();
        return problems.Length == 0 ? null : new WorkOrder(AgentRole.Fixer)
        {
            GateProblems = [.. problems.Select(p => $"{BehaviourGate}: {p}")],
            FailedChecks =
            [
                .. new[] { (proof.OldCode, "the change's tests on the old code"), (proof.NewCode, "the old tests on the new code") }
                    .SelectMany(t => Red(t.Item1, redBefore).Select(c => new FailedCheck(c.Name, t.Item2, c.OutputTail) { Command = c.Command })),
            ],
        };
    }

    private static RefactorActivities.Step StepOf(ITaskLife life, string name) =>
        new(life.Input.Repo, life.State.Work.BaseSha, life.Facts.Policy, life.Facts.Build!, $"{life.State.Progress.RunKey}-{name}");

    private static ActivityOptions Options(ITaskLife life, int runs, CancellationToken token)
    {
        var (policy, build) = (life.Facts.Policy, life.Facts.Build!);
        // A measured check that is red runs once more as it is written.
        var options = life.Within((policy.Sandbox.Timeout * ((runs * Math.Max(1, policy.Checks.Count)) + (2 * build.Setup.Count))) + TimeSpan.FromMinutes(20));
        options.CancellationToken = token;
        return options;
    }

    private static IEnumerable<CheckEvidence> Red(CheckedTree tree, IReadOnlySet<string> redBefore) => tree.Checks.Where(c => !c.Passed && !redBefore.Contains(c.Name));

    /// <summary>What an edit mends.</summary>
    private static IEnumerable<string> Problems(RefactorProof proof, IReadOnlySet<string> redBefore)
    {
        if (Red(proof.OldCode, redBefore).Select(c => c.Name).ToArray() is { Length: > 0 } old)
            yield return $"On the code as it was, the tests of this change are red ({Gatekeeper.List(old)}): they describe another behaviour than today's. A refactoring keeps it, right or wrong.";
        if (Red(proof.NewCode, redBefore).Select(c => c.Name).ToArray() is { Length: > 0 } changed)
            yield return $"With the tests as they were, the new code is red ({Gatekeeper.List(changed)}). Put the behaviour back, and the tests as they were.";
        if (!proof.IsCharacterised)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Tests ran {proof.Run} of the {proof.Touched} lines that this change touches before it; {RefactorProof.MustBeRun} % are needed. Add characterisation tests that pass on the old code for {Gatekeeper.List(proof.NotRun)}.");
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SignedRecord> Records(CodingTaskState state) => state.Flow.Read<Memory>().Record is { } record ? [record] : [];

    /// <inheritdoc/>
    public override FlowJudgement Judge(FlowCase of)
    {
        if (of.IsOnPeoplesWork)
            return new([new GateVerdict(BehaviourGate, true, "People pushed to this branch: what was proved before holds for what was there then.") { Marked = true }], []);
        var proof = of.ProofOf<RefactorProof>();
        if (proof is null)
            return new([new GateVerdict(BehaviourGate, false, "Nothing signed says that this change keeps behaviour and public surface.")], []);
        var names = of.Input.Policy.Checks.Select(c => c.Name).ToArray();
        if (new[] { proof.OldCode, proof.NewCode }.Any(t => !names.All(n => t.Checks.Any(c => c.Name == n))))
            return new([new GateVerdict(BehaviourGate, false, "The runs that were signed are not those of all checks.")], []);
        return new([Behaviour(of, proof), Surface(of, proof)], [.. Shows(proof)]);
    }

    private static GateVerdict Behaviour(FlowCase of, RefactorProof proof)
    {
        var redBefore = (of.Input.Evidence?.Checks ?? []).Where(c => c.RedOnBase).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        if (Problems(proof, redBefore).ToArray() is { Length: > 0 } problems)
            return new GateVerdict(BehaviourGate, false, string.Join(' ', problems));
        var gone = proof.GoneTests.Select(p => new RiskyFile(p, "is a test that was there before and is gone or renamed")).Where(f => !of.Input.IsAgreed(f)).ToArray();
        if (gone.Length > 0)
            return new GateVerdict(BehaviourGate, false, $"Tests that were there are gone: {Gatekeeper.List([.. gone.Select(g => g.Path)])}. Put them back (restore_path).") { Asks = gone, FixerFirst = true };
        return proof.Touched is { } touched
            ? new GateVerdict(BehaviourGate, true, string.Create(CultureInfo.InvariantCulture, $"Old tests pass on the new code, new tests on the old; tests ran {proof.Run} of {touched} touched lines before the change."))
            : new GateVerdict(BehaviourGate, true, "Old tests pass on the new code, new tests on the old. How much of the touched code they ran could not be measured.") { Marked = true };
    }

    /// <summary>The surface differs by exactly what the plan says, or a person says yes to the very lines.</summary>
    private static GateVerdict Surface(FlowCase of, RefactorProof proof)
    {
        var planned = Planned(of.Input.Plan);
        if (proof.ApiSize is null)
            return Asks("is part of a change whose public surface could not be read, so nothing shows that it is the same");
        var unplanned = proof.ApiChanges.Where(c => !planned.Contains(Plain(c))).ToArray();
        var missing = planned.Except(proof.ApiChanges.Select(Plain), StringComparer.Ordinal).ToArray();
        if (proof.ApiChangeCount > proof.ApiChanges.Count || unplanned.Length > 0)
            return Asks($"changes the public surface beyond the plan: {Lines(unplanned, proof.ApiChangeCount - proof.ApiChanges.Count)}");
        if (missing.Length > 0)
            return Asks($"does not change the public surface as the plan says: {Lines(missing, 0)}");
        var notes = proof.ApiNotes.Count > 0 ? $" Not read: {string.Join(' ', proof.ApiNotes.Take(3))}" : "";
        if (planned.Count > 0 && !of.Input.PlanApprovedByPerson)
            return Asks($"changes the public surface by a plan that nobody approved: {Lines(proof.ApiChanges, 0)}");
        return new GateVerdict(ApiGate, true, $"{(planned.Count == 0 ? string.Create(CultureInfo.InvariantCulture, $"The public surface is the same ({Markdown.Count(proof.ApiSize.Value, "declaration")}).") : $"The public surface changes as the plan says: {Lines(proof.ApiChanges, 0)}.")}{notes}")
        {
            Marked = planned.Count > 0 || notes.Length > 0,
        };

        // An assembly's surface is no one file's: the first of the change carries the question into the plan, where its words are agreed to.
        GateVerdict Asks(string why)
        {
            var file = new RiskyFile(of.Input.Changes.Files.Select(f => f.Path).Order(StringComparer.Ordinal).FirstOrDefault(p => !Gatekeeper.IsTest(of.Input.Policy, p)) ?? "", why);
            return of.Input.IsAgreed(file)
                ? new GateVerdict(ApiGate, true, $"As a person agreed: {file.Path} {why}.") { Marked = true }
                : new GateVerdict(ApiGate, false, $"{file.Path} {why}.") { Asks = [file], FixerFirst = true };
        }
    }

    private static string Lines(IReadOnlyCollection<string> lines, int more) =>
        string.Join("; ", lines.Take(MostTold)) + (lines.Count > MostTold || more > 0 ? string.Create(CultureInfo.InvariantCulture, $"; and {Math.Max(0, lines.Count - MostTold) + more} more") : "");

    // "API - public void C.M()" is the line "- public void C.M()".
    private static HashSet<string> Planned(Plan? plan) =>
        [.. (plan?.Constraints ?? []).Select(c => c.Trim().Trim('`')).Where(c => c.StartsWith(ApiPrefix, StringComparison.Ordinal) && c.Length > ApiPrefix.Length + 2 && c[ApiPrefix.Length] is '-' or '+' or '~').Select(c => Plain(c[ApiPrefix.Length..]))];

    // A planner that writes "string" for "string!" means the same.
    private static string Plain(string line) => string.Join(' ', line.Replace("!", "", StringComparison.Ordinal).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static IEnumerable<string> Shows(RefactorProof proof)
    {
        yield return $"✅ the tests of this change on the code as it was (tree {proof.OldCode.TreeId[..10]}): {Results(proof.OldCode)}";
        yield return $"✅ the tests as they were on the new code (tree {proof.NewCode.TreeId[..10]}): {Results(proof.NewCode)}";
        if (proof.Touched is { } touched)
            yield return string.Create(CultureInfo.InvariantCulture, $"Before the change tests ran {proof.Run} of the {touched} lines that it touches");
        foreach (var change in proof.ApiChanges.Take(MostTold))
            yield return $"Public surface: {change}";
        if (proof is { ApiSize: { } size, ApiChangeCount: 0 })
            yield return $"The public surface is the same: {Markdown.Count(size, "declaration")}";
    }

    private static string Results(CheckedTree tree) => string.Join(", ", tree.Checks.Select(c => $"{c.Name}: exit {c.ExitCode}"));

    /// <summary>What a task remembers of it.</summary>
    private sealed record Memory
    {
        /// <summary>What was measured.</summary>
        public RefactorActivities.Baseline? Baseline { get; init; }

        /// <summary>On which commit.</summary>
        public string BaseSha { get; init; } = "";

        /// <summary>The proof of the last tree.</summary>
        public RefactorProof? Proof { get; init; }

        /// <summary>The same as it was signed.</summary>
        public SignedRecord? Record { get; init; }
    }
}
