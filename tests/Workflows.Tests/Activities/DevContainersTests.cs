using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Tests.Sandboxes;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tests.Activities;

/// <summary>A repository whose policy asks for its dev container or names an image, prepared with real git and, where there is one, a real Engine.</summary>
public sealed class DevContainersTests : IDisposable
{
    private const string File = ".devcontainer/devcontainer.json";

    private static readonly RepositoryPolicy Policy = new() { Checks = [new("test", "true")], Sandbox = new() { DevContainer = true } };

    private PreparedRepository? _repository;

    public void Dispose() => _repository?.Dispose();

    private PreparedRepository Repository(params (string Path, string Text)[] files) => RepositoryOn(null, files);

    private PreparedRepository RepositoryOn(DockerOptions? docker, params (string Path, string Text)[] files) => _repository = NewRepository(docker, files);

    private static PreparedRepository NewRepository(DockerOptions? docker, params (string Path, string Text)[] files) =>
        new(files.Append(("README.md", "x\n")).ToDictionary(f => f.Item1, f => f.Item2, StringComparer.Ordinal), docker);

    private static DockerOptions Engine(string? buildNetwork = null) => new() { SocketPath = TestEngine.Socket, BuildNetwork = buildNetwork, TemporaryBytes = 256L << 20 };

    [Theory]
    [InlineData("other.json", "{}", "has no devcontainer.json")]
    [InlineData(File, "{ \"image\": ", "is not valid JSON, comments and trailing commas allowed (line 1)")]
    [InlineData(File, "{ \"build\": { \"dockerfile\": \"Dockerfile\", \"context\": \"../..\" } }", "'../..' leads out of the repository")]
    [InlineData(File, "{ \"build\": { \"dockerfile\": \"../../../etc/Dockerfile\" } }", "leads out of the repository")]
    [InlineData(File, "{ \"image\": \"debian --privileged\" }", "is no image reference")]
    [InlineData(File, "{ \"dockerComposeFile\": \"compose.yml\" }", "several containers at once are not supported")]
    public async Task DevContainer_ThatCannotBeFollowed_IsToldAtOnceInWords(string path, string text, string words)
    {
        var problem = (await Repository((path, text)).PrepareAsync(Policy)).Problem.ShouldNotBeNull();
        problem.Reason.ShouldContain(words);
        problem.Reason.ShouldEndWith(" Nothing was started and no model was asked.");
        problem.WhatToDo.ShouldContain(".github/coding-agent.yml");
    }

    [Fact]
    public async Task Engine_ThatIsAway_IsWorthAnotherTry() =>
        (await Should.ThrowAsync<SandboxUnavailableException>(() => Repository((File, "{ \"image\": \"a:1\" }")).PrepareAsync(Policy))).Message.ShouldContain("no.sock");

    [DockerFact]
    public async Task Image_OfAHostileFile_IsUsedWithinOurWalls_AndTheRestIsToldAsNotDone()
    {
        var file = $$"""
            // For format details, see https://aka.ms/devcontainer.json
            {
                "image": "{{TestEngine.Image}}", /* ours */
                "features": { "ghcr.io/devcontainers/features/docker-in-docker:2": {}, },
                "mounts": ["source=/,target=/host,type=bind"],
                "runArgs": ["--privileged", "--network=host", "--user=root", "-v", "/:/host"],
                "privileged": true,
                "containerEnv": { "LD_PRELOAD": "/workspace/evil.so" },
                "remoteUser": "root",
                "initializeCommand": "touch /tmp/initialized",
                "onCreateCommand": ["image-tool"],
                "postCreateCommand": "test ! -e /host && test \"$(id -u)\" != 0 && test -z \"$LD_PRELOAD\" && grep -q 'CapEff:.0000000000000000' /proc/self/status && ! grep -q eth0 /proc/net/dev && image-tool > \"$HOME/tool\"",
            }
            """;
        var prepared = await RepositoryOn(Engine(), (File, file)).PrepareAsync(Policy);
        prepared.Problem.ShouldBeNull(prepared.Problem?.ToString());
        prepared.Policy.Sandbox.Image.ShouldBe(TestEngine.Image.ToString());
        prepared.Build.Setup.Select(s => s.Run).ShouldBe(["image-tool", prepared.Build.Setup[1].Run]);
        prepared.Build.Notes.Select(n => n.Split(' ')[0]).ShouldBe(["features", "runArgs", "mounts", "privileged", "containerEnv", "remoteUser", "initializeCommand"]);
    }

    [DockerFact]
    public async Task Setup_OfThePolicy_WinsOverTheDevContainers()
    {
        var file = $$"""{ "image": "{{TestEngine.Image}}", "postCreateCommand": "exit 1" }""";
        var prepared = await RepositoryOn(Engine(), (File, file)).PrepareAsync(Policy with { Setup = ["image-tool"] });
        prepared.Problem.ShouldBeNull(prepared.Problem?.ToString());
        prepared.Build.Setup.Select(s => s.Run).ShouldBe(["image-tool"]);
    }

    [DockerFact]
    public async Task Dockerfile_IsBuiltFromItsContextWithItsArguments_AndUsed()
    {
        var repository = RepositoryOn(
            Engine("none"),
            (File, $$"""{ "build": { "dockerfile": "Dockerfile", "context": "..", "args": { "BASE": "{{TestEngine.Image}}", "WHO": "us {{Guid.NewGuid():N}}" } }, "postCreateCommand": "grep -q '^us ' /opt/who && cat /opt/context/README.md" }"""),
            (".devcontainer/Dockerfile", "ARG BASE=nothing\nFROM $BASE\nARG WHO\nCOPY README.md /opt/context/README.md\nRUN echo $WHO > /opt/who\n"));
        var prepared = await repository.PrepareAsync(Policy);
        prepared.Problem.ShouldBeNull(prepared.Problem?.ToString());
        prepared.Policy.Sandbox.Image.ShouldStartWith("codingagent/devcontainer:");
        (await repository.PrepareAsync(Policy)).Policy.Sandbox.Image.ShouldBe(prepared.Policy.Sandbox.Image);
    }

    [DockerFact]
    public async Task ImageOrDockerfile_ThatCannotBeUsed_IsToldAtOnce()
    {
        async Task<string> ReasonAsync(string? network, RepositoryPolicy policy, params (string, string)[] files)
        {
            using var repository = NewRepository(Engine(network), files);
            return (await repository.PrepareAsync(policy)).Problem.ShouldNotBeNull().Reason;
        }

        var named = Policy with { Sandbox = new() { Image = "registry.invalid/x:1" } };
        (await ReasonAsync(null, named)).ShouldStartWith("The image registry.invalid/x:1 is not on this machine, and pulling is off here");
        (string, string)[] With(string dockerfile) => [(File, """{ "build": { "dockerfile": "Dockerfile" } }"""), (".devcontainer/Dockerfile", dockerfile)];
        (await ReasonAsync(null, Policy, With($"FROM {TestEngine.Image}\n"))).ShouldContain("Sandbox:BuildNetwork");
        (await ReasonAsync("none", Policy, With("FROM registry.invalid/x:1\n"))).ShouldStartWith("The image registry.invalid/x:1 is not on this machine");
        (await ReasonAsync("none", Policy, With($"FROM {TestEngine.Image}\nRUN echo no such package; exit 9\n"))).ShouldContain("no such package");
        (await ReasonAsync("none", Policy, With($"FROM {TestEngine.Image}\nNONSENSE\n"))).ShouldContain("NONSENSE");
    }
}
