using System.Text;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Flows.BugFix;

/// <summary>
/// A defect is shown by a test before anybody plans, and mended when that test, as it is in the change, fails without the change's code and passes with
/// it. What cannot be shown is asked about, with what was tried.
/// </summary>
public sealed class BugFixFlow : Flow
{
    private const string Reproducer = "reproducer";
    private const string Gate = "proof";
    private const int AttemptsPerAnswer = 3;
    private const int MostOutput = 4_000;
    private const string Ask = "Show the defect with a test that fails because of it. Change nothing but test files. Run it, then answer with the reproduction.";

    private static readonly string ReproducerPrompt = FlowPrompts.Read(typeof(BugFixFlow), "reproducer");
    private static readonly string PlannerPrompt = FlowPrompts.Read(typeof(BugFixFlow), "planner");
    private static readonly string CoderPrompt = FlowPrompts.Read(typeof(BugFixFlow), "coder");

    /// <inheritdoc/>
    public override TaskKind Kind => TaskKind.BugFix;

    /// <inheritdoc/>
    public override IReadOnlyList<Type> Activities => [typeof(BugFixActivities)];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Func<string, AgentDefinition>> Agents { get; } = new Dictionary<string, Func<string, AgentDefinition>>(StringComparer.Ordinal)
    {
        [Reproducer] = model => CohortAgents.Own(Reproducer, ReproducerPrompt, model, Reproduction.Contract),
    };

    /// <inheritdoc/>
    public override string Instructions(AgentRole role) => role switch
    {
        AgentRole.Planner => PlannerPrompt,
        AgentRole.Coder or AgentRole.Fixer => CoderPrompt,
        _ => "",
    };

    /// <inheritdoc/>
    public override IReadOnlyList<StatusStep> Steps(CodingTaskState state)
    {
        var memory = state.Flow.Read<Memory>();
        return [new StatusStep("Reproduce", memory.Shown is not null ? StepMark.Done : state.Progress.State == TaskState.Failed ? StepMark.Failed : StepMark.Now,
            memory.Shown is { } shown ? $"{Gatekeeper.List(shown.Tests)} fails" : memory.Question.Length > 0 ? "not yet; see the question" : "", null)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<BriefSection> Tells(CodingTaskState state, AgentRole role)
    {
        var memory = state.Flow.Read<Memory>();
        var sections = new List<BriefSection>();
        if (memory.Said.Count > 0)
            sections.Add(new("What people answered when they were asked how to reproduce it", string.Join("\n", memory.Said.Select(s => $"{s.Author}: {s.Text}"))));
        if (memory.Shown is not { OnBase: { } red } shown)
        {
            if (memory.Rejected.Count > 0)
                sections.Add(new("Attempts before this one, and why they do not count", string.Join("\n", memory.Rejected)));
            return sections;
        }

        sections.Add(new("The defect, as it was reproduced", $"observed: {memory.Answer?.Observed}\nexpected: {memory.Answer?.Expected}"));
        sections.Add(new(
            "The test that shows it (it is in the workspace)",
            $"files: {string.Join(", ", shown.Tests)}\nline: {red.Result.Command}\nexit code without the change: {red.Result.ExitCode}\n{TextCut.Tail(red.Result.OutputTail, MostOutput)}"));
        if (memory.Places.Count > 0)
            sections.Add(new("Where the failing test went through the code, the last commits there, and which lines it runs", string.Join("\n", memory.Places)));
        if (memory.Answer?.Suspects is { Count: > 0 } suspects)
            sections.Add(new("Where the cause may lie, as who reproduced it thinks", string.Join("\n", suspects)));
        return sections;
    }

    /// <inheritdoc/>
    public override async Task BeforePlanAsync(ITaskLife life)
    {
        while (life.State.Flow.Read<Memory>() is { Shown: null } memory)
        {
            if (memory.Question.Length > 0)
            {
                var said = await life.AskAsync($"reproduce-{memory.Asked}", "The defect could not be reproduced: waiting for an answer", memory.Question);
                life.State.Flow.Keep(memory with { Question = "", Said = [.. memory.Said, .. said], Attempts = 0 });
                continue;
            }

            await life.EnterAsync(TaskState.Planning, memory.Rejected.Count == 0 ? "The defect is reproduced by a test" : "The defect is reproduced by another test");
            var result = await life.RunAgentAsync(AgentRole.Coder, step => step with { Own = new AgentActivities.OwnAgent(Reproducer, Ask) });
            var answer = OutputContract.Read<Reproduction>(result.Output!);
            life.State.Flow.Keep(await TakeAsync(life, memory with { Answer = answer, Attempts = memory.Attempts + 1 }, answer, result.Snapshot));
        }
    }

    private static async Task<Memory> TakeAsync(ITaskLife life, Memory memory, Reproduction answer, string? snapshot)
    {
        if (!answer.Reproduced)
            return Asks(memory);
        if (snapshot is null)
            return Reject(memory, "It was said to be reproduced, but no test was written.");
        await life.EnterAsync(TaskState.Planning, "The test is run on the base");
        var proved = await ProveAsync(life, snapshot, plan: null);
        if (proved.Others.Count > 0)
            return Reject(memory, $"Files that are no tests were changed: {string.Join(", ", proved.Others.Take(10))}.");
        if (proved.Proof.WhyNot is { } why)
            return Reject(memory, why);
        life.State.Work.GoOnFrom(snapshot);
        return memory with { Shown = Short(proved.Proof), Places = proved.Places };
    }

    // Another try with what was wrong; after some of them it is people's turn.
    private static Memory Reject(Memory memory, string why)
    {
        var rejected = memory with { Rejected = [.. memory.Rejected.TakeLast(5), why] };
        return rejected.Attempts < AttemptsPerAnswer ? rejected : Asks(rejected);
    }

    private static Memory Asks(Memory memory)
    {
        var answer = memory.Answer!;
        var text = new StringBuilder("I could not reproduce this, so I changed nothing.\n\n");
        if (answer.Observed.Length > 0)
            text.Append("What I see: ").Append(Markdown.Inline(answer.Observed, 800)).Append("\n\n");
        if (answer.Tried.Count + memory.Rejected.Count > 0)
        {
            text.Append("What I tried:\n");
            foreach (var tried in answer.Tried.Concat(memory.Rejected).Take(12))
                text.Append("- ").Append(Markdown.Inline(tried, 400)).Append('\n');
            text.Append('\n');
        }

        text.Append("**What I would have to know:** ").Append(Markdown.Inline(answer.Question.Length > 0 ? answer.Question : "the exact steps or values that show it, and what happens instead.", 800))
            .Append("\n\nAnswer in a comment that mentions me, or with `/agent fix` and your answer; `/agent retry` tries again as it is, `/agent stop` ends the task.\n");
        return memory with { Question = text.ToString(), Asked = memory.Asked + 1 };
    }

    /// <inheritdoc/>
    public override async Task<WorkOrder?> ProveAsync(ITaskLife life, Evidence evidence)
    {
        var (state, memory) = (life.State, life.State.Flow.Read<Memory>());
        // What people pushed may hold the mended code already: there is no base left to fail on.
        if (state.Work.OnForeignWork || state.Work.Snapshot is not { } snapshot)
            return null;
        if (memory.Proof is not { } proof || !proof.IsOf(state.Work.BaseSha, evidence.TreeId, state.Plan.Current))
        {
            await life.EnterAsync(TaskState.Verifying, "The test runs with and without the change");
            var proved = await ProveAsync(life, snapshot, state.Plan.Current);
            proof = Short(proved.Proof);
            life.State.Flow.Keep(memory with { Proof = proof, Record = proved.Record });
        }

        if (proof.WhyNot is not { } why)
            return null;
        var shown = new[] { proof.OnBase, proof.OnHead }.OfType<TestRun>().Where(r => !r.Result.Passed).TakeLast(1)
            .Select(r => new FailedCheck(r.Result.Name, r == proof.OnHead ? "with the change" : "without the change", r.Result.OutputTail) { Command = r.Result.Command });
        return new WorkOrder(AgentRole.Fixer)
        {
            GateProblems = [$"{Gate}: {why} A test of this change must fail on the base and pass with the change, for the defect's sake: mend the test or the code."],
            FailedChecks = [.. shown],
        };
    }

    private static Task<BugFixActivities.Proved> ProveAsync(ITaskLife life, string snapshot, Plan? plan) => life.InterruptibleAsync(token =>
    {
        var (policy, build, state) = (life.Facts.Policy, life.Facts.Build!, life.State);
        // Twice on the base with the tests, once without and once measured, and once on the change, each with what the check needs.
        var options = life.Within((policy.Sandbox.Timeout * ((5 * Math.Max(1, policy.Checks.Count)) + (2 * build.Setup.Count))) + TimeSpan.FromMinutes(20));
        options.CancellationToken = token;
        var step = new BugFixActivities.ProofStep(life.Input.Repo, state.Work.BaseSha, snapshot, policy, build, $"{state.Progress.RunKey}-proof-{state.Budget.RunNumber}") { Plan = plan };
        return Workflow.ExecuteActivityAsync((BugFixActivities a) => a.ProveTestsAsync(step), options);
    });

    /// <inheritdoc/>
    public override IReadOnlyList<SignedRecord> Records(CodingTaskState state) => state.Flow.Read<Memory>().Record is { } record ? [record] : [];

    /// <inheritdoc/>
    public override FlowJudgement Judge(FlowCase of)
    {
        if (of.IsOnPeoplesWork)
            return new([new GateVerdict(Gate, true, "People pushed to this branch: what was proved before holds for what was there then.") { Marked = true }], []);
        var proof = of.ProofOf<TestProof>();
        if (proof is null)
            return Refuse("Nothing signed says that a test fails without this change and passes with it.");
        if (proof.WhyNot is { } why)
            return Refuse(why);
        if (proof is not { OnBase: { Result.Passed: false } red, OnHead: { Result.Passed: true } green } || green.TreeId != proof.HeadTree || red.TreeId == green.TreeId || red.Result.Command != green.Result.Command)
            return Refuse("The runs that were signed are not those of one test with and without this change.");
        var changed = of.Input.Changes.Files.Where(f => f.ContentChanged).Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        if (proof.Tests.Count == 0 || !proof.Tests.All(t => changed.Contains(t) && Gatekeeper.IsTest(of.Input.Policy, t)))
            return Refuse("What was run is no test of this change.");
        var names = proof.Failed.Count > 0 ? $" ({Gatekeeper.List(proof.Failed)})" : "";
        return new(
            [new GateVerdict(Gate, true, $"{Gatekeeper.List(proof.Tests)} fails without this change and passes with it.")],
            [
                $"The defect is shown by {Gatekeeper.List(proof.Tests)}{names}: `{red.Result.Command}`",
                $"❌ without the change: exit {red.Result.ExitCode}, twice, on {of.BaseSha[..10]} with these tests (tree {red.TreeId[..10]})",
                $"✅ with the change: exit {green.Result.ExitCode}, on tree {green.TreeId[..10]}",
            ]);

        static FlowJudgement Refuse(string words) => new([new GateVerdict(Gate, false, words)], []);
    }

    private static TestProof Short(TestProof proof) => proof with { OnBase = Short(proof.OnBase), OnHead = Short(proof.OnHead) };

    private static TestRun? Short(TestRun? run) => run is null ? null : run with { Result = run.Result with { OutputTail = TextCut.Tail(run.Result.OutputTail, MostOutput) } };

    /// <summary>What a task remembers of it.</summary>
    private sealed record Memory
    {
        /// <summary>The reproducer's last answer.</summary>
        public Reproduction? Answer { get; init; }

        /// <summary>Attempts since people last said something.</summary>
        public int Attempts { get; init; }

        /// <summary>Why attempts did not count, a line each.</summary>
        public IReadOnlyList<string> Rejected { get; init; } = [];

        /// <summary>The question people are asked now; empty for none.</summary>
        public string Question { get; init; } = "";

        /// <summary>Questions asked so far.</summary>
        public int Asked { get; init; }

        /// <summary>What they answered.</summary>
        public IReadOnlyList<PersonText> Said { get; init; } = [];

        /// <summary>The test that fails on the base.</summary>
        public TestProof? Shown { get; init; }

        /// <summary>Where it went through the code.</summary>
        public IReadOnlyList<string> Places { get; init; } = [];

        /// <summary>The proof of the last tree.</summary>
        public TestProof? Proof { get; init; }

        /// <summary>The same as it was signed.</summary>
        public SignedRecord? Record { get; init; }
    }
}
