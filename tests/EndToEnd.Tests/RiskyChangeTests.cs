namespace CodingAgent.EndToEnd.Tests;

/// <summary>What a change turns out to be is asked about when it is made, through the running service.</summary>
public sealed class RiskyChangeTests(ServiceUnderTest service) : IClassFixture<ServiceUnderTest>
{
    // The check's line names the file, so it decides how the checks run; what that takes is the policy's to say.
    private static string Policy(string runner) => $"{TestRepository.PolicyWithoutApproval.Replace("run: sh tests/run.sh", "run: sh tests/run.sh src/add.sh", StringComparison.Ordinal).TrimEnd()}\ndanger:\n  runner: {runner}\n";

    [Fact]
    public async Task Change_ThatATightenedPolicyAsksAbout_WaitsForAWordAndThenLeaves()
    {
        var repository = await service.OpenRepositoryAsync("tightened", (".github/coding-agent.yml", Policy("allow")));
        var held = service.Stage.Tap.HoldNextAsync("change_report", afterEdit: false, repository.FullName);
        var issue = await repository.OpenIssueAsync("agent:implement");
        await held.WaitAsync(TimeSpan.FromMinutes(2));
        (await repository.CommentAsync(issue, "### 🧭 Plan")).ShouldContain("**No approval needed:**");
        await GitClone.PushAsync(service.Stage, repository.Ada, repository.FullName, "main", new Dictionary<string, string>(StringComparer.Ordinal) { [".github/coding-agent.yml"] = Policy("ask") });
        service.Stage.Tap.Release();

        var question = await repository.CommentAsync(issue, "(version 2)");
        question.ShouldContain("`src/add.sh` decides how the checks run");
        question.ShouldContain("Nothing is published until");
        await repository.TaskInStateAsync(repository.TaskIdOf(issue), "AwaitingApproval");
        (await repository.PullsAsync()).ShouldBeEmpty();

        await repository.SayAsync(issue, "/agent approve");
        var pull = await repository.PullAsync();
        await repository.ReadyPullAsync(pull);
        var body = (await repository.Ada.GetAsync($"pulls/{pull}", default))["body"]!.GetValue<string>();
        body.ShouldContain("### For the reviewer");
        body.ShouldContain("src/add.sh decides how the checks run");
        body.ShouldContain("the plan was approved by ada");
    }
}
