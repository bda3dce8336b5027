using System.Text.Json.Nodes;
using Temporalio.Client;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>Nobody asks for anything: the policy names a time, and it comes.</summary>
public sealed class ScheduleStoryTests(ServiceUnderTest service) : IClassFixture<ServiceUnderTest>
{
    [Fact]
    public async Task Schedule_OfThePolicy_BeginsATaskWhosePullRequestSaysSo()
    {
        var policy = $"{TestRepository.PolicyWithoutApproval}\non:\n  schedule:\n    - {{ name: nightly, cron: \"0 3 1 1 *\", run: implement, goal: \"Let add.sh add three numbers\" }}\n";
        var repository = await service.OpenRepositoryAsync("punctual", (".github/coding-agent.yml", policy));
        // A repository is looked through once an event came from it.
        var issue = await repository.OpenIssueAsync();
        await repository.SayAsync(issue, "/agent help");
        await repository.CommentAsync(issue, "/agent");

        var key = (await File.ReadAllTextAsync(Path.Combine(service.Stage.ServiceDirectory, "temporal.key"))).Trim();
        var client = await TemporalClient.ConnectAsync(new TemporalClientConnectOptions(service.Stage.TemporalAddress) { ApiKey = key, Tls = new TlsOptions { Disabled = true } });
        await client.GetScheduleHandle("coding-agent-sweep").TriggerAsync();
        await Eventually.FindAsync(
            "the schedule", async () => (await service.LogAsync()).Contains("the schedule nightly stands: implement at 0 3 1 1 * (UTC), next ", StringComparison.Ordinal) ? repository : null);

        await client.GetScheduleHandle($"coding-agent-schedule/github:{repository.FullName}/nightly").TriggerAsync();
        var number = await repository.PullAsync();
        var pull = await repository.ReadyPullAsync(number);
        pull["body"]!.GetValue<string>().ShouldContain("Written by Coding Agent for the schedule nightly");
        (await repository.BotCommentsAsync(number)).ShouldContain(c => c.Contains("Asked for by the schedule nightly", StringComparison.Ordinal));
        // Its commits are nobody's.
        var commits = (await repository.Ada.GetAsync($"pulls/{number}/commits", default)).AsArray();
        commits.ShouldAllBe(c => !((JsonNode)c!)["commit"]!["message"]!.GetValue<string>().Contains("Co-authored-by", StringComparison.Ordinal));

        // The time comes again while it is open.
        await client.GetScheduleHandle($"coding-agent-schedule/github:{repository.FullName}/nightly").TriggerAsync();
        await Eventually.FindAsync("the refusal", async () => (await service.LogAsync()).Contains("which it began earlier, is still open", StringComparison.Ordinal) ? repository : null);
        (await repository.PullsAsync()).Count.ShouldBe(1);
    }
}
