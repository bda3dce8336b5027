using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Tests.Fakes;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Tests.Runs;

/// <summary>Whatever the model does and wherever the process dies, a resumed run ends as an undisturbed one, and asks nothing twice.</summary>
public sealed class RunnerCrashProperties
{
    private static readonly Gen<FunctionCallContent> AnyCall = Gen.OneOf(
        from path in Gen.Elements("a", "b")
        from text in Gen.Elements("x", "y", "z")
        select FakeModel.CallOf("", "append", $$"""{"path":"{{path}}","text":"{{text}}"}"""),
        from path in Gen.Elements("a", "b")
        select FakeModel.CallOf("same", "read", $$"""{"path":"{{path}}"}"""),
        Gen.Constant(FakeModel.CallOf("c", "apend", "{}")),
        Gen.Constant(FakeModel.CallOf("c", "append", "{not json")),
        Gen.Constant(FakeModel.CallOf("c", "append", """{"path":1}""")));

    private static readonly Gen<ChatResponse> AnyTurn = Gen.Frequency(
        (8, AnyCall.NonEmptyListOf().Select(c => FakeModel.Calls([.. c.Take(4)]))),
        (1, Gen.Constant(FakeModel.Says(null))));

    private static readonly Arbitrary<(ChatResponse[] Turns, (int At, bool Fresh)[] Crashes)> Cases = (
        from turns in AnyTurn.ListOf()
        from crashes in (from at in Gen.Choose(0, 25) from fresh in Gen.Elements(true, false) select (at, fresh)).ListOf()
        select (turns.Take(6).Append(FakeModel.Says("done")).ToArray(), crashes.Take(4).ToArray())).ToArbitrary();

    [Fact]
    public void Resume_AfterAnyCrash_EndsAsUndisturbed() => Prop.ForAll(Cases, c => PlayAsync(c.Turns, c.Crashes).GetAwaiter().GetResult())
        .Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static async Task PlayAsync(ChatResponse[] turns, (int At, bool Fresh)[] crashes)
    {
        var calm = new RunHarness();
        var expected = await calm.RunAsync(new FakeModel(turns));

        var harness = new RunHarness();
        var model = new FakeModel(turns);
        var lost = new Dictionary<int, int>();
        AgentRunResult? result = null;
        for (var attempt = 0; result is null; attempt++)
        {
            var (dieAt, fresh) = attempt < crashes.Length ? crashes[attempt] : (int.MaxValue, true);
            var point = 0;
            void Die()
            {
                if (point++ == dieAt)
                    throw new IOException("died");
            }
            // Each attempt has a worktree of its own, or finds the one it died in; both must do.
            if (fresh)
                harness.Workspace = new MemoryWorkspace();
            using var death = new CancellationTokenSource();
            harness.Token = death.Token;
            harness.Workspace.OnCall = what =>
            {
                try
                {
                    Die();
                }
                catch (IOException) when (what == "append")
                {
                    // In the middle of a tool, the file already written.
                    death.Cancel();
                    throw new OperationCanceledException(death.Token);
                }
            };
            harness.Journal.OnWrite = (what, turn, after) =>
            {
                try
                {
                    Die();
                }
                catch (IOException) when (what == "response" && !after)
                {
                    lost[turn] = lost.GetValueOrDefault(turn) + 1;
                    throw;
                }
            };
            harness.Attempt = attempt + 1;
            try
            {
                result = await harness.RunAsync(model);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The next attempt resumes.
            }
        }

        // All it tells of a death is that there was one.
        (result with { WasResumed = false }).ShouldBe(expected);
        harness.Journal.Turns("run-1").ShouldBe(calm.Journal.Turns("run-1"));
        foreach (var (turn, requests) in model.RequestsByTurn)
            requests.ShouldBe(1 + lost.GetValueOrDefault(turn), $"requests of turn {turn}");
    }
}
