using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Life;

/// <summary>What is not as somebody thinks is in the status before anything is paid.</summary>
public sealed class StartWarningsTests
{
    [Fact]
    public async Task PolicyFile_OfAnotherName_IsToldAndNotRead()
    {
        await using var task = await TaskHarness.StartAsync("");
        task.Forge.Files[".github/coding-agent.yaml"] = "version: 1\nplan: { approval: always }\npaths: { deny: [\"src/**\"] }\n";
        await task.LabelAsync();
        // No approval is asked for: nothing of the file holds.
        await task.UntilAsync(TaskState.AwaitingCi);
        task.Stores.States.ShouldNotContain(TaskState.AwaitingApproval);
        Told(task).ShouldContain(".github/coding-agent.yaml on main is not read, so none of its rules hold: the policy's name is .github/coding-agent.yml. Rename it");
    }

    [Fact]
    public async Task PolicyFile_BesideTheRightOne_IsToldAndNotMerged()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nplan: { approval: always }\nchecks: [ { name: test, run: make test } ]\n");
        task.Forge.Files["coding-agent.yml"] = "version: 1\nchecks: [ { name: other, run: rm -rf . } ]\n";
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        Told(task).ShouldContain("coding-agent.yml on main is not read: the policy is .github/coding-agent.yml alone, and two are never merged");
        task.Work.Steps.ShouldAllBe(s => s.Policy.Checks.Count == 1 && s.Policy.Checks[0].Name == "test");
    }

    [Theory]
    [InlineData(PushRule.SignedCommits, "asks for signed commits on my branches, and I sign none: unless my account is excepted, the push will be refused")]
    [InlineData(PushRule.NoNewBranch, "lets nobody make branches named as mine are (coding-agent/…): unless")]
    [InlineData(PushRule.NoPush, "lets nobody push to branches named as mine are")]
    [InlineData(PushRule.Form, "names, messages or authors of a form that mine may not have")]
    public async Task Rule_ThatRefusesPushes_IsToldBeforeThePlan(PushRule rule, string words)
    {
        await using var task = await TaskHarness.StartAsync();
        task.Forge.PushRules = [rule];
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        Told(task).ShouldContain(words);
        (await task.Stores.FindAsync(task.Id, default))!.Warnings.ShouldHaveSingleItem().ShouldContain(words);
        task.Work.Publishes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true, true, null)]
    [InlineData(true, false, "asks for signed commits on my branches, and the policy does not (commits: { verified: true })")]
    [InlineData(false, true, "The policy asks for verified commits (commits.verified), and I can make none here: what I make will not be pushed. The service's operator lets it act as an App")]
    public async Task SignedCommits_AsThePolicyAndTheForgeHaveIt_AreToldWhereTheyWillBeMissing(bool signs, bool isVerified, string? words)
    {
        await using var task = await TaskHarness.StartAsync($"version: 1\nplan: {{ approval: always }}\ncommits: {{ verified: {(isVerified ? "true" : "false")} }}\n");
        task.Forge.Signs = signs;
        task.Forge.PushRules = signs ? [PushRule.SignedCommits] : [];
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        var warnings = (await task.Stores.FindAsync(task.Id, default))!.Warnings;
        if (words is null)
            warnings.ShouldBeEmpty();
        else
            warnings.ShouldHaveSingleItem().ShouldContain(words);
    }

    [Fact]
    public async Task Rule_ForNewBranches_IsNoMatterOfAFix()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Forge.PushRules = [PushRule.NoNewBranch];
        task.Forge.OpenPull(9, "topic", new string('b', 40));
        await task.FixPullAsync(9, "mend it");
        await task.UntilAsync(t => t.State == TaskState.AwaitingCi, "published");
        System.Net.WebUtility.HtmlDecode(task.Forge.Status(9)).ShouldNotContain("A rule of the repository");
    }

    private static string Told(TaskHarness task) => System.Net.WebUtility.HtmlDecode(task.Forge.Status(7)).Replace("\\_", "_", StringComparison.Ordinal);
}
