using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Overlays;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Tests.Git;
using CodingAgent.Mcp.Tests.Sandboxes;
using ModelContextProtocol.Protocol;

namespace CodingAgent.Mcp.Tests.Setup;

/// <summary>Set-up in a real sandbox over real workspaces: made once, seen by all, part of nobody's change.</summary>
public sealed class SetupLayersTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    // "Installs" what the manifest names: into the workspace, and into HOME.
    private static readonly SetupCommand Install = new(
        "deps", "mkdir -p deps && cp manifest.txt deps/installed && cp manifest.txt \"$HOME/cache\" && test \"$CI\" = true",
        "sed s/^/locked-/ manifest.txt > deps.lock && mkdir -p deps && cp manifest.txt deps/installed && cp manifest.txt \"$HOME/cache\"");

    private readonly GitFixture _git = new();
    private readonly BubblewrapSandbox _sandbox = new(new BubblewrapOptions(), TimeProvider.System);
    private readonly SetupLayers _layers;

    public SetupLayersTests() => _layers = new SetupLayers(_git.Git, new SetupLayersOptions { Root = _git.Beside("layers") }, TimeProvider.System);

    public void Dispose() => _git.Dispose();

    [Fact]
    public async Task Layer_OfTheSameManifests_IsMadeOnceAndSharedByOtherSources()
    {
        var (mirror, first) = await CommitAsync(("manifest.txt", "a\n"), ("src.txt", "1\n"));
        var made = await _layers.PrepareAsync(await RequestAsync(mirror, first), None);
        var (_, second) = await CommitAsync(("src.txt", "2\n"));
        var found = await _layers.FindAsync(await RequestAsync(mirror, second), None);
        found.ShouldBe(made.Layer.ShouldNotBeNull());
        var (_, third) = await CommitAsync(("manifest.txt", "b\n"));
        (await _layers.FindAsync(await RequestAsync(mirror, third), None)).ShouldBeNull();
    }

    [Fact]
    public async Task Layer_IsSeenByEachCheck_WhichLeavesNothingToTheNext()
    {
        var (mirror, head) = await CommitAsync(("manifest.txt", "a\n"), ("src.txt", "1\n"));
        var request = await RequestAsync(mirror, head);
        var environment = new BuildEnvironment((await _layers.PrepareAsync(request, None)).Layer, null, SandboxFixture.Limits);
        var line = "cat deps/installed \"$HOME/cache\" && test ! -e built && test ! -e \"$HOME/left\" && touch built \"$HOME/left\" && rm -r deps && echo $CI";
        await using var runner = new CheckRunner(_git.Git, request, environment, [], "t");
        for (var i = 0; i < 2; i++)
        {
            var (result, _) = await runner.RunAsync(new WorkspaceCheck("all", line), null, None);
            result.Succeeded.ShouldBeTrue(result.ToString());
            result.StandardOutput.ShouldBe("a\na\ntrue\n");
        }
    }

    [Fact]
    public async Task Layer_TrackedFilesThatSetUpChanged_AreNoPartOfIt()
    {
        var (mirror, head) = await CommitAsync(("manifest.txt", "a\n"), ("src.txt", "1\n"), ("gone.txt", "x\n"));
        var request = await RequestAsync(mirror, head, new SetupCommand("odd", "echo spoilt > src.txt; rm gone.txt; echo new > made.txt"));
        var layer = (await _layers.PrepareAsync(request, None)).Layer.ShouldNotBeNull();
        var environment = new BuildEnvironment(layer, null, SandboxFixture.Limits);
        await using var runner = new CheckRunner(_git.Git, request, environment, [], "t");
        var (result, _) = await runner.RunAsync(new WorkspaceCheck("all", "cat src.txt gone.txt made.txt"), null, None);
        result.StandardOutput.ShouldBe("1\nx\nnew\n");
    }

    [Fact]
    public async Task Setup_ThatFails_SaysWhichCommandAndItsLastWordsAndLeavesNothing()
    {
        var (mirror, head) = await CommitAsync(("manifest.txt", "a\n"));
        var request = await RequestAsync(mirror, head, new SetupCommand("ok", "true"), new SetupCommand("bad", "echo no such package; exit 3"));
        var outcome = await _layers.PrepareAsync(request, None);
        outcome.Layer.ShouldBeNull();
        outcome.Failure!.Step.Name.ShouldBe("bad");
        (outcome.Failure.Result.ExitCode, outcome.Failure.Result.StandardOutput).ShouldBe((3, "no such package\n"));
        Directory.EnumerateFileSystemEntries(_git.Beside("layers")).ShouldBeEmpty();

        // Where no check needs it, the rest is kept and it is told.
        var optional = await _layers.PrepareAsync(await RequestAsync(mirror, head, Install, new SetupCommand("bad", "exit 3") { Required = false }), None);
        optional.Layer.ShouldNotBeNull();
        optional.PassedOver.ShouldHaveSingleItem().ShouldContain("bad");
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Setup_ThatLeavesWhatNoLayerCanHold_TellsEveryTaskThatUsesIt(WorkspaceLayering layering)
    {
        var git = _git.NewGit("odd", o => o with { RequiredLayering = layering });
        var layers = new SetupLayers(git, new SetupLayersOptions { Root = _git.Beside("odd-layers") }, TimeProvider.System);
        var (mirror, head) = await CommitAsync(("manifest.txt", "a\n"), ("src/a.txt", "a\n"));
        var request = await RequestAsync(mirror, head, new SetupCommand(
            "odd", "for n in 1 2 3 4; do echo x > \"$(printf \"src/odd$n\\377\")\"; done; mkdir -p packages; echo x > \"$(printf 'packages/inside\\377')\"; echo x > src/made.txt"));
        for (var i = 0; i < 2; i++)
        {
            var outcome = await layers.PrepareAsync(request, None);
            outcome.PassedOver.ShouldBe(["Set-up: 4 of the files and folders that it left are not handed on to other commands: src/odd1\uFFFD (its name is not UTF-8), src/odd2\uFFFD (its name is not UTF-8), src/odd3\uFFFD (its name is not UTF-8) and others"]);
            // A folder that is set-up's alone goes along as a whole, whatever its names.
            Directory.GetFiles(Path.Combine(outcome.Layer.ShouldNotBeNull().WorkPath, "packages")).Length.ShouldBe(1);
            File.Exists(Path.Combine(outcome.Layer.WorkPath, "src/made.txt")).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Setup_ThatGivesWayToLess_TellsEveryTaskThatUsesIt()
    {
        var (mirror, head) = await CommitAsync(("manifest.txt", "a\n"));
        var request = await RequestAsync(mirror, head, new SetupCommand("packages", "echo half > made.txt; exit 7") { Fallback = new SetupFallback("grep half made.txt && echo less > made.txt", "Less is there.") });
        for (var i = 0; i < 2; i++)
        {
            var outcome = await _layers.PrepareAsync(request, None);
            outcome.PassedOver.ShouldBe(["Set-up of packages failed (exit code 7). Less is there."]);
            File.ReadAllText(Path.Combine(outcome.Layer.ShouldNotBeNull().WorkPath, "made.txt")).ShouldBe("less\n");
        }

        // When that fails too, it is the command itself that failed.
        var neither = await _layers.PrepareAsync(await RequestAsync(mirror, head, new SetupCommand("packages", "exit 7") { Fallback = new SetupFallback("exit 8", "Less is there.") }), None);
        neither.Failure.ShouldNotBeNull().Result.ExitCode.ShouldBe(7);
    }

    [Fact]
    public async Task Setup_WithoutHosts_HasNoNetwork()
    {
        var (mirror, head) = await CommitAsync(("manifest.txt", "a\n"));
        var outcome = await _layers.PrepareAsync(await RequestAsync(mirror, head, new SetupCommand("net", "env | grep -i proxy && exit 1; cat /proc/net/dev | grep -c : | grep -x 1")), None);
        outcome.Failure?.Result.ToString().ShouldBeNull();
    }

    [Fact]
    public async Task Setup_HostThatIsNotNamed_IsRefusedAndTold()
    {
        var (mirror, head) = await CommitAsync(("manifest.txt", "a\n"));
        // A plain request to the proxy, with nothing but the shell.
        var line = "exec 3<>/dev/tcp/${https_proxy##*//} 2>/dev/null || { p=${https_proxy##*/}; exec 3<>/dev/tcp/${p%:*}/${p##*:}; }; printf 'CONNECT evil.example:443 HTTP/1.1\\r\\nHost: evil.example:443\\r\\n\\r\\n' >&3; head -n 1 <&3";
        var request = await RequestAsync(mirror, head, new SetupCommand("net", line)) with { Hosts = ["registry.example"] };
        var outcome = await _layers.PrepareAsync(request, None);
        outcome.Refused.ShouldHaveSingleItem(outcome.Failure?.Result.ToString()).ShouldStartWith("the host evil.example:443 (");
    }

    [Fact]
    public async Task Manifest_ChangedByTheAgent_IsSetUpAgainWithItsLockFile()
    {
        var (mirror, head) = await CommitAsync(("manifest.txt", "a\n"), ("deps.lock", "locked-a\n"), ("src.txt", "1\n"));
        var request = await RequestAsync(mirror, head);
        var environment = new BuildEnvironment((await _layers.PrepareAsync(request, None)).Layer, null, SandboxFixture.Limits);
        var workspace = await _git.Git.CreateWorkspaceAsync(mirror, head, null, "agent", environment.Layers, None);
        var build = new WorkspaceBuild(_git.Git, _layers, workspace, request, environment) { WhyNotSetUp = changed => changed.Contains("forbidden.txt") ? "forbidden.txt is not planned." : null };
        await using var tools = await WorkspaceTools.ConnectAsync(
            new WorkspaceToolsOptions
            {
                Workspace = workspace,
                Sandbox = _sandbox,
                TrustedGit = _git.Git,
                Build = build,
                SandboxLimits = SandboxFixture.Limits,
                Checks = [new WorkspaceCheck("test", "cat deps/installed") { Targeted = changed => changed.Contains("src.txt") ? "echo only src" : null }],
            },
            None);
        async Task<string> CallAsync(string name, Dictionary<string, object?> arguments) =>
            string.Concat((await tools.Tools.Single(t => t.Name == name).CallAsync(arguments, cancellationToken: None)).Content.OfType<TextContentBlock>().Select(c => c.Text));

        (await CallAsync("run_setup", [])).ShouldContain("No manifest or lock file has changed");
        (await CallAsync("run_command", new() { ["command"] = "cat deps/installed; touch litter.o" })).ShouldContain("a");
        await CallAsync("write_file", new() { ["path"] = "src.txt", ["content"] = "2\n" });
        (await CallAsync("run_checks", [])).ShouldContain("check test passed (only what the change touches): echo only src");
        (await CallAsync("run_checks", new() { ["whole"] = true })).ShouldContain("check test passed: cat deps/installed");

        await CallAsync("write_file", new() { ["path"] = "manifest.txt", ["content"] = "b\n" });
        (await CallAsync("run_checks", [])).ShouldContain("manifest.txt changed since packages were set up; call run_setup first");
        (await CallAsync("run_setup", [])).ShouldContain("lock files brought in step, now part of the change: deps.lock");
        File.ReadAllText(Path.Combine(workspace.RootPath, "deps.lock")).ShouldBe("locked-b\n");
        (await CallAsync("run_command", new() { ["command"] = "cat deps/installed" })).ShouldContain("b");

        // The verifier finds the layer of exactly this tree, and what set-up made is no part of the change.
        var snapshot = await _git.Git.SnapshotAsync(workspace, None);
        (await _layers.FindAsync(request with { TreeId = snapshot.TreeId }, None)).ShouldNotBeNull();
        (await _git.Git.DiffAsync(mirror, head, snapshot.TreeId, None)).Files.Select(f => f.Path).ShouldBe(["deps.lock", "litter.o", "manifest.txt", "src.txt"]);

        await CallAsync("write_file", new() { ["path"] = "forbidden.txt", ["content"] = "x\n" });
        (await CallAsync("run_setup", [])).ShouldContain("forbidden.txt is not planned.");
    }

    [Fact]
    public async Task Layer_OfAnAgentsMoment_ServesNeitherAnotherMomentNorAnotherTask()
    {
        // What set-up runs lies in a file that is no manifest, as a postinstall script does.
        var install = new SetupCommand("deps", "mkdir -p deps && cat manifest.txt src.txt > deps/installed");
        var (mirror, head) = await CommitAsync(("manifest.txt", "a\n"), ("src.txt", "honest\n"));
        var request = await RequestAsync(mirror, head, install);
        async Task<SetupRequest> ChangedAsync(params (string Path, string Content)[] files)
        {
            var workspace = await _git.Git.CreateWorkspaceAsync(mirror, head, null, $"w-{Guid.NewGuid():N}", new WorkspaceLayers(null, null), None);
            foreach (var (path, content) in files) File.WriteAllText(Path.Combine(workspace.RootPath, path), content);
            return request with { TreeId = (await _git.Git.SnapshotAsync(workspace, None)).TreeId };
        }

        string Installed(SetupOutcome outcome) => File.ReadAllText(Path.Combine(outcome.Layer.ShouldNotBeNull().WorkPath, "deps/installed"));

        Installed(await _layers.PrepareAsync(await ChangedAsync(("manifest.txt", "b\n"), ("src.txt", "forged\n")), None)).ShouldBe("b\nforged\n");
        // The script is put back before the verifier looks: packages are set up from exactly what it judges.
        var judged = await ChangedAsync(("manifest.txt", "b\n"));
        Installed(await _layers.PrepareAsync(judged, None)).ShouldBe("b\nhonest\n");
        (await _layers.FindAsync(judged, None)).ShouldNotBeNull();
        // Sources alone never decide about packages: those are the base's, whoever asks first.
        Installed(await _layers.PrepareAsync(await ChangedAsync(("src.txt", "forged\n")), None)).ShouldBe("a\nhonest\n");
        // And a later base with the same manifest has packages of its own.
        var (after, merged) = await CommitAsync(("manifest.txt", "b\n"), ("src.txt", "merged\n"));
        Installed(await _layers.PrepareAsync(await RequestAsync(after, merged, install), None)).ShouldBe("b\nmerged\n");
    }

    [Fact]
    public async Task Manifest_PutBackByTheAgent_IsSetUpAsTheBaseAgain()
    {
        var (mirror, head) = await CommitAsync(("manifest.txt", "a\n"), ("forbidden.txt", "1\n"));
        var request = await RequestAsync(mirror, head);
        var ofBase = (await _layers.PrepareAsync(request, None)).Layer.ShouldNotBeNull();
        var workspace = await _git.Git.CreateWorkspaceAsync(mirror, head, null, "agent", new WorkspaceLayers(null, null), None);
        File.WriteAllText(Path.Combine(workspace.RootPath, "forbidden.txt"), "2\n");
        var started = request with { TreeId = (await _git.Git.SnapshotAsync(workspace, None)).TreeId };
        var build = new WorkspaceBuild(_git.Git, _layers, workspace, started, new BuildEnvironment(ofBase, null, SandboxFixture.Limits))
        {
            WhyNotSetUp = changed => changed.Count == 0 ? null : $"{string.Join(", ", changed)} is not planned.",
        };
        File.WriteAllText(Path.Combine(workspace.RootPath, "forbidden.txt"), "3\n");
        (await Should.ThrowAsync<ModelContextProtocol.McpException>(() => build.RunSetupAsync(None))).Message.ShouldBe("forbidden.txt is not planned.");
        File.WriteAllText(Path.Combine(workspace.RootPath, "forbidden.txt"), "1\n");
        (await build.ChangedInputsAsync(None)).ShouldBe(["forbidden.txt"]);
        (await build.RunSetupAsync(None)).Outcome.Layer.ShouldBe(ofBase);
        (await build.ChangedInputsAsync(None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Layers_UnusedForLong_MakeRoomForNewOnes()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.UtcNow);
        var layers = new SetupLayers(_git.Git, new SetupLayersOptions { Root = _git.Beside("few"), MaxLayers = 1 }, clock);
        var heads = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var (mirror, head) = await CommitAsync(("manifest.txt", $"{i}\n"));
            heads.Add(head);
            await layers.PrepareAsync(await RequestAsync(mirror, head), None);
            clock.Advance(TimeSpan.FromDays(2));
        }

        var (last, _) = await CommitAsync(("other.txt", "x\n"));
        (await layers.FindAsync(await RequestAsync(last, heads[0]), None)).ShouldBeNull();
        (await layers.FindAsync(await RequestAsync(last, heads[2]), None)).ShouldNotBeNull();
    }

    private async Task<(GitMirror Mirror, string Head)> CommitAsync(params (string Path, string? Content)[] files)
    {
        var head = _git.Origin.Commit("main", files);
        return (await _git.MirrorAsync(), head);
    }

    private async Task<SetupRequest> RequestAsync(GitMirror mirror, string head, params SetupCommand[] steps) =>
        new(mirror, head, await _git.Git.TreeOfAsync(mirror, head, None), steps.Length == 0 ? [Install] : steps, [], SandboxFixture.Limits)
        {
            Sandbox = _sandbox,
            Platform = "here",
            Reads = p => p is "manifest.txt" or "deps.lock" or "forbidden.txt",
            IsLock = p => p == "deps.lock",
        };
}
