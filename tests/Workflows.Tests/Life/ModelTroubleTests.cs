using CodingAgent.Agents;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Life;

/// <summary>A model's endpoint that refuses, is away for long, or answers what cannot be read: the task parks with words, and goes on.</summary>
public sealed class ModelTroubleTests
{
    private static readonly ModelUse Paid = new("m", new Usage(3, 10_000, 500, 0, 0), 0.05m, true);

    private static AgentActivities.AgentStepResult Refused(AgentActivities.AgentStep step, string errorType, string reason = "The model endpoint answered 402.") =>
        new(AgentActivities.AgentStepOutcome.Failed, FakeWork.Spent(step), null, null, reason, ErrorType: errorType);

    private static AgentActivities.AgentStepResult Away(AgentActivities.AgentStep step) =>
        new(AgentActivities.AgentStepOutcome.ModelAway, FakeWork.Spent(step), null, null, "503 from the endpoint");

    [Theory]
    [InlineData(ErrorTypes.ModelCredit, "spending limit")]
    [InlineData(ErrorTypes.ModelRejected, "model's name and key")]
    [InlineData(ErrorTypes.ModelRequest, "Models:Api")]
    [InlineData(ErrorTypes.ModelContext, "larger context")]
    [InlineData(ErrorTypes.ModelUnreadable, "look at the model's endpoint")]
    public async Task Refused_ParksWithWhatToMend_AndGoesOnByItself(string errorType, string mend)
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.Next(AgentRole.Planner, step => Refused(step, errorType));
        await task.LabelAsync();
        (await task.UntilAsync(t => t.Reason.Contains("answered 402"), "parked")).State.ShouldBe(TaskState.Planning);
        await task.UntilAsync(() => task.Forge.Comments(7).Any(c => c.Contains("waits for its model") && c.Contains(mend) && c.Contains("/agent retry")), "a comment of its own", TimeSpan.Zero);
        await task.UntilAsync(() => task.Forge.Status(7).Contains(mend), "in the status too", TimeSpan.Zero);

        await task.AdvanceAsync(TimeSpan.FromMinutes(16));
        var planned = await task.UntilAsync(TaskState.AwaitingApproval);
        planned.Reason.ShouldBe("");
        // The same run, gone on with; what the refused try cost is in the cost.
        task.Work.Steps.Select(s => s.Run.RunId).Distinct().Count().ShouldBe(1);
        planned.CostUsd.ShouldBe(0.10m);
        task.Forge.Comments(7).Count(c => c.Contains("waits for its model")).ShouldBe(1);
    }

    [Fact]
    public async Task Refused_RetryByAPerson_IsAtOnce()
    {
        await using var task = await TaskHarness.StartAsync();
        for (var i = 0; i < 2; i++)
            task.Work.Next(AgentRole.Planner, step => Refused(step, ErrorTypes.ModelCredit));
        await task.LabelAsync();
        await task.UntilAsync(t => t.Reason.Contains("answered 402"), "parked");
        await task.CommandAsync(new AgentCommand.Retry());
        await task.UntilAsync(() => task.Work.Steps.Count == 2, "asked again", TimeSpan.Zero);
        await task.CommandAsync(new AgentCommand.Retry());
        await task.UntilAsync(TaskState.AwaitingApproval);
        await Histories.KeepAsync(task.Handle, "model-refused-then-retried");
    }

    [Fact]
    public async Task Refused_WithAPullRequest_WaitsInItsRound_AndGoesOn()
    {
        await using var task = await TaskHarness.StartAsync();
        await task.UntilPublishedAsync();
        task.Work.Next(AgentRole.Fixer, step => Refused(step, ErrorTypes.ModelCredit));
        await task.ReviewAsync(CodingAgent.Forges.ReviewState.ChangesRequested, "Again.");
        await task.UntilAsync(t => t.Reason.Contains("answered 402"), "parked");
        // A command to mend is one to try again.
        await task.FixAsync();
        await task.UntilAsync(() => task.Work.Publishes.Count == 2, "the round went on");
    }

    [Fact]
    public async Task Away_ForLong_ParksToo_AndIsToldOnce()
    {
        await using var task = await TaskHarness.StartAsync();
        for (var i = 0; i < 20; i++)
            task.Work.Next(AgentRole.Planner, Away);
        await task.LabelAsync();
        await task.UntilAsync(t => t.Reason.Contains("is away"), "away");
        task.Forge.Comments(7).ShouldNotContain(c => c.Contains("waits for its model"));
        await task.AdvanceAsync(TimeSpan.FromMinutes(75));
        await task.UntilAsync(() => task.Forge.Comments(7).Any(c => c.Contains("waits for its model")), "told", TimeSpan.FromMinutes(5));
        var asked = task.Work.Steps.Count;
        asked.ShouldBeLessThan(25);
        await task.AdvanceAsync(TimeSpan.FromHours(8));
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Forge.Comments(7).Count(c => c.Contains("waits for its model")).ShouldBe(1);
    }

    [Fact]
    public async Task Failing_ForLong_TheFallbackIsAsked_AndItIsSaid()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nplan: { approval: always }\nmodels: { fallback: zebra-2, fallback_after: 5m }\n");
        task.Work.Next(AgentRole.Planner, step => Refused(step, ErrorTypes.ModelCredit));
        task.Work.Next(AgentRole.Planner, step => FakeWork.Done(step, FakeWork.Plan) with { ByFallback = true });
        await task.LabelAsync();
        await task.UntilAsync(t => t.Reason.Contains("answered 402"), "parked");
        await task.AdvanceAsync(TimeSpan.FromMinutes(6));
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Work.Steps.Select(s => s.Run.UseFallback).ShouldBe([false, true]);
        await task.UntilAsync(() => task.Forge.Status(7).Contains("fallback model"), "it is said", TimeSpan.Zero);
        task.Forge.Status(7).ShouldNotContain("zebra");

        // The next agent begins with its own model.
        await task.ApproveAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
        task.Work.Steps.Skip(2).ShouldAllBe(s => !s.Run.UseFallback);
    }

    [Fact]
    public async Task Failing_WithTheFallbackToo_TheyTakeTurns()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nplan: { approval: always }\nmodels: { fallback: zebra-2, fallback_after: 5m }\n");
        for (var i = 0; i < 5; i++)
            task.Work.Next(AgentRole.Planner, step => Refused(step, ErrorTypes.ModelCredit));
        await task.LabelAsync();
        await task.UntilAsync(t => t.Reason.Contains("answered 402"), "parked");
        await task.AdvanceAsync(TimeSpan.FromHours(5));
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Work.Steps.Select(s => s.Run.UseFallback).ShouldBe([false, true, false, true, false, true]);
    }

    [Fact]
    public async Task Failing_ForEver_EndsWithTheWords()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nplan: { approval: always }\nreview: { remind_after: 1h, expire_after: 3h }\n");
        for (var i = 0; i < 30; i++)
            task.Work.Next(AgentRole.Planner, step => Refused(step, ErrorTypes.ModelCredit));
        await task.LabelAsync();
        await task.UntilAsync(t => t.Reason.Contains("answered 402"), "parked");
        await task.AdvanceAsync(TimeSpan.FromHours(5));
        (await task.UntilAsync(TaskState.Failed)).Reason.ShouldContain("spending limit");
        task.Work.Steps.Count.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task Stopped_InTheMiddle_WhatTheJournalHoldsIsBooked()
    {
        await using var task = await TaskHarness.StartAsync();
        var began = new TaskCompletionSource();
        task.Work.Journalled = step => step.Run.Used + new Consumption(3, Paid.Usage, 0.05m, TimeSpan.FromSeconds(20)) { Models = [Paid] };
        task.Work.NextAsync(AgentRole.Planner, async step =>
        {
            var context = Temporalio.Activities.ActivityExecutionContext.Current;
            began.SetResult();
            while (!context.CancellationToken.IsCancellationRequested)
            {
                context.Heartbeat();
                await Task.WhenAny(Task.Delay(50), Task.Delay(Timeout.Infinite, context.CancellationToken));
            }

            context.CancellationToken.ThrowIfCancellationRequested();
            return FakeWork.Done(step, FakeWork.Plan);
        });
        await task.LabelAsync();
        await began.Task;
        await task.StopAsync();
        var stopped = await task.UntilAsync(TaskState.Stopped);
        (stopped.CostUsd, stopped.InputTokens).ShouldBe((0.05m, 10_000));
        stopped.Models.ShouldBe([Paid]);
        await Histories.KeepAsync(task.Handle, "stopped-and-booked");
    }

    [Fact]
    public async Task Costs_WithoutAPrice_SaySo()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.Next(AgentRole.Planner, step => FakeWork.Done(step, FakeWork.Plan) with
        {
            Used = new Consumption(3, new Usage(3, 10_000, 500, 0, 0) { EstimatedRequests = 2 }, 0m, TimeSpan.FromSeconds(20))
            {
                Models = [new ModelUse("m", new Usage(3, 10_000, 500, 0, 0) { EstimatedRequests = 2 }, 0m, false)],
            },
        });
        await task.LabelAsync();
        (await task.UntilAsync(TaskState.AwaitingApproval)).CostIsKnown.ShouldBeFalse();
        await task.UntilAsync(() => task.Forge.Status(7).Contains("no price of the model is configured"), "said", TimeSpan.Zero);
        task.Forge.Status(7).ShouldContain("estimated for 2 requests");
        task.Forge.Status(7).ShouldNotContain("$0.00");
        task.Forge.Comments(7).ShouldContain(c => c.Contains("Expected cost: not known"));
    }
}
