using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Flows.Upgrade;
using CodingAgent.Workflows.Tasks;
using CodingAgent.Workflows.Tests.Life;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Tests.Flows.Upgrade;

/// <summary>The life of a task that moves a dependency: planned and edited by code, red batches split, calls mended one module at a time, the rest shipped.</summary>
public sealed class UpgradeFlowTests
{
    private const string AsksNobody = "version: 1\nplan: { approval: never }\ndanger: { dependencies: allow }\nupgrade: { pulls: one }\n";

    // The base; the split; two mended trees; what is published.
    private const int ChecksOfOneCulpritAmongFour = 1 + 5 + 2 + 1;

    private static readonly string[] Four = ["api", "core", "jobs", "web"];

    [Fact]
    public async Task Label_AllModulesGreen_IsPublishedAsOneChangeWithoutACoder()
    {
        await using var task = await StartAsync();
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingCi);

        task.Work.Steps.Select(s => s.Run.Role).ShouldBe([AgentRole.Critic]);
        task.Work.Upgrades.Makes.ShouldHaveSingleItem().Paths.ShouldBe(["api/api.csproj", "web/web.csproj"]);
        var published = task.Work.Publishes.ShouldHaveSingleItem();
        published.Report.Title.ShouldBe("build(deps): upgrade Serilog to 2.0.0");
        published.Report.ToString().ShouldContain("Serilog goes from 1.0.0 to 2.0.0 in 2 modules: api, web.");
        published.Records!.Plan.ShouldNotBeNull();
        await task.MergeAsync();
        await task.ResultAsync();
        await Histories.KeepAsync(task.Handle, "upgrade-green-merged");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(25)]
    public async Task Batch_Red_SplitsItselfAndTheCallsOfTheCulpritAreMended(int? historyLimit)
    {
        await using var task = await StartAsync(modules: Four, breaks: ["jobs"]);
        task.HistoryLimit = historyLimit;
        task.Work.Next(AgentRole.Fixer, step => FakeWork.Done(step, FakeWork.Report, task.Work.Upgrades.NoBetter(step)));
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingCi);

        var mends = task.Work.Steps.Where(s => s.Run.Role == AgentRole.Fixer).ToArray();
        mends.Length.ShouldBe(2);
        mends[0].Sections.ShouldContain(s => s.Title.StartsWith("The module whose calls", StringComparison.Ordinal) && s.Text.StartsWith("jobs\n", StringComparison.Ordinal));
        mends.ShouldAllBe(s => s.Work!.FailedChecks.Single().Output.StartsWith("jobs: no such method", StringComparison.Ordinal));
        // The second is told what the first has left red.
        mends[1].Work!.FailedChecks.Single().Output.ShouldNotBe(mends[0].Work!.FailedChecks.Single().Output);
        task.Work.Upgrades.Surveys.Count.ShouldBe(1);
        // Nothing is made twice: all four, halves until one stands alone, that one alone, and on top of what is green.
        task.Work.Upgrades.Makes.Select(m => $"{m.From} {string.Join(' ', m.Paths)}").ShouldBeUnique();
        task.Work.Checked.Count.ShouldBe(ChecksOfOneCulpritAmongFour);
        task.Work.Publishes.Single().Report.ToString().ShouldContain("in 4 modules: api, core, web, jobs. Calls were mended in jobs.");
        task.Forge.Comments(7).ShouldNotContain(c => c.Contains("Not upgraded"));
        if (historyLimit is null)
            await Histories.KeepAsync(task.Handle, "upgrade-split-and-mended");
    }

    [Fact]
    public async Task Culprit_ThatStaysRed_IsToldWithItsOutputAndTheRestShips()
    {
        await using var task = await StartAsync(modules: Four, breaks: ["core"]);
        for (var i = 0; i < 2; i++)
            task.Work.Next(AgentRole.Fixer, step => FakeWork.Done(step, FakeWork.Report, task.Work.Upgrades.NoBetter(step)));
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingCi);

        task.Work.Steps.Select(s => s.Run.Role).ShouldBe([AgentRole.Fixer, AgentRole.Fixer, AgentRole.Critic]);
        var told = task.Forge.Comments(7).Single(c => c.Contains("Not upgraded to 2.0.0"));
        told.ShouldContain("**core**: red alone, with nothing else changed");
        told.ShouldContain("core: no such method");
        var published = task.Work.Publishes.Single();
        published.Report.ToString().ShouldContain("Left as they were: core (red alone, with nothing else changed).");
        task.Work.Upgrades.RedOf(published.Snapshot!).ShouldBeNull();
        await Histories.KeepAsync(task.Handle, "upgrade-culprit-left");
    }

    [Fact]
    public async Task Fixer_ThatComesToNoAnswer_LeavesItsModuleAndNotTheRest()
    {
        await using var task = await StartAsync(breaks: ["web"]);
        task.Work.Next(AgentRole.Fixer, step => new AgentActivities.AgentStepResult(AgentActivities.AgentStepOutcome.Failed, FakeWork.Spent(step), null) { Reason = "The model goes in circles." });
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingCi);

        task.Forge.Comments(7).Single(c => c.Contains("Not upgraded")).ShouldContain("its calls are not mended: The model goes in circles.");
        task.Work.Publishes.Single().Report.ToString().ShouldContain("in 1 module: api.");
    }

    [Fact]
    public async Task Manifest_ThatCannotBeWritten_IsLeftWithoutAskingAnybody()
    {
        await using var task = await StartAsync();
        task.Work.Upgrades.Refuses = ["web"];
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingCi);

        task.Work.Steps.Select(s => s.Run.Role).ShouldBe([AgentRole.Critic]);
        task.Work.Publishes.Single().Report.ToString().ShouldContain("web (web/web.csproj could not be written anew for 2.0.0.)");
    }

    [Fact]
    public async Task Canary_Red_KeepsTheOthersWhereTheyAre()
    {
        await using var task = await StartAsync(AsksNobody.Replace("pulls: one", "pulls: one, canary: [api]"), Four, ["api"]);
        for (var i = 0; i < 2; i++)
            task.Work.Next(AgentRole.Fixer, step => FakeWork.Done(step, FakeWork.Report, task.Work.Upgrades.NoBetter(step)));
        await LabelAsync(task);

        (await task.UntilAsync(TaskState.Failed)).Reason.ShouldContain("No module is green with Serilog 2.0.0.");
        task.Work.Upgrades.Makes.ShouldAllBe(m => m.Paths.Count == 1 && m.Paths[0] == "api/api.csproj");
        task.Forge.Comments(7).ShouldContain(c => c.Contains("These are canaries, so no other module was tried."));
    }

    [Fact]
    public async Task Check_RedOnTheBaseToo_DoesNotExcuseAnother()
    {
        await using var task = await StartAsync(modules: ["api"], breaks: ["api"]);
        task.Work.Detected = [new("lint", "dotnet format", CheckKind.Test, ""), new("test", "dotnet test", CheckKind.Test, "")];
        task.Work.Base = _ => Task.FromResult(new Evidence("base", [new("lint", "dotnet format", 1, "exited", TimeSpan.Zero, "long line"), new("test", "dotnet test", 0, "exited", TimeSpan.Zero, "ok")]));
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingCi);

        task.Work.Steps.First().Run.Role.ShouldBe(AgentRole.Fixer);
        task.Work.Publishes.Single().Report.ToString().ShouldContain("Calls were mended in api.");
    }

    [Fact]
    public async Task Base_WithoutAGreenCheck_SaysThatNothingCanBeTold()
    {
        await using var task = await StartAsync(modules: ["api"], breaks: ["api"]);
        task.Work.Base = _ => Task.FromResult(new Evidence("base", [new("setup", "dotnet restore", 1, "exited", TimeSpan.Zero, "no feed")]));
        await LabelAsync(task);

        (await task.UntilAsync(TaskState.Failed)).Reason.ShouldContain("The checks are red without any upgrade");
        task.Work.Steps.ShouldBeEmpty();
    }

    [Fact]
    public async Task Question_Answered_IsLookedAtAnewWithTheAnswer()
    {
        await using var task = await StartAsync();
        task.Work.Upgrades.Problems.Enqueue("No manifest of this repository asks for Serilog.");
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Forge.Comments(7).ShouldContain(c => c.Contains("No manifest of this repository asks for Serilog."));
        await task.CommentAsync("@coding-agent @acme/log to 3.0.0\n\nThanks!");
        await task.UntilAsync(TaskState.AwaitingCi);

        task.Work.Upgrades.Surveys.Select(s => s.Request).ShouldBe([new UpgradeRequest("Serilog", "2.0.0"), new UpgradeRequest("@acme/log", "3.0.0")]);
        await Histories.KeepAsync(task.Handle, "upgrade-asked-and-answered");
    }

    [Fact]
    public async Task Plan_Rejected_IsMadeAnewFromWhatWasSaid()
    {
        await using var task = await StartAsync(TaskHarness.AsksForEveryPlan + "upgrade: { pulls: one }\n");
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingApproval);
        await task.RejectAsync("Serilog to 3.0.0 instead");
        await task.UntilAsync(t => t is { State: TaskState.AwaitingApproval, Plan.Version: 2 }, "the second plan");
        await task.ApproveAsync();
        await task.UntilAsync(TaskState.AwaitingCi);

        task.Work.Publishes.Single().Report.Title.ShouldBe("build(deps): upgrade Serilog to 3.0.0");
        await Histories.KeepAsync(task.Handle, "upgrade-rejected-planned-anew");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(25)]
    public async Task Question_AboutARejectedPlan_IsAskedOnceAndTheAnswerCounts(int? historyLimit)
    {
        await using var task = await StartAsync(TaskHarness.AsksForEveryPlan + "upgrade: { pulls: one }\n");
        task.HistoryLimit = historyLimit;
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Work.Upgrades.Problems.Enqueue("No manifest of this repository asks for nope.");
        task.Work.Upgrades.Problems.Enqueue("Still nobody asks for nope.");
        await task.RejectAsync("nope");
        await task.UntilAsync(() => task.Forge.Comments(7).Any(c => c.Contains("asks for nope")), "the question");
        await task.UntilAsync(TaskState.AwaitingApproval);
        await task.CommandAsync(new AgentCommand.Retry());
        await task.UntilAsync(() => task.Forge.Comments(7).Any(c => c.Contains("Still nobody")), "the second question");
        await task.CommentAsync("Serilog to 3.0.0");
        await task.UntilAsync(t => t is { State: TaskState.AwaitingApproval, Plan.Version: 2 }, "the second plan");

        task.Work.Upgrades.Surveys.Select(s => $"{s.Request.Name} {s.Request.Version}").ShouldBe(["Serilog 2.0.0", "nope ", "nope ", "Serilog 3.0.0"]);
    }

    [Fact]
    public async Task Stop_WhileATreeIsMade_EndsWithNothingPublished()
    {
        await using var task = await StartAsync(modules: Four, breaks: ["jobs"]);
        var began = new TaskCompletionSource();
        task.Work.Upgrades.Before = _ => task.Work.Upgrades.Makes.Count == 2 ? UntilCutAsync(began) : Task.CompletedTask;
        await LabelAsync(task);
        await began.Task;
        await task.StopAsync();

        (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldBe("stopped by ann");
        task.Work.Publishes.ShouldBeEmpty();
        task.Work.Upgrades.Makes.Count.ShouldBe(2);
        await Histories.KeepAsync(task.Handle, "upgrade-stopped");
    }

    [Fact]
    public async Task Finish_InTheMiddle_ShipsWhatIsGreenAndSaysWhatWasNotTried()
    {
        await using var task = await StartAsync(AsksNobody.Replace("pulls: one", "pulls: one, batch: 2"), Four, ["jobs"]);
        task.Work.Upgrades.Before = step => step.Paths.Contains("jobs/jobs.csproj") ? task.CommandAsync(new AgentCommand.Finish()) : Task.CompletedTask;
        await LabelAsync(task);

        (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldBe("finished by ann: the pull request stays as it is");
        task.Work.Upgrades.Makes.Count.ShouldBe(2);
        task.Work.Steps.ShouldBeEmpty();
        var report = task.Work.Publishes.ShouldHaveSingleItem().Report.ToString();
        report.ShouldContain("in 2 modules: api, core.");
        report.ShouldContain("Left as they were: jobs, web (not tried to the end: ann finished the task).");
        await Histories.KeepAsync(task.Handle, "upgrade-finished");
    }

    [Fact]
    public async Task Finish_WhileCallsAreMended_LeavesThatModuleAndShipsTheRest()
    {
        await using var task = await StartAsync(breaks: ["web"]);
        var began = new TaskCompletionSource();
        task.Work.NextAsync(AgentRole.Fixer, async step =>
        {
            await UntilCutAsync(began);
            return FakeWork.Done(step, FakeWork.Report);
        });
        task.Work.Next(AgentRole.Fixer, step => new AgentActivities.AgentStepResult(AgentActivities.AgentStepOutcome.Segment, FakeWork.Spent(step), task.Work.NewTree()));
        await LabelAsync(task);
        await began.Task;
        await task.CommandAsync(new AgentCommand.Finish());

        (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldBe("finished by ann: the pull request stays as it is");
        task.Work.Publishes.ShouldHaveSingleItem().Report.ToString().ShouldContain("in 1 module: api. Left as they were: web (red alone, with nothing else changed).");
    }

    [Fact]
    public async Task Finish_WithNothingGreen_EndsWithNothingPublished()
    {
        await using var task = await StartAsync(modules: ["api"], breaks: ["api"]);
        task.Work.Upgrades.Before = _ => task.CommandAsync(new AgentCommand.Finish());
        await LabelAsync(task);

        (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldBe("finished by ann, before any module was green");
        task.Work.Publishes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Review_Answered_LeavesTheUpgradeAsItIs()
    {
        await using var task = await StartAsync();
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.ReviewAsync(CodingAgent.Forges.ReviewState.ChangesRequested, "Please mention it in the changelog.");
        await task.UntilAsync(() => task.Work.Publishes.Count == 2, "the answer is published");

        task.Work.Upgrades.Surveys.Count.ShouldBe(1);
        var made = task.Work.Upgrades.Makes.ShouldHaveSingleItem();
        made.From.ShouldBeNull();
        var answer = task.Work.Steps.Last();
        answer.Run.Role.ShouldBe(AgentRole.Fixer);
        answer.Run.StartSnapshot.ShouldBe(task.Work.Publishes.First().Snapshot);
        await Histories.KeepAsync(task.Handle, "upgrade-review-answered");
    }

    private static async Task<TaskHarness> StartAsync(string policy = AsksNobody, IReadOnlyList<string>? modules = null, IReadOnlyList<string>? breaks = null)
    {
        var task = await TaskHarness.StartAsync(policy);
        task.Work.Upgrades.Modules = modules ?? task.Work.Upgrades.Modules;
        task.Work.Upgrades.Breaks = breaks ?? [];
        return task;
    }

    private static Task LabelAsync(TaskHarness task) => task.LabelAsync("Upgrade Serilog", words: "Serilog to 2.0.0", kind: TaskKind.Upgrade);

    private static async Task UntilCutAsync(TaskCompletionSource began)
    {
        var context = ActivityExecutionContext.Current;
        began.TrySetResult();
        while (!context.CancellationToken.IsCancellationRequested)
        {
            context.Heartbeat();
            await Task.WhenAny(Task.Delay(50), Task.Delay(Timeout.Infinite, context.CancellationToken));
        }

        context.CancellationToken.ThrowIfCancellationRequested();
    }
}
