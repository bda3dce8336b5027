using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>Signed webhook in; comments, branch and pull request out; every part real but the model. The demo's story on a tiny repository.</summary>
public sealed class StoryTests
{
    /// <summary>As an account, and as an App: then each call of the way has to do with a token that allows what it needs and nothing else.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LabelledIssue_ServiceAndWorkerKilledOnTheWay_IsMergedWithNothingDoubled(bool isApp)
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-sample-").FullName;
        try
        {
            foreach (var (path, text) in ShellSample.Files)
            {
                var file = Path.Combine(folder, path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllTextAsync(file, text);
            }

            await using var stage = await Stage.BuildAsync(new StageOptions { RepositoryFolder = folder, IsApp = isApp }, CancellationToken.None);
            var ticket = new Ticket(ShellSample.IssueTitle, ShellSample.IssueBody, "src/add.sh", ShellSample.ReviewRemark);

            var passed = await new Story(stage, ticket).RunAsync(CancellationToken.None);

            passed.ShouldBeTrue("the count at the end of the printed story says what was doubled");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
