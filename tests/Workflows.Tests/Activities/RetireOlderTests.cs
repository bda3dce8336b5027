using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Activities;

/// <summary>Which of our older pull requests a newer one takes the place of.</summary>
public sealed class RetireOlderTests
{
    private static readonly DateTimeOffset Date = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeStores _stores = new();
    private readonly FakeForge _forge = new(TaskHarness.Repo, () => Date);

    [Theory]
    [InlineData("the same in the same place", true)]
    [InlineData("an ended task whose pull request is open", true)]
    [InlineData("a member of the group that moves now", true)]
    [InlineData("places that another part of the newer one covers", true)]
    [InlineData("places that a merged newer one covers", true)]
    [InlineData("places that a closed newer one covered", false)]
    [InlineData("a group of which only a member moves now", false)]
    [InlineData("another ecosystem's package of that name", false)]
    [InlineData("the same version", false)]
    [InlineData("a newer version", false)]
    [InlineData("a version that only looks newer", true)]
    [InlineData("one place more", false)]
    [InlineData("closed already", false)]
    [InlineData("opened by a person", false)]
    [InlineData("on a branch of a person's", false)]
    [InlineData("in a fork", false)]
    [InlineData("another part of the same task", false)]
    public async Task RetireOlder_ClosesOnlyWhatIsCovered(string what, bool isClosed)
    {
        string[] place = ["a/package.json"];
        var newer = new TaskSubject("npm", ["lib"], "2.10.0", place);
        var older = newer with { Version = "2.0.0" };
        var id = TaskId.ForIssue(TaskHarness.Repo, 7);
        var (state, branch) = (TaskState.AwaitingReview, "coding-agent/issue-7-x");
        switch (what)
        {
            case "an ended task whose pull request is open": state = TaskState.Stopped; break;
            case "a member of the group that moves now": newer = newer with { Names = ["lib", "lib-extra"] }; break;
            case "a group of which only a member moves now": older = older with { Names = ["lib", "lib-extra"] }; break;
            case "places that another part of the newer one covers": older = older with { Paths = ["a/package.json", "b/package.json"] }; Known(TaskId.ForIssue(TaskHarness.Repo, 9) with { Part = "k-2" }, newer with { Paths = ["b/package.json"] }, 50); break;
            case "places that a merged newer one covers": older = older with { Paths = ["a/package.json", "b/package.json"] }; Known(TaskId.ForIssue(TaskHarness.Repo, 5), newer with { Version = "3.0.0", Paths = ["b/package.json"] }, 50, TaskState.Merged); break;
            case "places that a closed newer one covered": older = older with { Paths = ["a/package.json", "b/package.json"] }; Known(TaskId.ForIssue(TaskHarness.Repo, 5), newer with { Paths = ["b/package.json"] }, 50, TaskState.Closed); break;
            case "another ecosystem's package of that name": older = older with { Kind = "PyPI" }; break;
            case "the same version": older = older with { Version = newer.Version }; break;
            case "a newer version": older = older with { Version = "3.0.0" }; break;
            case "a version that only looks newer": older = older with { Version = "2.9.9" }; break;
            case "one place more": older = older with { Paths = ["a/package.json", "b/package.json"] }; break;
            case "on a branch of a person's": branch = "anns-work"; break;
            case "another part of the same task": id = TaskId.ForIssue(TaskHarness.Repo, 9) with { Part = "k-3" }; break;
        }

        var pull = (await _forge.EnsureDraftPullAsync(TaskHarness.Repo, new NewPullRequest(branch, "main", "T", "B"), default)).Number;
        if (what == "closed already")
            _forge.SetPull(pull, p => p with { IsOpen = false });
        if (what == "opened by a person")
            _forge.SetPull(pull, p => p with { Author = new Actor("ann", 5, ActorKind.User) });
        if (what == "in a fork")
            _forge.SetPull(pull, p => p with { Head = p.Head with { Repo = RepoRef.Parse("github:evil/shop") } });
        Known(id, older, pull, state);

        for (var i = 0; i < 2; i++)
        {
            // Done once, it has nothing left to do.
            var retired = await RetireAsync(newer);
            retired.ShouldBe(isClosed && i == 0 ? [id] : []);
        }

        (await _forge.GetPullAsync(TaskHarness.Repo, pull, default)).IsOpen.ShouldBe(!isClosed && what != "closed already");
        _forge.Comments(pull).Count.ShouldBe(isClosed ? 1 : 0);
    }

    private Task<IReadOnlyList<TaskId>> RetireAsync(TaskSubject subject)
    {
        var activities = new ForgeActivities(_forge, _stores, _stores, _stores, _forge, new FlowSettings { PlannerModel = "m", CoderModel = "m" }, TimeProvider.System);
        return new ActivityEnvironment().RunAsync(() => activities.RetireOlderAsync(new ForgeActivities.RetireInput(TaskId.ForIssue(TaskHarness.Repo, 9) with { Part = "k-1" }, 99, subject)));
    }

    private void Known(TaskId id, TaskSubject subject, int pull, TaskState state = TaskState.AwaitingReview) => _stores.UpsertAsync(
        new TaskSummary(id, 1, "r", TaskKind.Upgrade, state, "", "", "", "ann", null, pull, "b", "h", 0, 0, 0, Date, Date) { Subject = subject }, default).Wait();
}
