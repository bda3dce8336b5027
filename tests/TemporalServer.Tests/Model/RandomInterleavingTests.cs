using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;

namespace TemporalServer.Tests.Model;

/// <summary>
/// Whatever order polls, answers, commands, signals, timeouts and crashes come in, the server shows what the reference run shows. A case
/// that fails is shrunk and printed as C#: keep it below as a regression test.
/// </summary>
public sealed class RandomInterleavingTests(ITestOutputHelper output)
{
    private static readonly Gen<StepKind> AnyKind = Gen.Frequency(
        (6, Gen.Constant(StepKind.PollTask)),
        (10, Gen.Constant(StepKind.CompleteTask)),
        (1, Gen.Constant(StepKind.FailTask)),
        (6, Gen.Constant(StepKind.PollActivity)),
        (3, Gen.Constant(StepKind.CompleteActivity)),
        (3, Gen.Constant(StepKind.FailActivity)),
        (1, Gen.Constant(StepKind.FailActivityForGood)),
        (2, Gen.Constant(StepKind.ConfirmCanceled)),
        (2, Gen.Constant(StepKind.Heartbeat)),
        (4, Gen.Constant(StepKind.Signal)),
        (1, Gen.Constant(StepKind.RequestCancel)),
        (5, Gen.Constant(StepKind.Advance)),
        (2, Gen.Constant(StepKind.WorkersDie)),
        (2, Gen.Constant(StepKind.ServerDies)),
        (2, Gen.Constant(StepKind.ServerDiesInACall)));

    // Closing commands (20 and up; 19 is a bad one) seldom, else no run comes far.
    private static readonly Gen<int> AnyChoice = Gen.Frequency((40, Gen.Choose(0, 18)), (1, Gen.Choose(19, 23)));

    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (100, from kind in AnyKind
              from pick in Gen.Choose(0, 100)
              from choices in AnyChoice.ListOf(4)
              select new Step(kind, pick, kind == StepKind.CompleteTask ? [.. choices.Take(pick % 5)] : [])),
        (1, Gen.Constant(new Step(StepKind.Terminate, 0))));

    private static readonly Arbitrary<Step[]> AnyCase = Arb.From(
        Gen.Choose(10, 60).SelectMany(n => AnyStep.ListOf(n)).Select(steps => steps.ToArray()), Shrink);

    private static readonly EventType[] Expected =
    [
        EventType.WorkflowExecutionStarted, EventType.WorkflowExecutionCompleted, EventType.WorkflowExecutionSignaled,
        EventType.WorkflowExecutionCancelRequested, EventType.WorkflowTaskScheduled, EventType.WorkflowTaskStarted, EventType.WorkflowTaskCompleted,
        EventType.WorkflowTaskFailed, EventType.WorkflowTaskTimedOut, EventType.ActivityTaskScheduled, EventType.ActivityTaskStarted,
        EventType.ActivityTaskCompleted, EventType.ActivityTaskFailed, EventType.ActivityTaskTimedOut, EventType.ActivityTaskCancelRequested,
        EventType.ActivityTaskCanceled, EventType.TimerStarted, EventType.TimerFired, EventType.TimerCanceled, EventType.MarkerRecorded,
    ];

    /// <summary>Shrunk cases of defects that were put in on purpose, to see whether they are found.</summary>
    public static TheoryData<Step[]> KeptCases =>
    [
        // What an activity's end leaves in the buffer comes after a signal that came later.
        [new(StepKind.CompleteTask, 69, 5, 2), new(StepKind.ServerDies, 18), new(StepKind.PollTask, 74), new(StepKind.FailActivityForGood, 31), new(StepKind.Signal, 57), new(StepKind.Advance, 62)],

        // A second attempt is on offer again after a crash.
        [new(StepKind.CompleteTask, 41, 1), new(StepKind.FailActivity, 60), new(StepKind.Advance, 10), new(StepKind.ServerDies, 70), new(StepKind.CompleteActivity, 64)],

        // What happened after a failed attempt makes the next one a task like any other.
        [new(StepKind.CompleteTask, 53, 5, 7), new(StepKind.CompleteActivity, 51), new(StepKind.PollTask, 83), new(StepKind.FailTask, 33), new(StepKind.ServerDies, 6), new(StepKind.PollTask, 45)],

        // A signal sent again counts once.
        [new(StepKind.Signal, 75), new(StepKind.Signal, 100)],
    ];

    [Theory]
    [MemberData(nameof(KeptCases))]
    public Task KeptCase_AgainstTheReference_ShowsTheSame(Step[] steps) => Rehearsal.PlayAsync(steps);

    [Fact]
    public void AnyInterleaving_AgainstTheReference_ShowsTheSame() => Run(25, 20261125);

    [Fact]
    [Trait("Category", "Long")]
    public void AnyInterleaving_ManyCases_ShowTheSame() => Run(500, (ulong)Random.Shared.NextInt64());

    private void Run(int cases, ulong seed)
    {
        var steps = 0;
        var seen = new HashSet<EventType>();
        var replay = new Replay(new Rnd(seed), FSharpOption<int>.None);
        Prop.ForAll(AnyCase, c =>
        {
            steps += c.Length;
            seen.UnionWith(Rehearsal.PlayAsync(c).GetAwaiter().GetResult());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(cases).WithReplay(FSharpOption<Replay>.Some(replay)));
        output.WriteLine($"model-based: {cases} cases, {steps} steps, {seen.Count} types of events, seed {seed}");

        // A generator that misses a part of the protocol proves nothing about it.
        Expected.Except(seen).ShouldBeEmpty();
    }

    // Without a stretch of steps, the longest stretches first; then with fewer commands.
    private static IEnumerable<Step[]> Shrink(Step[] steps)
    {
        for (var length = steps.Length / 2; length > 0; length /= 2)
        {
            for (var from = 0; from + length <= steps.Length; from += length)
            {
                yield return [.. steps[..from], .. steps[(from + length)..]];
            }
        }

        for (var i = 0; i < steps.Length; i++)
        {
            foreach (var choice in steps[i].Choices)
            {
                yield return [.. steps[..i], steps[i] with { Choices = [.. steps[i].Choices.Where(c => c != choice)] }, .. steps[(i + 1)..]];
            }
        }
    }
}
