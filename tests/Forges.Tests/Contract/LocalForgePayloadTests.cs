using System.Text;
using CodingAgent.Forges.Events;
using CodingAgent.Forges.GitHub.Webhooks;

namespace CodingAgent.Forges.Tests.Contract;

/// <summary>What LocalForge sends is understood by the mapping that GitHub's own payload examples prove.</summary>
public sealed class LocalForgePayloadTests(GitHubForgeOnLocalForge.Stage stage) : IClassFixture<GitHubForgeOnLocalForge.Stage>
{
    private const string Repo = "/repos/acme/shop";

    [Fact]
    public async Task Deliveries_OfAWholeStory_MapToTheEventsTheyAre()
    {
        // Nobody listens at port 9; the forge keeps every payload all the same.
        stage.Server.AddWebhook(new Uri("http://127.0.0.1:9/"), "secret");
        var issue = (int)(await stage.PostAsync("ada", Repo + "/issues", new { title = "T", labels = new[] { "agent:implement" } }))["number"]!;
        var comment = (long)(await stage.PostAsync("eve", $"{Repo}/issues/{issue}/comments", new { body = "/agent stop" }))["id"]!;
        var sha = await stage.PushAsync("bot", "acme/shop", "agent/story", [("src/pay.txt", "one\n2\nthree\n")]);
        var pull = (int)(await stage.PostAsync("bot", Repo + "/pulls", new { title = "P", head = "agent/story", @base = "main", draft = true }))["number"]!;
        await stage.Forge.MarkReadyAsync(new RepoRef(ForgeKind.GitHub, "acme", "shop"), pull, CancellationToken.None);
        var review = (long)(await stage.PostAsync("ada", $"{Repo}/pulls/{pull}/reviews", new
        {
            @event = "REQUEST_CHANGES",
            body = "no",
            comments = new[] { new { path = "src/pay.txt", line = 2, body = "why" } },
        }))["id"]!;
        await stage.PostAsync("bot", $"{Repo}/statuses/{sha}", new { state = "success", context = "coding-agent/evidence" });
        await stage.PostAsync("robo[bot]", Repo + "/check-runs", new { name = "build", head_sha = sha, conclusion = "failure" });
        await stage.PushAsync("bot", "acme/shop", "agent/story", [("src/pay.txt", "one\nzwei\nthree\n")]);
        await stage.CallAsync("ada", HttpMethod.Put, $"{Repo}/pulls/{pull}/merge", new { });
        await stage.CallAsync("ada", HttpMethod.Patch, $"{Repo}/issues/{issue}", new { state = "closed" });

        var mapped = stage.Server.Deliveries
            .Select(d => (Name: $"{d.Event}.{d.Action}", Mapped: GitHubWebhookMapper.Map(d.Guid, d.Event, Encoding.UTF8.GetBytes(d.Payload)))).ToList();
        mapped.ShouldAllBe(m => !(m.Mapped is MappedDelivery.Unreadable));
        var events = mapped.Select(m => m.Mapped).OfType<MappedDelivery.Event>().Select(m => m.Value).ToList();

        events.OfType<ForgeEvent.Labeled>().ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            e => (e.Number, e.Label, e.IsPullRequest, e.Actor.Login).ShouldBe((issue, "agent:implement", false, "ada")));
        events.OfType<ForgeEvent.Commented>().ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            e => (e.Number, e.CommentId, e.Body, e.Actor.Login, e.IsPullRequest).ShouldBe((issue, comment, "/agent stop", "eve", false)));
        events.OfType<ForgeEvent.ReviewSubmitted>().ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            e => (e.Number, e.ReviewId, e.State, e.Head.Sha, e.Head.Repo).ShouldBe((pull, review, ReviewState.ChangesRequested, sha, e.Repo)));
        events.OfType<ForgeEvent.ReviewCommented>().ShouldHaveSingleItem().ReviewId.ShouldBe(review);
        events.OfType<ForgeEvent.PullChanged>().Select(e => e.Change).ShouldBe(
            [PullChange.Opened, PullChange.ReadyForReview, PullChange.Synchronized, PullChange.Merged]);
        events.OfType<ForgeEvent.IssueStateChanged>().ShouldHaveSingleItem().IsOpen.ShouldBeFalse();
        events.OfType<ForgeEvent.CiChanged>().ShouldAllBe(e => e.HeadSha == sha);
        events.OfType<ForgeEvent.CiChanged>().Select(e => e.Source).Distinct().ShouldBe([CiSource.Status, CiSource.CheckRun, CiSource.CheckSuite], ignoreOrder: true);
    }
}
