using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Activities;

/// <summary>Who is asked for a review when a draft becomes ready.</summary>
public sealed class MarkReadyTests
{
    private readonly FakeStores _stores = new();
    private readonly FakeForge _forge = new(TaskHarness.Repo, () => new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("version: 1\n")]
    [InlineData("version: 1\nreview: { request: [] }\n")]
    [InlineData("version: 2\nreview: { request: [ann] }\n")]
    public async Task Ready_WhereThePolicyNamesNobody_AsksNobody(string policy)
    {
        var pull = await ReadyAsync(policy);
        pull.IsDraft.ShouldBeFalse();
        _forge.Asked.ShouldBeEmpty();
        _forge.Comments(pull.Number).ShouldBeEmpty();
    }

    [Fact]
    public async Task Ready_WhereThePolicyNamesReviewers_AsksEachAndTellsOnceWhoCouldNotBe()
    {
        _forge.CannotReview.Add("gone");
        const string policy = "version: 1\nreview: { request: [ann, gone, acme/payments] }\n";
        var pull = await ReadyAsync(policy);
        _forge.Asked.ShouldBe([(pull.Number, "ann"), (pull.Number, "acme/payments")]);
        await ReadyAsync(policy);
        _forge.Comments(pull.Number).ShouldHaveSingleItem().ShouldContain("gone: Reviews may only be requested from collaborators");
    }

    private async Task<PullRequest> ReadyAsync(string policy)
    {
        _forge.Files[".github/coding-agent.yml"] = policy;
        _forge.Branches["b"] = new string('b', 40);
        var pull = await _forge.EnsureDraftPullAsync(TaskHarness.Repo, new NewPullRequest("b", "main", "T", "B"), default);
        var activities = new ForgeActivities(_forge, _stores, _stores, _stores, _forge, new FlowSettings { PlannerModel = "m", CoderModel = "m" }, TimeProvider.System);
        await new ActivityEnvironment().RunAsync(() => activities.MarkReadyAsync(TaskHarness.Repo, pull.Number));
        return await _forge.GetPullAsync(TaskHarness.Repo, pull.Number, default);
    }
}
