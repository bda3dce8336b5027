using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
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

    [Fact]
    public void Shares_OfWhatBelongsTogether_AreAllThereIs()
    {
        var state = CodingTaskState.Begin("0123456789ab", default);
        state.Parts.Divide(new Division([Part("a"), Part("b"), Part("c"), Part("d")], 9, 9) { IsTogether = true }, []);
        while (PartsDecider.Next(state.Parts) is { } next)
            state.Parts.Start(next.Key, PartsDecider.Share(state, new RepositoryPolicy.TaskLimits()));
        state.Parts.Parts.Select(p => p.Share).ShouldBe([0.25m, 0.25m, 0.25m, 0.25m]);
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
    [InlineData("merged", "merged", TaskState.Merged)]
    [InlineData("merged", "closed", TaskState.Closed)]
    [InlineData("merged", "failed", TaskState.Failed)]
    public void End_OfWhatBelongsTogether_IsMergedOnlyAsAWhole(string a, string b, TaskState expected)
    {
        var s = Together("acme/shop", "acme/lib");
        s.Reported("1", Report(Enum.Parse<TaskState>(a, ignoreCase: true)));
        s.Reported("2", Report(Enum.Parse<TaskState>(b, ignoreCase: true)));
        PartsDecider.End(s, "").State.ShouldBe(expected);
    }

    [Fact]
    public void Together_NoneIsReleasedBeforeAllAreGreen()
    {
        var s = Together("acme/shop", "acme/lib", "acme/app");
        TogetherNews News(int i) => PartsDecider.NewsOf(s, s.Parts[i], "acme/shop#7");
        News(0).ShouldBe(new TogetherNews("It waits until what belongs to it is green too (acme/lib, acme/app); then all are made ready together.", false, ""));
        s.Reported("2", Report(TaskState.AwaitingReview, isGreen: true, pull: 8));
        s.Reported("3", Report(TaskState.AwaitingCi, pull: 9));
        News(0).ShouldBe(new TogetherNews("It waits until what belongs to it is green too (acme/app); then all are made ready together.", false, "acme/lib#8, acme/app#9"));
        s.Reported("3", Report(TaskState.Merged, pull: 9));
        PartsDecider.AreAllGreen(s).ShouldBeFalse("the first has said nothing yet");
        News(0).Holds.ShouldStartWith("All that belongs to it is green");
        s.TellTogether("2", News(1));
        PartsDecider.Word(s.Parts[1]).ShouldBe("green, held back");
        s.Reported("1", Report(TaskState.ReadyToMerge, isGreen: true, pull: 7));
        PartsDecider.AreAllGreen(s).ShouldBeTrue();
        s.Release();
        News(1).ShouldBe(new TogetherNews("", true, "acme/shop#7, acme/app#9"));
        s.TellTogether("2", News(1));
        PartsDecider.Word(s.Parts[1]).ShouldBe("waits for a review");
    }

    [Theory]
    [InlineData(TaskState.Closed, "closed")]
    [InlineData(TaskState.Failed, "failed")]
    [InlineData(TaskState.Stopped, "stopped")]
    public void Together_OneThatEndsUnmerged_HoldsTheOthersAndIsNeverGreen(TaskState end, string word)
    {
        var s = Together("acme/shop", "acme/lib");
        s.Reported("1", Report(TaskState.AwaitingReview, isGreen: true));
        // It was green when it was closed.
        s.Reported("2", Report(end, isGreen: true));
        PartsDecider.AreAllGreen(s).ShouldBeFalse();
        var news = PartsDecider.NewsOf(s, s.Parts[0], "acme/shop#7");
        news.IsReleased.ShouldBeFalse();
        news.Holds.ShouldContain($"acme/lib ({word})");
        news.Holds.ShouldContain("/agent finish on acme/shop#7");
        s.Reported("1", Report(TaskState.Merged));
        PartsDecider.WhatBrokeOff(s, "acme/shop#7").ShouldBeEmpty("nothing is left to hold");
    }

    [Fact]
    public void ByRepository_IsAPartForEachThatChanges()
    {
        RepoRef shop = RepoRef.Parse("github:acme/shop"), lib = RepoRef.Parse("github:Acme/Lib");
        var others = new[] { new OtherRepository(lib, "b", new RepositoryPolicy(), "", "c") };
        var plan = new Plan("g", [], [new("a.cs", "")], [new("t.cs", "")], [], []);
        PartsDecider.ByRepository(plan, shop, others).ShouldBeNull();
        var there = new PlanElsewhere("acme/lib", "b", "", plan with { Tests = [new("a.cs", "")] });
        var both = PartsDecider.ByRepository(plan with { Others = [there] }, shop, others)!;
        both.IsTogether.ShouldBeTrue();
        both.Parts.Select(p => (p.Name, p.Repo, string.Join(' ', p.Paths))).ShouldBe([("acme/shop", null, "a.cs t.cs"), ("acme/lib", lib, "a.cs")]);
        PartsDecider.ByRepository(plan with { Edits = [], Tests = [], Others = [there] }, shop, others)!.Parts.ShouldHaveSingleItem().Repo.ShouldBe(lib);
        JsonSerializer.Deserialize<TaskPart>(JsonSerializer.Serialize(both.Parts[1]))!.Repo.ShouldBe(lib);
    }

    [Fact]
    public void PlanOf_APart_IsWhatItsRepositoryHasOfThePlan()
    {
        RepoRef lib = RepoRef.Parse("github:ACME/lib"), app = RepoRef.Parse("github:acme/app");
        var plan = new Plan("here", [], [new("a.cs", "1"), new("b.cs", "2")], [], [], []) { Others = [new("acme/lib", "b", "", new Plan("there", [], [new("a.cs", "3")], [], [], []))] };
        TaskPart.PlanOf(plan, ["a.cs"]).ShouldSatisfyAllConditions(p => p.Goal.ShouldBe("here"), p => p.Edits.ShouldHaveSingleItem().Intent.ShouldBe("1"), p => p.Others.ShouldBeNull());
        TaskPart.PlanOf(plan, ["a.cs"], lib).ShouldSatisfyAllConditions(p => p.Goal.ShouldBe("there"), p => p.Edits.ShouldHaveSingleItem().Intent.ShouldBe("3"));
        TaskPart.PlanOf(plan, ["b.cs"], lib).CountFiles().ShouldBe(0);
        TaskPart.PlanOf(plan, ["a.cs"], app).CountFiles().ShouldBe(0);
    }

    [Theory]
    [InlineData("github:acme/shop", 7, "coding-agent/issue-7-")]
    [InlineData("github:acme/shop", null, "coding-agent/goal-")]
    [InlineData("github:acme/lib", 7, "coding-agent/acme-shop-7-")]
    [InlineData("github:acme/lib", null, "coding-agent/acme-shop-goal-")]
    public void Branch_InAnotherRepository_IsNotNamedAfterItsIssues(string repo, int? issue, string prefix) =>
        TaskBranch.PrefixOf(RepoRef.Parse(repo), TaskId.ForIssue(RepoRef.Parse("github:acme/shop"), 7) with { Part = "abc-1" }, issue).ShouldBe(prefix);

    [Fact]
    public void Branch_OfARepositoryWithDots_IsOneThatGitTakes() =>
        TaskBranch.PrefixOf(RepoRef.Parse("github:acme/lib"), TaskId.ForIssue(RepoRef.Parse("github:acme/.x..y.lock"), 7), 7).ShouldBe("coding-agent/acme--x--y-lock-7-");

    private static PartsState Together(params string[] names)
    {
        var s = new PartsState();
        s.Divide(new Division([.. names.Select(n => Part(n))], 9, 9) { IsTogether = true }, []);
        foreach (var part in s.Parts)
            s.Start(part.Key, 0.1m);
        return s;
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
