using System.Formats.Tar;
using CodingAgent.Mcp.Images;
using CodingAgent.Mcp.Sandboxes;
using Docker.DotNet.Models;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>What only containers have: images with a will of their own, an Engine that may be away, and what is left behind.</summary>
public sealed class DockerSandboxTests
{
    private static readonly UnixFileMode Program = (UnixFileMode)0x1ed;

    [DockerFact]
    public async Task ImagesEntryPointUserAndFolder_DoNotCount_ItsPathAndVariablesDo()
    {
        using var f = new ContractFixture(SandboxKind.Docker);
        (await f.OutputAsync("pwd; image-tool; echo $IMAGE_VARIABLE; id -u | grep -c '^0$' || true")).ShouldBe("/workspace\nfrom the image\nkept\n0");
        (await f.OutputAsync("env | cut -d= -f1 | sort | tr '\\n' ' '")).ShouldBe("DOTNET_PROCESSOR_COUNT HOME HOSTNAME IMAGE_VARIABLE LANG LOGNAME PATH PWD SHLVL TERM TMPDIR USER _ ");
        (await f.OutputAsync(f.Line("echo $IMAGE_VARIABLE $HOME") with { Environment = new Dictionary<string, string> { ["IMAGE_VARIABLE"] = "ours" } })).ShouldBe("ours /home/agent");
    }

    [DockerFact]
    public async Task ImagesAccounts_Stay_AndGiveTheCommandNoGroup()
    {
        using var f = new ContractFixture(SandboxKind.Docker);
        // The image's group "build" names the member "agent".
        (await f.OutputAsync("cut -d: -f1 /etc/passwd | tr '\\n' ' '; id -G | wc -w")).ShouldBe("root build agent 1");
    }

    [DockerFact]
    public async Task SetuidProgramOfTheImage_GivesNothing()
    {
        using var f = new ContractFixture(SandboxKind.Docker);
        (await f.OutputAsync("[ -u /usr/bin/setuid-id ] && setuid-id -u")).ShouldBe(await f.OutputAsync("id -u"));
    }

    [DockerFact]
    public async Task ImagesVolume_IsAnEmptyFolderInMemory_AndLeavesNothing()
    {
        var before = await UnusedVolumesAsync();
        using var f = new ContractFixture(SandboxKind.Docker);
        (await f.OutputAsync("echo x > /data/x && ls /data; awk '$2 == \"/data\" { print $3 }' /proc/mounts")).ShouldBe("x\ntmpfs");
        (await f.OutputAsync("ls /data")).ShouldBe("");
        (await UnusedVolumesAsync()).Except(before).ShouldBeEmpty();
    }

    // What others' containers use just now is theirs.
    private static async Task<IReadOnlyList<string>> UnusedVolumesAsync()
    {
        var unused = new VolumesListParameters { Filters = new Dictionary<string, IDictionary<string, bool>> { ["dangling"] = new Dictionary<string, bool> { ["true"] = true } } };
        return [.. ((await TestEngine.Client.Volumes.ListAsync(unused, CancellationToken.None)).Volumes ?? []).Select(v => v.Name)];
    }

    [DockerTheory]
    [InlineData("for i in $(seq 40); do head -c 5000000 /dev/urandom > big$i; sleep 0.1; done", "40 MiB")]
    [InlineData("for i in $(seq 40); do head -c 5000000 /dev/urandom > big$i; sleep 60 < big$i & rm big$i; sleep 0.1; done; wait", "40 MiB")]
    [InlineData("for i in $(seq 40); do mkdir d$i; (cd d$i; touch $(seq 500)); sleep 0.1; done", "2000 files and folders")]
    public async Task Workspace_BeyondItsBound_EndsTheContainerWithOneLine(string line, string bound)
    {
        using var engine = TestEngine.NewEngine(o => o with { Workspace = new DiskBounds(40L << 20, 2_000) });
        using var f = new ContractFixture(SandboxKind.Docker, new DockerSandbox(engine, TestEngine.Image));
        var result = await f.ShellAsync(line + "; echo through");
        result.StandardError.ShouldContain($"[killed: the workspace holds more than {bound}, its bound; delete what is not needed]");
        result.StandardOutput.ShouldBe("");
        result.Succeeded.ShouldBeFalse();
        result.Outcome.ShouldBe(SandboxOutcome.Exited);
    }

    [DockerFact]
    public async Task Image_ThatIsAbsent_IsToldWithWhatToDo()
    {
        var image = ImageReference.TryParse("registry.invalid/team/tool:3")!;
        using var f = new ContractFixture(SandboxKind.Docker, new DockerSandbox(TestEngine.Engine, image));
        (await Should.ThrowAsync<SandboxUnavailableException>(() => f.ShellAsync("true"))).Message
            .ShouldBe("The image registry.invalid/team/tool:3 is not on this machine, and pulling is off here: load it on the machine (docker pull registry.invalid/team/tool:3), or have the operator set Sandbox:PullImages.");

        using var pinned = TestEngine.NewEngine(o => o with { Pull = ImagePull.Pinned });
        (await Should.ThrowAsync<SandboxUnavailableException>(() => new DockerSandbox(pinned, image).RunAsync(f.Line("true"), CancellationToken.None))).Message.ShouldContain("by a digest");

        using var pulling = TestEngine.NewEngine(o => o with { Pull = ImagePull.Any });
        var error = await Should.ThrowAsync<SandboxUnavailableException>(() => new DockerSandbox(pulling, image).RunAsync(f.Line("true"), CancellationToken.None));
        error.Message.ShouldStartWith("The Docker Engine could not pull the image registry.invalid/team/tool:3: ");
        error.Message.ShouldNotContain("\n");
    }

    [DockerFact]
    public async Task Image_LoadedAfterItWasMissed_IsFound()
    {
        using var f = new ContractFixture(SandboxKind.Docker, new DockerSandbox(TestEngine.Engine, ImageReference.TryParse("codingagent-tests/late:1")!));
        await RemoveImageAsync("codingagent-tests/late:1");
        await Should.ThrowAsync<SandboxUnavailableException>(() => f.ShellAsync("true"));
        await TestEngine.ImportAsync("codingagent-tests/late:1", TestEngine.ProgramEntries());
        (await f.OutputAsync("echo here")).ShouldBe("here");
        await RemoveImageAsync("codingagent-tests/late:1");
    }

    [DockerFact]
    public async Task Tag_ThatComesToMeanAnotherImage_DoesNotChangeARunningSandbox()
    {
        await TestEngine.ImportAsync("codingagent-tests/moving:1", TestEngine.ProgramEntries().Append(TestEngine.Entry("opt/which", "first"u8.ToArray(), Program)));
        using var f = new ContractFixture(SandboxKind.Docker, new DockerSandbox(TestEngine.Engine, ImageReference.TryParse("codingagent-tests/moving:1")!));
        (await f.OutputAsync("cat /opt/which")).ShouldBe("first");
        await TestEngine.ImportAsync("codingagent-tests/moving:1", TestEngine.ProgramEntries().Append(TestEngine.Entry("opt/which", "second"u8.ToArray(), Program)));
        (await f.OutputAsync("cat /opt/which")).ShouldBe("first");
        var other = new DockerSandbox(TestEngine.Engine, ImageReference.TryParse("codingagent-tests/moving:1")!);
        (await other.RunAsync(f.Line("cat /opt/which"), CancellationToken.None)).StandardOutput.ShouldBe("second");
        (await other.ImageIdAsync(CancellationToken.None)).ShouldStartWith("sha256:");
    }

    [DockerFact]
    public async Task ImageWithoutBash_RunsShellLinesInSh_AndOneWithoutAnyShellSaysSo()
    {
        await TestEngine.ImportAsync("codingagent-tests/sh:1", TestEngine.ProgramEntries().Where(e => e.Name != "usr/bin/bash"));
        using var f = new ContractFixture(SandboxKind.Docker, new DockerSandbox(TestEngine.Engine, ImageReference.TryParse("codingagent-tests/sh:1")!));
        (await f.OutputAsync(f.Line("echo $0") with { Argv = ["/bin/bash", "-c", "echo $0"] })).ShouldBe("/bin/sh");

        await TestEngine.ImportAsync("codingagent-tests/none:1", [new PaxTarEntry(TarEntryType.Directory, "etc/") { Mode = Program }]);
        using var none = new ContractFixture(SandboxKind.Docker, new DockerSandbox(TestEngine.Engine, ImageReference.TryParse("codingagent-tests/none:1")!));
        var result = await none.ShellAsync("true");
        (result.Outcome, result.ExitCode).ShouldBe((SandboxOutcome.Exited, 127));
        result.StandardError.ShouldContain("No such file or directory");
    }

    [DockerFact]
    public async Task ImageWithHostileFiles_ReadsAsFarAsItIsAFileOfItsOwn()
    {
        // Accounts behind a link, folders that are links to elsewhere, and a closed /tmp.
        var entries = TestEngine.ProgramEntries().Where(e => e.Name is not ("etc/passwd" or "tmp/" or "opt/")).Concat(
        [
            new PaxTarEntry(TarEntryType.SymbolicLink, "etc/passwd") { LinkName = "/proc/self/environ" },
            new PaxTarEntry(TarEntryType.SymbolicLink, "workspace") { LinkName = "/proc/self/fd/7" },
            new PaxTarEntry(TarEntryType.Directory, "tmp/") { Mode = UnixFileMode.None },
            new PaxTarEntry(TarEntryType.Directory, "home/") { Mode = Program },
            new PaxTarEntry(TarEntryType.SymbolicLink, "home/agent") { LinkName = "/etc" },
        ]);
        await TestEngine.ImportAsync("codingagent-tests/hostile:1", entries);
        using var f = new ContractFixture(SandboxKind.Docker, new DockerSandbox(TestEngine.Engine, ImageReference.TryParse("codingagent-tests/hostile:1")!));
        try
        {
            var result = await f.ShellAsync("cat /etc/passwd; ls /workspace/../etc/shadow");
            result.StandardOutput.ShouldNotContain("HOME=");
            result.Succeeded.ShouldBeFalse();
        }
        catch (SandboxUnavailableException e)
        {
            // An Engine may also refuse to mount over such links.
            e.Message.ShouldNotContain("\n");
        }
    }

    [DockerFact]
    public async Task ImageVolumeInsideTheWorkspace_IsRefused()
    {
        await TestEngine.ImportAsync("codingagent-tests/volume:1", TestEngine.ProgramEntries(), "VOLUME /workspace/target");
        using var f = new ContractFixture(SandboxKind.Docker, new DockerSandbox(TestEngine.Engine, ImageReference.TryParse("codingagent-tests/volume:1")!));
        (await Should.ThrowAsync<SandboxUnavailableException>(() => f.ShellAsync("true"))).Message.ShouldContain("/workspace/target");
        Directory.EnumerateFileSystemEntries(f.Workspace).ShouldBeEmpty();
    }

    [DockerFact]
    public async Task ImageOfWorkspaceVolume_IsCoveredByTheWorkspace()
    {
        await TestEngine.ImportAsync("codingagent-tests/workspace:1", TestEngine.ProgramEntries(), "VOLUME /workspace", "VOLUME /home/agent", "VOLUME /tmp");
        using var f = new ContractFixture(SandboxKind.Docker, new DockerSandbox(TestEngine.Engine, ImageReference.TryParse("codingagent-tests/workspace:1")!));
        (await f.OutputAsync("echo x > made; echo $HOME > $HOME/x; cat $HOME/x")).ShouldBe("/home/agent");
        File.Exists(Path.Combine(f.Workspace, "made")).ShouldBeTrue();
    }

    [DockerFact]
    public async Task HealthCheckOfTheImage_NeverRuns()
    {
        using var f = new ContractFixture(SandboxKind.Docker);
        await TestEngine.ImportAsync("codingagent-tests/health:1", TestEngine.ProgramEntries(), "HEALTHCHECK --interval=1s CMD touch /workspace/checked");
        using var g = new ContractFixture(SandboxKind.Docker, new DockerSandbox(TestEngine.Engine, ImageReference.TryParse("codingagent-tests/health:1")!));
        await g.OutputAsync("sleep 2.5");
        Directory.EnumerateFileSystemEntries(g.Workspace).ShouldBeEmpty();
    }

    [DockerFact]
    public async Task WorkingDirectory_ThroughALinkOrMissing_IsRefused_AndNothingIsMade()
    {
        using var f = new ContractFixture(SandboxKind.Docker);
        Directory.CreateSymbolicLink(Path.Combine(f.Workspace, "link"), "/proc/self/fd/7");
        foreach (var folder in new[] { "link", "missing", "link/../.." })
            await Should.ThrowAsync<ArgumentException>(() => f.RunAsync(f.Line("true") with { WorkingDirectory = folder }), folder);
        Directory.EnumerateFileSystemEntries(f.Workspace).Count().ShouldBe(1);
    }

    [DockerFact]
    public async Task Bind_ThatHoldsTheEnginesSocket_IsRefused()
    {
        using var f = new ContractFixture(SandboxKind.Docker);
        foreach (var path in new[] { TestEngine.Socket, Path.GetDirectoryName(TestEngine.Socket)! })
            (await Should.ThrowAsync<ArgumentException>(() => f.RunAsync(f.Line("true") with { Binds = [new SandboxBind(path, "/opt/engine")] }))).Message.ShouldContain("socket");
    }

    [DockerFact]
    public async Task MoreProcessorsThanThereAre_AreAsManyAsThereAre()
    {
        using var f = new ContractFixture(SandboxKind.Docker);
        (await f.ShellAsync("echo ok", ContractFixture.Limits with { Cpus = 64 })).StandardOutput.ShouldBe("ok\n");
    }

    [DockerFact]
    public async Task HomeLayer_WhoseNameAnOverlaysOptionsWouldSplit_IsCopied()
    {
        using var f = new ContractFixture(SandboxKind.Docker);
        var layer = f.NewFolder("a,b:c");
        File.WriteAllText(Path.Combine(layer, "file"), "kept\n");
        SandboxFixture.Own(layer);
        (await f.OutputAsync(f.Line("cd && cat file && echo x > file && mkdir -p closed/in && chmod 0 closed") with { HomeLayer = layer })).ShouldBe("kept");
        File.ReadAllText(Path.Combine(layer, "file")).ShouldBe("kept\n");
    }

    [DockerFact]
    public async Task PathsOfAnotherMountNamespace_AreRefused()
    {
        using var f = new ContractFixture(SandboxKind.Docker);
        (await Should.ThrowAsync<SandboxUnavailableException>(() => f.RunAsync(f.Line("true") with { Enter = ["nsenter"] }))).Message.ShouldContain("mount namespace");
    }

    [DockerFact]
    public async Task Egress_ToASocketThatIsNotThere_OpensAndAnswersNothing_AndAnImageWithoutShellSaysSo()
    {
        if (Mcp.Files.SandboxUser.ForThisProcess is null) return; // Only root can give a container a way out.
        using var f = new ContractFixture(SandboxKind.Docker);
        var egress = new SandboxEgress(f.Workspace + "/absent.sock", null);
        (await f.RunAsync(f.Line("exec 3<>/dev/tcp/127.0.0.1/3128 && cat <&3; echo ended") with { Egress = egress })).StandardOutput.ShouldBe("ended\n");
        await TestEngine.ImportAsync("codingagent-tests/none:1", [new PaxTarEntry(TarEntryType.Directory, "etc/") { Mode = Program }]);
        var none = new DockerSandbox(TestEngine.Engine, ImageReference.TryParse("codingagent-tests/none:1")!);
        (await Should.ThrowAsync<SandboxUnavailableException>(() => none.RunAsync(f.Line("true") with { Egress = egress }, CancellationToken.None))).Message.ShouldContain("/bin/sh");
    }

    [DockerFact]
    public async Task Commands_LeaveNoContainerAndNoFile_HoweverTheyEnd()
    {
        using var f = new ContractFixture(SandboxKind.Docker, new DockerSandbox(TestEngine.Engine, TestEngine.Image));
        await f.ShellAsync("exit 1");
        await f.ShellAsync("sleep 60", ContractFixture.Limits with { Timeout = TimeSpan.FromSeconds(1) });
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(700));
        await Should.ThrowAsync<OperationCanceledException>(() => f.Sandbox.RunAsync(f.Line("sleep 60"), cancel.Token));
        var own = await TestEngine.Client.Containers.ListContainersAsync(new ContainersListParameters { All = true });
        own.Where(c => c.Mounts.Any(m => m.Source == f.Workspace)).ShouldBeEmpty();
    }

    [DockerFact]
    public async Task Containers_OfADeadService_GoWhenTheNextOneLooks_AndThoseOfALivingOneStay()
    {
        async Task<string> MakeAsync(string owner, long until)
        {
            var labels = new Dictionary<string, string> { ["codingagent.sandbox"] = owner, ["codingagent.sandbox.until"] = until.ToString(System.Globalization.CultureInfo.InvariantCulture) };
            return (await TestEngine.Client.Containers.CreateContainerAsync(new CreateContainerParameters { Image = TestEngine.Image.Request, Labels = labels })).ID;
        }

        var later = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();
        var self = DockerOwner.Labels(TimeSpan.Zero, TimeProvider.System)["codingagent.sandbox"];
        var space = self.Split(' ')[0];
        var living = await MakeAsync(self, later);
        var elsewhere = await MakeAsync("pid:[1] 1 1", later);
        var dead = await MakeAsync($"{space} 1 99", later);
        var late = await MakeAsync("pid:[1] 1 1", 1);
        using var engine = TestEngine.NewEngine();
        (await engine.InspectAsync()).Problem.ShouldBeNull();
        var left = (await TestEngine.Client.Containers.ListContainersAsync(new ContainersListParameters { All = true })).Select(c => c.ID).ToHashSet();
        foreach (var id in new[] { living, elsewhere }) await TestEngine.Client.Containers.RemoveContainerAsync(id, new ContainerRemoveParameters());
        (left.Contains(living), left.Contains(elsewhere), left.Contains(dead), left.Contains(late)).ShouldBe((true, true, false, false));
    }

    [Fact]
    public async Task EngineAway_IsOneLineThatSaysWhatToDo()
    {
        using var folder = new ScratchFolder();
        using var workspace = new ScratchFolder();
        using var absent = new DockerEngine(new DockerOptions { SocketPath = folder["docker.sock"] }, TimeProvider.System);
        var report = await absent.InspectAsync();
        report.Problem.ShouldBe($"The Docker Engine could not describe itself: there is no socket {folder["docker.sock"]}; install and start Docker (apt-get install docker.io), or set Sandbox:DockerSocket.");
        var error = await Should.ThrowAsync<SandboxUnavailableException>(
            () => new DockerSandbox(absent, TestEngine.Image).RunAsync(new SandboxCommand(["true"], workspace.Path, ContractFixture.Limits), CancellationToken.None));
        error.Message.ShouldBe(report.Problem);
    }

    [Fact]
    public async Task Engine_ThatIsAnotherProgram_IsOneLineToo()
    {
        using var folder = new ScratchFolder();
        using var server = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        server.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(folder["docker.sock"]));
        server.Listen();
        _ = Task.Run(async () =>
        {
            using var client = await server.AcceptAsync();
            await client.SendAsync("SSH-2.0-OpenSSH\r\n"u8.ToArray());
        });
        using var engine = new DockerEngine(new DockerOptions { SocketPath = folder["docker.sock"] }, TimeProvider.System);
        var problem = (await engine.InspectAsync()).Problem.ShouldNotBeNull();
        problem.ShouldStartWith("The Docker Engine could not describe itself: ");
        problem.ShouldNotContain("\n");
    }

    private static async Task RemoveImageAsync(string name)
    {
        try
        {
            await TestEngine.Client.Images.DeleteImageAsync(name, new ImageDeleteParameters { Force = true });
        }
        catch (Docker.DotNet.DockerImageNotFoundException)
        {
            // Not there, which is what is wanted.
        }
    }
}
