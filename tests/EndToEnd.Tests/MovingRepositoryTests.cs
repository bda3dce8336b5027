using System.Text.Json.Nodes;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>What a task stands on, and what moves of it while it works and waits: rules, the base branch, the repository's name.</summary>
public sealed class MovingRepositoryTests(ServiceUnderTest service) : IClassFixture<ServiceUnderTest>
{
    [Fact]
    public async Task Base_PushedToWhileThePlanWaits_IsUnderTheWorkWhenItIsPublished()
    {
        var repository = await service.OpenRepositoryAsync("moving");
        var issue = await repository.OpenIssueAsync("agent:implement");
        await repository.PlanHashAsync(issue);
        var moved = await GitClone.PushAsync(service.Stage, repository.Ada, repository.FullName, "main", new Dictionary<string, string>(StringComparer.Ordinal) { ["NEWS.md"] = "Meanwhile.\n" });
        await repository.SayAsync(issue, "/agent approve");

        var pull = await repository.PullAsync();
        await repository.ReadyPullAsync(pull);
        var head = (await repository.Ada.GetAsync($"pulls/{pull}", default))["head"]!["sha"]!.GetValue<string>();
        var first = (await repository.Ada.GetAsync($"pulls/{pull}/commits?per_page=100", default)).AsArray()[0]!;
        first["parents"]!.AsArray().Select(p => p!["sha"]!.GetValue<string>()).ShouldBe([moved]);
        (await repository.Ada.GetAsync($"contents/NEWS.md?ref={head}", default))["name"]!.GetValue<string>().ShouldBe("NEWS.md");
        (await repository.Ada.GetAsync($"pulls/{pull}/files", default)).AsArray().Select(f => f!["filename"]!.GetValue<string>()).ShouldNotContain("NEWS.md");
        await repository.NothingIsDoubledAsync(issue, pull);
    }

    [Fact]
    public async Task Start_RuleForSignaturesAndASecondPolicyFile_AreInTheStatusBeforeThePlanIsApproved()
    {
        var repository = await service.OpenRepositoryAsync("rules", (".github/coding-agent.yaml", "version: 1\npaths: { deny: [\"src/**\"] }\n"));
        service.Stage.Forge.AddRule(Stage.Owner, "rules", "coding-agent/", "required_signatures");
        var issue = await repository.OpenIssueAsync("agent:implement");
        await repository.PlanHashAsync(issue);
        var status = await repository.StatusAsync(issue, "waits for the plan");
        status.ShouldContain("A rule of the repository asks for signed commits on my branches, and I sign none: unless my account is excepted, the push will be refused");
        status.ShouldContain(".github/coding-agent.yaml on main is not read: the policy is .github/coding-agent.yml alone");
        await repository.SayAsync(issue, "/agent stop");
        await repository.TaskInStateAsync(repository.TaskIdOf(issue), "Stopped");
    }

    [Fact]
    public async Task Repository_RenamedWhileAReviewIsAwaited_TheReviewIsAnsweredAndItIsMerged()
    {
        var repository = await service.OpenRepositoryAsync("old-name", (".github/coding-agent.yml", TestRepository.PolicyWithoutApproval));
        var issue = await repository.OpenIssueAsync("agent:implement");
        var pull = await repository.PullAsync();
        await repository.ReadyPullAsync(pull);
        await repository.TaskInStateAsync(repository.TaskIdOf(issue), "AwaitingReview");
        var before = (await repository.Ada.GetAsync($"pulls/{pull}", default))["head"]!["sha"]!.GetValue<string>();

        await repository.Ada.PatchAsync("", new JsonObject { ["name"] = "new-name" }, default);
        var ada = repository.Ada.At($"{Stage.Owner}/new-name");
        await ada.PostAsync($"pulls/{pull}/reviews", new JsonObject
        {
            ["event"] = "REQUEST_CHANGES",
            ["body"] = "One thing.",
            ["comments"] = new JsonArray(new JsonObject { ["path"] = "src/add.sh", ["line"] = 2, ["side"] = "RIGHT", ["body"] = ShellSample.ReviewRemark }),
        }, default);

        var head = await repository.FindAsync("a commit that answers", async () =>
            await ada.GetAsync($"pulls/{pull}", default) is var now && now["head"]!["sha"]!.GetValue<string>() is var sha && sha != before ? sha : null);
        await repository.FindAsync("green CI", async () =>
            (await ada.GetAsync($"commits/{head}/check-runs", default))["check_runs"]!.AsArray() is { Count: > 0 } runs && runs.All(r => r!["conclusion"]?.GetValue<string>() == "success") ? head : null);
        await ada.PostAsync($"pulls/{pull}/reviews", new JsonObject { ["event"] = "APPROVE", ["body"] = "Thank you." }, default);
        await repository.TaskInStateAsync(repository.TaskIdOf(issue), "ReadyToMerge");
        await ada.PutAsync($"pulls/{pull}/merge", new JsonObject { ["merge_method"] = "merge" }, default);
        await repository.TaskInStateAsync(repository.TaskIdOf(issue), "Merged");
    }
}
