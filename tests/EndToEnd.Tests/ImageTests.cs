using CodingAgent.Mcp.Tests.Sandboxes;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>
/// Whole tasks in containers of a real Docker Engine, for repositories whose policy names an image or asks for the dev container. What the
/// checks call is nowhere but in the image.
/// </summary>
public sealed class ImageTests(ServiceUnderTest service) : IClassFixture<ServiceUnderTest>
{
    [DockerFact]
    public async Task Task_InTheImageThatThePolicyNames_IsMerged()
    {
        var policy = Policy($"image: {TestEngine.Image}", "image-tool && sh tests/run.sh");
        var repository = await service.OpenRepositoryAsync("imaged", (".github/coding-agent.yml", policy));

        var (issue, pull) = await repository.MergedAsync();

        (await repository.BotCommentsAsync(pull)).Concat(await repository.BotCommentsAsync(issue)).ShouldNotContain(c => c.Contains("cannot run here", StringComparison.Ordinal));
        await repository.NothingIsDoubledAsync(issue, pull);
    }

    [DockerFact]
    public async Task Task_InADevContainerThatIsBuilt_WithItsOwnSetUp_IsMerged()
    {
        // Set-up leaves something in the workspace, and in HOME; checks see both, and the change holds neither.
        var policy = Policy("devcontainer: true", "test \"$(cat deps/installed)\" = \"$(dev-tool)\" && cat ~/cache && sh tests/run.sh");
        var container = """
            {
                // The tool is built into the image.
                "build": { "dockerfile": "Dockerfile", "args": { "WORDS": "made for this repository" }, },
                "features": { "ghcr.io/devcontainers/features/node:1": {} },
                "postCreateCommand": "mkdir deps && dev-tool > deps/installed && touch ~/cache",
            }
            """;
        var dockerfile = $"FROM {TestEngine.Image}\nARG WORDS\nRUN echo '#!/bin/sh' > /usr/bin/dev-tool && echo \"echo $WORDS\" >> /usr/bin/dev-tool && chmod 755 /usr/bin/dev-tool\n";
        var repository = await service.OpenRepositoryAsync(
            "contained", (".github/coding-agent.yml", policy), (".devcontainer/devcontainer.json", container), (".devcontainer/Dockerfile", dockerfile));

        var (issue, pull) = await repository.MergedAsync();

        (await repository.StatusAsync(issue, "features are not installed")).ShouldNotBeEmpty();
        var files = (await repository.Ada.GetAsync($"pulls/{pull}/files", default)).AsArray().Select(f => f!["filename"]!.GetValue<string>());
        files.ShouldBe(["src/add.sh", "tests/three_test.sh"], ignoreOrder: true);
        await repository.NothingIsDoubledAsync(issue, pull);
    }

    [DockerFact]
    public async Task Task_WhoseImageIsNotThere_EndsAtOnceInWords_WithoutAModel()
    {
        var repository = await service.OpenRepositoryAsync("absent", (".github/coding-agent.yml", Policy("image: registry.invalid/x:1", "sh tests/run.sh")));
        var issue = await repository.OpenIssueAsync("agent:implement");
        var task = await repository.TaskInStateAsync(repository.TaskIdOf(issue), "Failed");
        task["reason"]!.GetValue<string>().ShouldStartWith("The image registry.invalid/x:1 is not on this machine");
        service.Stage.ModelRequests.ShouldNotContain(r => r.Request != null && r.Request.Repository == repository.FullName);
    }

    private static string Policy(string sandbox, string check) => TestRepository.PolicyWithoutApproval
        .Replace($"run: {ShellSample.CheckCommand}", $"run: '{check}'", StringComparison.Ordinal) + $"sandbox:\n  {sandbox}\n";
}
