using System.Text.Json;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Life;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Life;

/// <summary>What a divided task does next, from what its parts say.</summary>
public sealed class PartsDeciderTests
{
    private static readonly JsonElement Nothing = JsonSerializer.SerializeToElement(new { });

    [Fact]
    public void Next_WithAGate_IsTheGateUntilItIsGreen()
    {
        var s = Divided(parallel: 3, Part("a"), Part("gate", isGate: true), Part("b"));
        PartsDecider.Next(s)!.Key.ShouldBe("2");
        s.Start("2", 0.1m);
        PartsDecider.Next(s).ShouldBeNull();
        s.Reported("2", Report(TaskState.AwaitingCi));
        PartsDecider.Next(s).ShouldBeNull();
        s.Reported("2", Report(TaskState.AwaitingReview, isGreen: true));
        PartsDecider.Next(s)!.Key.ShouldBe("1");
    }

    [Fact]
    public void Gate_ThatHandsBack_IsPassedOnceItsPiecesAre()
    {
        var s = Divided(parallel: 3, Part("gate", isGate: true), Part("b"));
        s.Start("1", 0.1m);
        s.Reported("1", Report(TaskState.Closed, pull: null) with { HandsBack = [Part("piece")] });
        s.Parts.Select(p => (p.Key, p.Part.Name, p.Part.IsGate)).ShouldBe([("1", "gate", true), ("2", "b", false), ("3", "piece", true)]);
        PartsDecider.Next(s)!.Key.ShouldBe("3");
        s.Start("3", 0.1m);
        PartsDecider.Stranded(s).ShouldBeEmpty();
        s.Reported("3", Report(TaskState.Merged));
        PartsDecider.Next(s)!.Key.ShouldBe("2");
    }

    [Theory]
    [InlineData(TaskState.Closed)]
    [InlineData(TaskState.Failed)]
    [InlineData(TaskState.Stopped)]
    public void Gate_OverWithoutBeingGreen_StrandsTheOthers(TaskState end)
    {
        var s = Divided(parallel: 3, Part("gate", isGate: true), Part("b"));
        s.Start("1", 0.1m);
        s.Reported("1", Report(end));
        PartsDecider.Stranded(s).Select(p => p.Key).ShouldBe(["2"]);
        PartsDecider.Next(s).ShouldBeNull();
    }

    [Fact]
    public void Gate_GreenButWithSomethingLeftAsItWas_IsNotPassed()
    {
        var s = Divided(parallel: 3, Part("gate", isGate: true), Part("b"));
        s.Start("1", 0.1m);
        s.Reported("1", Report(TaskState.Merged) with { Left = "not tried" });
        PartsDecider.Stranded(s).ShouldHaveSingleItem();
        PartsDecider.IsAllMerged(s).ShouldBeFalse();
    }

    [Fact]
    public void Report_OfAPartThatNeverBegan_OrOfNone_ChangesNothing()
    {
        var s = Divided(parallel: 1, Part("a"));
        s.Reported("1", Report(TaskState.Merged));
        s.Reported("9", Report(TaskState.Merged));
        s.Parts.ShouldHaveSingleItem().Last.ShouldBeNull();
    }

    [Fact]
    public void HandedBack_InEachReport_IsAPartOnce()
    {
        var s = Divided(parallel: 1, Part("a"));
        s.Start("1", 0.1m);
        for (var i = 0; i < 3; i++)
            s.Reported("1", Report(TaskState.Verifying) with { HandsBack = [Part("piece")] });
        s.Parts.Count.ShouldBe(2);
    }

    [Fact]
    public void Next_AtTheLimitOfThoseAtWorkOrOpen_IsNone()
    {
        var s = Divided(parallel: 1, Part("a"), Part("b"), Part("c"));
        s.Start("1", 0.1m);
        PartsDecider.Next(s).ShouldBeNull();
        s.Reported("1", Report(TaskState.AwaitingCi));
        PartsDecider.Next(s)!.Key.ShouldBe("2");

        var few = new PartsState();
        few.Divide(new Division([Part("a"), Part("b")], 5, 1), []);
        few.Start("1", 0.1m);
        few.Reported("1", Report(TaskState.AwaitingReview, isGreen: true));
        PartsDecider.Next(few).ShouldBeNull();
        few.Reported("1", Report(TaskState.Merged));
        PartsDecider.Next(few)!.Key.ShouldBe("2");
    }

    [Fact]
    public void Shares_OfAllParts_AreTogetherNoMoreThanTheLimits()
    {
        var state = CodingTaskState.Begin("0123456789ab", default);
        state.Parts.Divide(new Division([.. Enumerable.Range(0, 4).Select(i => Part($"{i}"))], 9, 9), []);
        var limits = new RepositoryPolicy.TaskLimits();
        while (PartsDecider.Next(state.Parts) is { } next)
        {
            state.Parts.Start(next.Key, PartsDecider.Share(state, limits));
            if (state.Parts.Parts.Count < 9)
                state.Parts.Reported(next.Key, Report(TaskState.Editing) with { HandsBack = [Part("piece")] });
        }

        state.Parts.Parts.ShouldAllBe(p => p.Share > 0);
        state.Parts.Parts.Sum(p => p.Share).ShouldBeLessThanOrEqualTo(1);
        // What an ended part did not use is there for the next one.
        var before = PartsDecider.Share(state, limits);
        state.Parts.Reported("1", Report(TaskState.Merged) with { CostUsd = 0.01m });
        PartsDecider.Share(state, limits).ShouldBeGreaterThan(before);
    }

    [Theory]
    [InlineData(new[] { TaskState.Merged, TaskState.Failed }, "", TaskState.Merged)]
    [InlineData(new[] { TaskState.Closed, TaskState.Failed }, "", TaskState.Failed)]
    [InlineData(new[] { TaskState.Closed, TaskState.Closed }, "", TaskState.Closed)]
    [InlineData(new[] { TaskState.Stopped, TaskState.Closed }, "ann", TaskState.Stopped)]
    public void End_IsWhatBecameOfTheParts(TaskState[] ends, string finishedBy, TaskState expected)
    {
        var s = Divided(9, [.. ends.Select((_, i) => Part($"{i}"))]);
        foreach (var (end, i) in ends.Select((e, i) => (e, i)))
        {
            s.Start($"{i + 1}", 0.1m);
            s.Reported($"{i + 1}", Report(end));
        }

        PartsDecider.End(s, finishedBy).State.ShouldBe(expected);
    }

    [Theory]
    [InlineData("task/github:acme/shop/issue/7/part/abc-1", "task/github:acme/shop/issue/7")]
    [InlineData("task/gitlab:group/sub/project/issue/7/part/abc-1", "task/gitlab:group/sub/project/issue/7")]
    [InlineData("task/github:acme/part/issue/7", null)]
    [InlineData("task/github:acme/shop/goal/part", null)]
    public void TaskId_OfAPart_NamesTheWhole(string text, string? whole)
    {
        var id = TaskId.Parse(text);
        id.ToString().ShouldBe(text);
        (id.Part is null).ShouldBe(whole is null);
        id.Whole.ToString().ShouldBe(whole ?? text);
        JsonSerializer.Deserialize<TaskId>(JsonSerializer.Serialize(id)).ShouldBe(id);
    }

    [Theory]
    [InlineData("task/github:acme/shop/issue/7/part/")]
    [InlineData("task/github:acme/shop/issue/7/part/a b")]
    [InlineData("task/github:acme/shop/issue/7/part/1/part/2")]
    [InlineData("task/github:acme/shop/part/1")]
    [InlineData("task/github:acme/shop/issue/x/part/1")]
    public void TaskId_OfNoPart_IsNone(string text) => TaskId.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void State_OfADividedTask_ComesBackFromJson()
    {
        var state = CodingTaskState.Begin("0123456789ab", default);
        state.Parts.Divide(new Division([Part("a")], 2, 3), []);
        state.Parts.Start("1", 0.5m);
        SignalReducer.Apply(state, new CodingTaskSignal.PartReported("d1", "ann", default, "1", Report(TaskState.AwaitingCi)));
        SignalReducer.Apply(state, new CodingTaskSignal.PartReported("d1", "ann", default, "1", Report(TaskState.Merged)));
        var back = JsonSerializer.Deserialize<CodingTaskState>(JsonSerializer.Serialize(state))!;
        back.Parts.Parts.ShouldHaveSingleItem().ShouldSatisfyAllConditions(p => p.Last!.State.ShouldBe(TaskState.AwaitingCi), p => p.Share.ShouldBe(0.5m), p => p.Part.Name.ShouldBe("a"));
        (back.Parts.PartsParallel, back.Parts.PartsMostOpen).ShouldBe((2, 3));
    }

    [Fact]
    public void EndedByTask_EndsAsItSays()
    {
        var state = CodingTaskState.Begin("0123456789ab", default);
        SignalReducer.Apply(state, new CodingTaskSignal.CommandGiven("c", "ann", default, new AgentCommand.Status(), null));
        SignalReducer.Apply(state, new CodingTaskSignal.EndedByTask("e", "ann", default, TaskState.Closed, "#9 takes its place"));
        state.Inbox.End.ShouldBe(new EndRequest(TaskState.Closed, "#9 takes its place"));
    }

    private static PartsState Divided(int parallel, params TaskPart[] parts)
    {
        var s = new PartsState();
        s.Divide(new Division(parts, parallel, 9), []);
        return s;
    }

    private static TaskPart Part(string name, bool isGate = false) => new(name, [$"{name}.json"], isGate, Nothing);

    private static PartReport Report(TaskState state, bool isGreen = false, int? pull = 5) => new(state, "", pull, null, isGreen, 0, 0);
}
