using CodingAgent.Agents.Journal;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Tests.Fakes;
using CodingAgent.Agents.Tools;
using CodingAgent.Mcp.Git;
using Microsoft.Extensions.AI;
using static CodingAgent.Agents.Tests.Fakes.FakeModel;

namespace CodingAgent.Agents.Tests.Runs;

public sealed class RunnerTests
{
    private readonly RunHarness _harness = new();

    [Fact]
    public async Task Run_ToolsThenAnswer_CompletesAndJournalsEveryTurn()
    {
        var result = (await _harness.RunAsync(new FakeModel(
            Call("append", """{"path":"a","text":"x"}"""), Call("read", """{"path":"a"}"""), Says("done")))).ShouldBeOfType<AgentRunResult.Completed>();

        result.OutputJson.ShouldBe("done");
        result.Used.Turns.ShouldBe(3);
        result.Used.Usage.ShouldBe(new Usage(3, 300, 30, 120, 15));
        result.Snapshot.ShouldBe("""{"a":"x"}""");
        _harness.Journal.Turns("run-1").Select(t => (t.Turn, t.Snapshot)).ShouldBe([(1, """{"a":"x"}"""), (2, """{"a":"x"}"""), (3, """{"a":"x"}""")]);
    }

    [Fact]
    public async Task Run_Finished_IsAnsweredFromTheJournalWithoutTheModel()
    {
        await _harness.RunAsync(new FakeModel(Says("done")));
        _harness.Attempt = 2;
        var again = await _harness.RunAsync(new FakeModel((_, _) => throw new InvalidOperationException("must not be asked")));
        again.ShouldBeOfType<AgentRunResult.Completed>().OutputJson.ShouldBe("done");
    }

    [Fact]
    public async Task Run_SegmentOver_EndsAtATurnBoundaryAndGoesOn()
    {
        var model = new FakeModel(Call("append", """{"path":"a","text":"1"}"""), Call("append", """{"path":"a","text":"2"}"""), Says("done"));
        _harness.Adjust = run => run with { Segment = new SegmentLimits(1, TimeSpan.FromHours(1)) };

        (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Segment>().Used.Turns.ShouldBe(1);
        _harness.Attempt = AgentRun.FenceOf(1, 1);
        (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Segment>().Snapshot.ShouldBe("""{"a":"12"}""");
        _harness.Attempt = AgentRun.FenceOf(2, 1);
        (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>();
        model.RequestsByTurn.Values.ShouldAllBe(n => n == 1);
    }

    [Fact]
    public async Task Run_SegmentTimeOver_Yields()
    {
        _harness.Adjust = run => run with { Segment = new SegmentLimits(100, TimeSpan.FromMinutes(10)) };
        var result = await _harness.RunAsync(new FakeModel((turn, _) =>
        {
            _harness.Time.Advance(TimeSpan.FromMinutes(6));
            return Call("append", $$"""{"path":"a","text":"{{turn}}"}""");
        }));
        result.ShouldBeOfType<AgentRunResult.Segment>().Used.ShouldSatisfyAllConditions(
            u => u.Turns.ShouldBe(2), u => u.Active.ShouldBe(TimeSpan.FromMinutes(12)));
    }

    [Fact]
    public async Task Run_AskedToYield_EndsBeforeTheNextTurn()
    {
        _harness.Adjust = run => run with { ShouldYield = () => true };
        (await _harness.RunAsync(new FakeModel(Says("done")))).ShouldBeOfType<AgentRunResult.Segment>().Used.Turns.ShouldBe(0);
    }

    [Theory]
    [InlineData(3, 1_000_000, 100, BudgetKind.Turns)]
    [InlineData(50, 300, 100, BudgetKind.Tokens)]
    [InlineData(50, 1_000_000, 0.0005, BudgetKind.Cost)]
    public async Task Run_BudgetReached_EndsAndSurvivesRetries(int turns, long tokens, double cost, BudgetKind which)
    {
        _harness.Adjust = run => run with
        {
            Budget = new AgentBudget(turns, tokens, (decimal)cost, TimeSpan.FromHours(1)),
            Prices = new ModelPrices(new Dictionary<string, ModelPrice> { ["fake"] = new(1m, 0.5m, 10m) }),
        };
        var model = new FakeModel((turn, _) => Call("append", $$"""{"path":"a","text":"{{turn}}"}"""));
        var first = (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.BudgetExhausted>();
        first.Which.ShouldBe(which);
        // 60 fresh, 40 cached, 10 out of each turn at 1, 0.5 and 10 dollars per million.
        first.Used.CostUsd.ShouldBe(first.Used.Turns * 0.00018m);

        _harness.Attempt = 2;
        (await _harness.RunAsync(model)).ShouldBe(first with { WasResumed = true });
        model.RequestsByTurn.Count.ShouldBe(first.Used.Turns);
    }

    [Fact]
    public async Task Run_OlderAttempt_IsFencedWithoutEffect()
    {
        _harness.Attempt = 2;
        _harness.Adjust = run => run with { Segment = new SegmentLimits(1, TimeSpan.FromHours(1)) };
        var model = new FakeModel(Call("append", """{"path":"a","text":"1"}"""), Says("done"));
        await _harness.RunAsync(model);
        _harness.Attempt = 1;
        await Should.ThrowAsync<JournalFencedException>(() => _harness.RunAsync(model));
        model.RequestsByTurn.ShouldNotContainKey(2);
    }

    [Fact]
    public async Task Run_FencedWhileTheModelThinks_RunsNoTool()
    {
        var model = new FakeModel((_, _) =>
        {
            _harness.Journal.OpenAsync("run-1", 2, CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();
            return Call("append", """{"path":"a","text":"1"}""");
        });
        await Should.ThrowAsync<JournalFencedException>(() => _harness.RunAsync(model));
        _harness.Workspace.Content.ShouldBe(MemoryWorkspace.Empty);
    }

    [Fact]
    public async Task Run_ModelAway_SaysSoAndLosesNothing()
    {
        var away = true;
        var model = new FakeModel((turn, _) => turn switch
        {
            1 => Call("append", """{"path":"a","text":"1"}"""),
            _ when away => throw new ModelUnavailableException("away", TimeSpan.FromSeconds(3)),
            _ => Says("done"),
        });
        (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.ModelAway>()
            .ShouldSatisfyAllConditions(a => a.RetryAfter.ShouldBe(TimeSpan.FromSeconds(3)), a => a.Used.Usage.Requests.ShouldBe(1));
        away = false;
        _harness.Attempt = 2;
        (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>().Used.Turns.ShouldBe(2);
        model.RequestsByTurn[1].ShouldBe(1);
    }

    [Theory]
    [InlineData(ModelRejection.Request, AgentFailure.ModelRejected)]
    [InlineData(ModelRejection.Settings, AgentFailure.ModelSettings)]
    [InlineData(ModelRejection.Credit, AgentFailure.ModelCredit)]
    [InlineData(ModelRejection.Content, AgentFailure.Refusal)]
    [InlineData(ModelRejection.ContextLength, AgentFailure.ModelContext)]
    public async Task Run_ModelRejects_FailsWithTheReason(ModelRejection cause, AgentFailure kind)
    {
        var result = await _harness.RunAsync(new FakeModel((_, _) => throw new ModelRejectedException("no such model", 404, cause)));
        result.ShouldBeOfType<AgentRunResult.Failed>().ShouldSatisfyAllConditions(f => f.Kind.ShouldBe(kind), f => f.Reason.ShouldBe("no such model"));
    }

    // Chat clients of other providers throw what their packages throw.
    [Fact]
    public async Task Run_AnotherProvidersFailures_AreSortedTheSameWay()
    {
        async Task<AgentRunResult> ResultOf(Exception e)
        {
            _harness.Attempt++;
            return await _harness.RunAsync(new FakeModel((_, _) => throw e));
        }

        (await ResultOf(new HttpRequestException(HttpRequestError.ConnectionError, "refused"))).ShouldBeOfType<AgentRunResult.ModelAway>();
        (await ResultOf(new HttpRequestException("overloaded", null, System.Net.HttpStatusCode.ServiceUnavailable))).ShouldBeOfType<AgentRunResult.ModelAway>();
        (await ResultOf(new TaskCanceledException("the client's own timeout"))).ShouldBeOfType<AgentRunResult.ModelAway>();
        await Should.ThrowAsync<NotSupportedException>(() => ResultOf(new NotSupportedException()));
        _harness.Attempt++;
        (await _harness.RunAsync(new FakeModel((_, _) => throw new HttpRequestException("who?", null, System.Net.HttpStatusCode.Unauthorized))))
            .ShouldBeOfType<AgentRunResult.Failed>().Kind.ShouldBe(AgentFailure.ModelSettings);
    }

    [Fact]
    public async Task Run_GuardedTool_WaitsForAPersonAndGoesOn()
    {
        var ran = 0;
        var guarded = Functions.With(() => ++ran, "deploy", ToolTraits.NeedsApprovalKey);
        var model = new FakeModel(Calls(CallOf("c1", "deploy", "{}"), CallOf("c2", "deploy", "{}")), Says("done"));

        var waiting = (await _harness.RunAsync(model, guarded)).ShouldBeOfType<AgentRunResult.NeedsApproval>();
        waiting.Pending.Select(p => p.CallId).ShouldBe(["c1", "c2"]);
        ran.ShouldBe(0);

        _harness.Attempt = 2;
        _harness.Adjust = run => run with { Approvals = [new ToolApproval(waiting.Pending[0].Digest, true), new ToolApproval(waiting.Pending[1].Digest, false, "not today")] };
        (await _harness.RunAsync(model, guarded)).ShouldBeOfType<AgentRunResult.Completed>();
        ran.ShouldBe(1);
        model.LastOutputs[^1].ShouldContain("not today");
        model.RequestsByTurn[1].ShouldBe(1);
    }

    [Fact]
    public async Task Run_InterruptedCallThatLeavesTheWorkspace_IsNotRepeated()
    {
        var ran = 0;
        var tool = Functions.With(() =>
        {
            ran++;
            return "sent";
        }, "send", ToolTraits.LeavesWorkspaceKey);
        _harness.Journal.OnWrite = (what, _, after) =>
        {
            if (what == "turn" && !after && ran == 1)
                throw new IOException("died");
        };
        var model = new FakeModel(Call("send", "{}"), Says("done"));
        await Should.ThrowAsync<IOException>(() => _harness.RunAsync(model, tool));
        _harness.Journal.OnWrite = null;
        _harness.Attempt = 2;
        await _harness.RunAsync(model, tool);
        ran.ShouldBe(1);
        model.LastOutputs.Single().ShouldContain("unknown");
    }

    [Fact]
    public async Task Run_Steering_JoinsAfterItsTurn()
    {
        _harness.Adjust = run => run with { Steering = [new SteeringNote(1, "mind the gap")] };
        var model = new FakeModel(Call("read", """{"path":"a"}"""), Says("done"));
        await _harness.RunAsync(model);
        (model.LastRequest![^1].Role, model.LastRequest[^1].Text).ShouldBe((ChatRole.User, "mind the gap"));
    }

    [Fact]
    public async Task Run_LongModelCall_KeepsTellingProgress()
    {
        var beats = 0;
        var enough = new TaskCompletionSource();
        _harness.Adjust = run => run with
        {
            ProgressEvery = TimeSpan.FromMilliseconds(1),
            Progress = p =>
            {
                p.Phase.ShouldBe(AgentPhase.AskingModel);
                if (Interlocked.Increment(ref beats) == 5)
                    enough.SetResult();
            },
        };
        await _harness.RunAsync(new WaitingModel(enough.Task));
        beats.ShouldBeGreaterThanOrEqualTo(5);
    }

    [Fact]
    public async Task Run_ChangeTooLargeForASnapshot_IsUndoneAndTold_AndTheRunGoesOn()
    {
        _harness.Workspace.Refuses = content => content.Contains("huge", StringComparison.Ordinal) ? new SnapshotTooLargeException(30_000, 300L << 20, 20_000, 256L << 20) : null;
        var model = new FakeModel(
            Call("append", """{"path":"a","text":"kept"}"""),
            Calls(CallOf("c1", "append", """{"path":"b","text":"huge"}"""), CallOf("c2", "append", """{"path":"c","text":"lost"}""")),
            Call("append", """{"path":"b","text":"small"}"""),
            Says("done"));
        var result = await _harness.RunAsync(model);
        result.ShouldBeOfType<AgentRunResult.Completed>().Snapshot.ShouldBe("""{"a":"kept","b":"small"}""");
        const string Told = "[undone: The change is too large to be recorded: 30000 files of 300 MiB together differ from the base, and at most 20000 files of 256 MiB are taken in. Remove what is no part of the change. The files are as they were before these calls.]";
        model.LastOutputs.Count(o => o.EndsWith(Told, StringComparison.Ordinal)).ShouldBe(2);
        // A resumed run reads the same.
        (await _harness.RunAsync(new FakeModel())).ShouldBeOfType<AgentRunResult.Completed>().Snapshot.ShouldBe("""{"a":"kept","b":"small"}""");
    }

    [Fact]
    public async Task Run_SnapshotsOfTheTaskExhausted_EndsInWords_WithWhatItUsed()
    {
        _harness.Workspace.Refuses = _ => new SnapshotsExhaustedException("Too much.");
        var failed = (await _harness.RunAsync(new FakeModel(Call("append", """{"path":"a","text":"x"}""")))).ShouldBeOfType<AgentRunResult.Failed>();
        (failed.Kind, failed.Reason, failed.Snapshot).ShouldBe((AgentFailure.SnapshotsExhausted, "Too much.", MemoryWorkspace.Empty));
        failed.Used.Usage.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task Run_SnapshotsWithoutStart_IsRefused()
    {
        _harness.Adjust = run => run with { StartSnapshot = null };
        await Should.ThrowAsync<ArgumentException>(() => _harness.RunAsync(new FakeModel(Says("x"))));
    }

    private sealed class WaitingModel(Task until) : DelegatingChatClient(new FakeModel(Says("done")))
    {
        public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await until.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
            return await base.GetResponseAsync(messages, options, cancellationToken);
        }
    }
}
