using CodingAgent.Mcp.Images;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Tests.Sandboxes;

public sealed class DockerImageBuilderTests : IDisposable
{
    private readonly ScratchFolder _checkout = new();
    private readonly DockerEngine _engine = TestEngine.NewEngine(o => o with { BuildNetwork = "none" });
    private readonly string _tree = Guid.NewGuid().ToString("N");

    public void Dispose()
    {
        _engine.Dispose();
        _checkout.Dispose();
    }

    [DockerFact]
    public async Task Dockerfile_IsBuiltFromItsContext_OnceForOneContent()
    {
        _checkout.Write(".git/HEAD", "ref: refs/heads/main");
        _checkout.Write("src/tool", "#!/bin/sh\necho built for $1\n");
        File.CreateSymbolicLink(_checkout["src/link"], "/etc/hostname");
        _checkout.Write(".devcontainer/Dockerfile", $"ARG BASE=nothing\nFROM $BASE AS dev\nARG WHO\nCOPY . /opt/context\nRUN chmod +x /opt/context/src/tool && echo $WHO > /opt/who\nFROM dev AS other\nRUN false\n");
        var container = DevContainer.Parse(
            $$"""{ "build": { "dockerfile": "Dockerfile", "context": "..", "target": "dev", "args": { "BASE": "{{TestEngine.Image}}", "WHO": "us" } } }""", ".devcontainer/devcontainer.json");

        var image = await ImageAsync(container);
        using var f = new ContractFixture(SandboxKind.Docker, new DockerSandbox(_engine, image));
        (await f.OutputAsync("/opt/context/src/tool $(cat /opt/who); ls -A /opt/context; readlink /opt/context/src/link")).ShouldBe("built for us\n.devcontainer\nsrc\n/etc/hostname");

        // The second time nothing is built: the Dockerfile is not even looked at.
        _checkout.Write(".devcontainer/Dockerfile", "FROM nothing:1\n");
        (await ImageAsync(container)).ShouldBe(image);
    }

    [DockerFact]
    public async Task Dockerfile_OutsideItsContext_IsBuilt_AndNotSeenByIt()
    {
        _checkout.Write("app/file", "x");
        _checkout.Write("docker/Dockerfile", $"FROM {TestEngine.Image}\nCOPY file /opt/file\nRUN [ \"$(cat /opt/file)\" = x ]\n");
        (await ImageAsync(new DevContainer { Build = new DevContainerBuild("docker/Dockerfile", "app") })).Name.ShouldBe("codingagent/devcontainer");
    }

    [DockerFact]
    public async Task Build_ReachesNoNetwork_AndItsFailureIsToldWithItsLastWords()
    {
        _checkout.Write("Dockerfile", $"FROM {TestEngine.Image}\nSHELL [\"/bin/bash\", \"-c\"]\nRUN echo looking; (exec 3<>/dev/tcp/1.1.1.1/80) || cut -d: -f1 -s /proc/net/dev; exit 9\n");
        var error = await Should.ThrowAsync<SandboxUnavailableException>(() => ImageAsync(Of("Dockerfile")));
        error.Message.ShouldStartWith("Dockerfile could not be built: ");
        error.Message.ShouldContain("looking");
        error.Message.ShouldContain("| lo");
        error.Message.ShouldNotContain("eth0");
        error.Message.ShouldNotContain("\n");
    }

    [DockerFact]
    public async Task ImagesThatAreAbsent_AreNotFetchedByABuild()
    {
        _checkout.Write("Dockerfile", $"FROM {TestEngine.Image}\nCOPY --from=registry.invalid/x:1 /x /x\n");
        (await Should.ThrowAsync<SandboxUnavailableException>(() => ImageAsync(Of("Dockerfile")))).Message.ShouldStartWith("The image registry.invalid/x:1 is not on this machine");
        _checkout.Write("Dockerfile", "FROM ${WHATEVER}\n");
        (await Should.ThrowAsync<SandboxUnavailableException>(() => ImageAsync(Of("Dockerfile")))).Message.ShouldStartWith("Dockerfile cannot be built: ");
    }

    [DockerFact]
    public async Task Build_WithoutTheOperatorsWord_IsOff_AndFilesBehindLinksAreNone()
    {
        _checkout.Write("Dockerfile", "FROM a\n");
        var off = new DockerImageBuilder(TestEngine.Engine);
        (await Should.ThrowAsync<SandboxUnavailableException>(() => off.ImageAsync(Of("Dockerfile"), _checkout.Path, _tree, ContractFixture.Limits, CancellationToken.None)))
            .Message.ShouldContain("Sandbox:BuildNetwork");
        File.CreateSymbolicLink(_checkout["link"], "/etc/passwd");
        Directory.CreateSymbolicLink(_checkout["folder"], "/etc");
        foreach (var path in new[] { "link", "folder/passwd", "absent" })
            (await Should.ThrowAsync<SandboxUnavailableException>(() => ImageAsync(Of(path)), path)).Message.ShouldContain("of the repository");
    }

    private static DevContainer Of(string dockerfile) => new() { Build = new DevContainerBuild(dockerfile, "") };

    private Task<ImageReference> ImageAsync(DevContainer container) =>
        new DockerImageBuilder(_engine).ImageAsync(container, _checkout.Path, _tree, ContractFixture.Limits with { MemoryBytes = 512L << 20 }, CancellationToken.None);
}
