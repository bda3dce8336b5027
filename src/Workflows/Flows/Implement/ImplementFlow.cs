using System.Globalization;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Flows.Implement;

/// <summary>An issue or a goal becomes a pull request: the life of a task as it is. Where the policy asks for it, what tests run of the change is measured.</summary>
public sealed class ImplementFlow : Flow
{
    private const string Gate = "coverage";

    /// <inheritdoc/>
    public override TaskKind Kind => TaskKind.Implement;

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Activities => [typeof(CoverageActivities)];

    /// <inheritdoc/>
    public override async Task<WorkOrder?> ProveAsync(ITaskLife life, Evidence evidence)
    {
        var (state, memory, policy) = (life.State, life.State.Flow.Read<Memory>(), life.Facts.Policy);
        if (policy.Tests.Coverage is not { } rules || state.Work.OnForeignWork || state.Work.Snapshot is not { } snapshot)
            return null;
        if (memory.Proof is not { } proof || !proof.IsOf(state.Work.BaseSha, evidence.TreeId, state.Plan.Current))
        {
            await life.EnterAsync(TaskState.Verifying, "What tests run of the change is measured");
            var build = life.Facts.Build!;
            var step = new CoverageActivities.Step(life.Input.Repo, state.Work.BaseSha, snapshot, policy, build, $"{state.Progress.RunKey}-coverage-{state.Budget.RunNumber}") { Plan = state.Plan.Current };
            var measured = await life.InterruptibleAsync(token =>
            {
                // Base and change; what is red while it is measured runs once more.
                var options = life.Within((policy.Sandbox.Timeout * ((4 * Math.Max(1, policy.Checks.Count)) + (2 * build.Setup.Count))) + TimeSpan.FromMinutes(20));
                options.CancellationToken = token;
                return Workflow.ExecuteActivityAsync((CoverageActivities a) => a.MeasureAsync(step), options);
            });
            proof = measured.Proof;
            state.Flow.Keep(new Memory { Proof = proof, Record = measured.Record });
        }

        return Problem(proof, rules) is { } problem ? new WorkOrder(AgentRole.Fixer) { GateProblems = [$"{Gate}: {problem}"] } : null;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SignedRecord> Records(CodingTaskState state) => state.Flow.Read<Memory>().Record is { } record ? [record] : [];

    /// <inheritdoc/>
    public override TaskSummary.CoverageChange? Coverage(CodingTaskState state) =>
        state.Flow.Read<Memory>().Proof is { Before: { } before, After: { } after } ? new(before, after) : null;

    /// <inheritdoc/>
    public override FlowJudgement Judge(FlowCase of)
    {
        if (of.Input.Policy.Tests.Coverage is not { } rules || of.IsOnPeoplesWork)
            return FlowJudgement.None;
        var proof = of.ProofOf<CoverageProof>();
        if (proof is null)
            return new([new GateVerdict(Gate, false, "Nothing signed says what tests run of this change.")], []);
        if (Problem(proof, rules) is { } problem)
            return new([new GateVerdict(Gate, false, problem)], []);
        var words = Words(proof);
        return new([new GateVerdict(Gate, true, words) { Marked = proof.After is null || proof.Run < proof.Lines }], [$"Coverage: {words}"]);
    }

    private static string? Problem(CoverageProof proof, RepositoryPolicy.CoverageRules rules)
    {
        // What cannot be measured is told, and held against nobody.
        if (rules.MinChanged is { } min && proof.Lines > 0 && proof.Run * 100m < min * proof.Lines)
            return string.Create(CultureInfo.InvariantCulture, $"Tests run {proof.Run} of the {proof.Lines} changed lines; tests.coverage.min_changed asks for {min:0.#} %. Add tests for {Gatekeeper.List(proof.NotRun)}.");
        return rules.MaxDrop is { } drop && proof is { Before: { } before, After: { } after } && before - after > drop
            ? string.Create(CultureInfo.InvariantCulture, $"Tests ran {before:0.#} % of all lines before the change and {after:0.#} % with it; tests.coverage.max_drop allows {drop:0.#} points. Add tests for {(proof.NotRun.Count > 0 ? Gatekeeper.List(proof.NotRun) : "what lost them")}.")
            : null;
    }

    private static string Words(CoverageProof proof) => proof.After is not { } after
        ? "What tests run could not be measured in this repository."
        : string.Create(CultureInfo.InvariantCulture, $"{(proof.Lines == 0 ? "no changed line can be measured" : $"tests run {proof.Run} of {proof.Lines} changed lines")}; of all lines {(proof.Before is { } before ? $"{before:0.#} % before, " : "")}{after:0.#} % with the change.{(proof.NotRun.Count > 0 ? $" Not run: {Gatekeeper.List(proof.NotRun)}." : "")}");

    /// <summary>What a task remembers of it.</summary>
    private sealed record Memory
    {
        /// <summary>What was measured of the last tree.</summary>
        public CoverageProof? Proof { get; init; }

        /// <summary>The same as it was signed.</summary>
        public SignedRecord? Record { get; init; }
    }
}
