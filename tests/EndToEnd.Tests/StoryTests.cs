using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>Signed webhook in; comments, branch and pull request out; every part real but the model. The demo's story on a tiny repository.</summary>
public sealed class StoryTests
{
    // On GitHub with a personal token all other tests here play; the whole story is the demo's.
    [Fact]
    public Task LabelledIssueOnGitLab_ServiceAndWorkerKilledOnTheWay_IsMergedWithNothingDoubled() => PlayAsync(new StageOptions { Forge = DemoForge.GitLab });

    internal static async Task PlayAsync(StageOptions options, string morePolicy = "", Func<Stage, Task>? look = null)
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-sample-").FullName;
        try
        {
            foreach (var (path, text) in ShellSample.Files)
            {
                var file = Path.Combine(folder, path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllTextAsync(file, path.EndsWith("coding-agent.yml", StringComparison.Ordinal) ? text + morePolicy : text);
            }

            if (options.Forge == DemoForge.GitLab)
                GitLabFiles.Move(folder);
            await using var stage = await Stage.BuildAsync(options with { RepositoryFolder = folder }, CancellationToken.None);
            var ticket = new Ticket(ShellSample.IssueTitle, ShellSample.IssueBody, "src/add.sh", ShellSample.ReviewRemark);

            var passed = await new Story(stage, ticket, Narrator.OnConsole()).RunAsync(CancellationToken.None);

            passed.ShouldBeTrue("the count at the end of the printed story says what was doubled");
            if (look is not null)
                await look(stage);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>
/// The same story with the service as an App: each call of the whole way has to do with a token that allows what it needs, and nothing else; and all that it
/// commits is verified.
/// </summary>
public sealed class AppStoryTests
{
    [Fact]
    public Task LabelledIssue_ServiceAsAnAppWithNarrowTokens_IsMergedWithNothingDoubled() =>
        StoryTests.PlayAsync(new StageOptions { IsApp = true }, "commits: { verified: true }\n", async stage =>
        {
            var pull = (await stage.Human.GetAsync("pulls?state=all", default))[0]!["number"]!;
            var commits = (await stage.Human.GetAsync($"pulls/{pull}/commits", default)).AsArray();
            commits.ShouldNotBeEmpty();
            commits.ShouldAllBe(c => c!["commit"]!["verification"]!["verified"]!.GetValue<bool>());
        });
}
