using System.Diagnostics;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Overlays;
using CodingAgent.Mcp.Tests.Sandboxes;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>One contract for the three ways of layering.</summary>
public sealed class WorkspaceLayersTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private GitFixture _f = null!;

    public void Dispose() => _f?.Dispose();

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Workspace_OverLayers_ShowsThemAll_AndRecordsOnlyTheTask(WorkspaceLayering layering)
    {
        var (head, mirror) = await StartAsync(layering, ("src/a.cs", "1\n"), ("old.txt", "x\n"));
        var layers = new WorkspaceLayers(Layer("setup", ("node_modules/p/index.js", "p\n"), ("src/gen/made.cs", "made\n")), Layer("view", (".git/HEAD", "ref: refs/heads/main\n")));
        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w", layers, None);
        (await _f.Git.InspectWorkspacesAsync(None)).Layering.ShouldBe(layering);
        Read(workspace, "src/a.cs").ShouldBe("1\n");
        Read(workspace, "node_modules/p/index.js").ShouldBe("p\n");
        Read(workspace, ".git/HEAD").ShouldStartWith("ref:");
        (await SnapshotAsync(workspace)).ShouldBe((await _f.Git.TreeOfAsync(mirror, head, None), "", ""));

        Write(workspace, "src/a.cs", "2\n");
        Write(workspace, "new/b.txt", "b\n");
        File.Delete(At(workspace, "old.txt"));
        Write(workspace, "src/gen/made.cs", "changed by the task\n");
        (await FilesAsync(mirror, workspace)).ShouldBe(["Added new/b.txt", "Deleted old.txt", "Modified src/a.cs", "Added src/gen/made.cs"]);
        // Sharing is one way: neither another workspace nor the layers see it.
        var other = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w2", layers, None);
        Read(other, "src/a.cs").ShouldBe("1\n");
        Read(other, "src/gen/made.cs").ShouldBe("made\n");
        Read(other, "old.txt").ShouldBe("x\n");
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Workspace_OfAnotherTree_HoldsItsDifference_AndGoesBack(WorkspaceLayering layering)
    {
        var (_, mirror) = await StartAsync(layering, ("a.txt", "1\n"), ("dir/x.txt", "x\n"), ("dir/y.txt", "y\n"), ("swap", "file\n"));
        File.CreateSymbolicLink(Path.Combine(_f.Origin.ClonePath, "link"), "a.txt");
        var head = _f.Origin.Commit("main");
        mirror = await _f.MirrorAsync();
        var first = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w", None);
        Directory.Delete(At(first, "dir"), recursive: true);
        File.Delete(At(first, "swap"));
        Write(first, "swap/inside.txt", "in\n");
        Write(first, "run.sh", "#!/bin/sh\n");
        File.SetUnixFileMode(At(first, "run.sh"), (UnixFileMode)0x1ed);
        File.Delete(At(first, "link"));
        File.CreateSymbolicLink(At(first, "link"), "run.sh");
        var tree = (await _f.Git.SnapshotAsync(first, None)).TreeId;

        var second = await _f.Git.CreateWorkspaceAsync(mirror, head, tree, "w2", None);
        Directory.Exists(At(second, "dir")).ShouldBeFalse();
        Read(second, "swap/inside.txt").ShouldBe("in\n");
        new FileInfo(At(second, "link")).LinkTarget.ShouldBe("run.sh");
        (File.GetUnixFileMode(At(second, "run.sh")) & UnixFileMode.UserExecute).ShouldNotBe((UnixFileMode)0);
        (await _f.Git.SnapshotAsync(second, None)).TreeId.ShouldBe(tree);
        Write(second, "more.txt", "more\n");
        await _f.Git.RestoreAsync(second, await _f.Git.TreeOfAsync(mirror, head, None), None);
        (await FilesAsync(mirror, second)).ShouldBeEmpty();
        Read(second, "dir/x.txt").ShouldBe("x\n");
        await _f.Git.RestoreAsync(second, tree, None);
        (await _f.Git.SnapshotAsync(second, None)).TreeId.ShouldBe(tree);
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Frozen_WhatSetUpLeft_IsALayerOfOthers_WithoutTrackedFiles(WorkspaceLayering layering)
    {
        var (head, mirror) = await StartAsync(layering, ("src/App/App.csproj", "<Project />"), ("package.json", "{}"), ("package-lock.json", "1\n"), ("gone.txt", "x\n"), (".gitignore", "obj/\n"));
        var setup = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "setup", new WorkspaceLayers(GitView: Layer("view", (".git/HEAD", "ref: x\n"))), None);
        Write(setup, "node_modules/p/index.js", "p\n");
        Write(setup, "node_modules/p/tool", "#!/bin/sh\n");
        File.SetUnixFileMode(At(setup, "node_modules/p/tool"), (UnixFileMode)0x1ed);
        Directory.CreateDirectory(At(setup, "node_modules/.bin"));
        File.CreateSymbolicLink(At(setup, "node_modules/.bin/tool"), "../p/tool");
        Write(setup, "src/App/obj/project.assets.json", "{}");
        Write(setup, "package-lock.json", "2\n");
        Write(setup, ".git/index", "x");
        File.Delete(At(setup, "gone.txt"));
        var target = _f.Beside("frozen");
        (await _f.Git.FreezeAsync(setup, target, None)).TrackedChanged.ShouldBe(["gone.txt", "package-lock.json"]);
        Directory.EnumerateFileSystemEntries(target, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Where(p => !Directory.Exists(p)).Select(p => Path.GetRelativePath(target, p)).Order(StringComparer.Ordinal)
            .ShouldBe(["node_modules/.bin/tool", "node_modules/p/index.js", "node_modules/p/tool", "src/App/obj/project.assets.json"]);

        var task = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "task", new WorkspaceLayers(target), None);
        new FileInfo(At(task, "node_modules/.bin/tool")).LinkTarget.ShouldBe("../p/tool");
        (File.GetUnixFileMode(At(task, "node_modules/p/tool")) & UnixFileMode.UserExecute).ShouldNotBe((UnixFileMode)0);
        Read(task, "src/App/App.csproj").ShouldBe("<Project />");
        Read(task, "package-lock.json").ShouldBe("1\n");
        Read(task, "gone.txt").ShouldBe("x\n");
        (await SnapshotAsync(task)).ShouldBe((await _f.Git.TreeOfAsync(mirror, head, None), "", ""));
        // Another set-up, on top of the first, as after a change of a manifest.
        Write(task, "package.json", "{ }");
        Write(task, "node_modules/q/index.js", "q\n");
        File.Delete(At(task, "node_modules/p/index.js"));
        (await _f.Git.FreezeAsync(task, _f.Beside("again"), None)).TrackedChanged.ShouldBe(["package.json"]);
        File.Exists(Path.Combine(_f.Beside("again"), "node_modules/q/index.js")).ShouldBeTrue();
        File.Exists(Path.Combine(_f.Beside("again"), "node_modules/p/tool")).ShouldBeTrue();
        File.Exists(Path.Combine(_f.Beside("again"), "node_modules/p/index.js")).ShouldBeFalse();
        File.Exists(Path.Combine(target, "node_modules/p/index.js")).ShouldBeTrue("a frozen layer stays as it is");
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Relayered_KeepsItsPathAndTheTasksChanges(WorkspaceLayering layering)
    {
        var (head, mirror) = await StartAsync(layering, ("a.txt", "1\n"));
        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w", new WorkspaceLayers(Layer("first", ("node_modules/p/v", "1\n"))), None);
        Write(workspace, "a.txt", "2\n");
        await _f.Git.RelayerAsync(workspace, new WorkspaceLayers(Layer("second", ("node_modules/p/v", "2\n"), ("node_modules/q/v", "2\n"))), None);
        Read(workspace, "node_modules/p/v").ShouldBe("2\n");
        Read(workspace, "node_modules/q/v").ShouldBe("2\n");
        Read(workspace, "a.txt").ShouldBe("2\n");
        (await FilesAsync(mirror, workspace)).ShouldBe(["Modified a.txt"]);
        Write(workspace, "b.txt", "b\n");
        (await FilesAsync(mirror, workspace)).ShouldBe(["Modified a.txt", "Added b.txt"]);
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task RestorePath_PutsBackBytesModesAndLinks_AndLeavesWhatSetUpMade(WorkspaceLayering layering)
    {
        await StartAsync(layering, ("src/a.cs", "a\r\n"), ("src/sub/b.cs", "b\n"), ("keep.txt", "1\n"), ("tool.sh", "#!/bin/sh\n"));
        File.SetUnixFileMode(Path.Combine(_f.Origin.ClonePath, "tool.sh"), (UnixFileMode)0x1ed);
        File.CreateSymbolicLink(Path.Combine(_f.Origin.ClonePath, "src/link"), "a.cs");
        var head = _f.Origin.Commit("main");
        var mirror = await _f.MirrorAsync();
        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w", new WorkspaceLayers(Layer("setup", ("src/obj/set.up", "s\n"))), None);
        Write(workspace, "src/a.cs", "changed");
        Directory.Delete(At(workspace, "src/sub"), recursive: true);
        Write(workspace, "src/sub", "now a file");
        File.Delete(At(workspace, "src/link"));
        Write(workspace, "src/link/deep/er.txt", "x");
        Write(workspace, "src/new/n.cs", "n");
        File.SetUnixFileMode(At(workspace, "tool.sh"), (UnixFileMode)0x1a4);
        Write(workspace, "keep.txt", "2\n");

        var done = await _f.Git.RestorePathAsync(workspace, "src", None);
        done.Restored.ShouldBe(["src/a.cs", "src/link", "src/sub/b.cs"]);
        done.Deleted.ShouldBe(["src/link/deep/er.txt", "src/new/n.cs", "src/sub"], ignoreOrder: true);
        Read(workspace, "src/a.cs").ShouldBe("a\r\n");
        new FileInfo(At(workspace, "src/link")).LinkTarget.ShouldBe("a.cs");
        Directory.Exists(At(workspace, "src/new")).ShouldBeFalse();
        Read(workspace, "src/obj/set.up").ShouldBe("s\n");
        (await FilesAsync(mirror, workspace)).ShouldBe(["Modified keep.txt", "Modified tool.sh"]);
        await _f.Git.RestorePathAsync(workspace, "tool.sh", None);
        (File.GetUnixFileMode(At(workspace, "tool.sh")) & UnixFileMode.UserExecute).ShouldNotBe((UnixFileMode)0);
        (await _f.Git.RestorePathAsync(workspace, "tool.sh", None)).Restored.ShouldBeEmpty();
        (await FilesAsync(mirror, workspace)).ShouldBe(["Modified keep.txt"]);
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Removal_CopesWithWhateverWasLeft_AndFollowsNothing(WorkspaceLayering layering)
    {
        using var outside = new ScratchFolder();
        outside.Write("victim/v.txt", "untouched");
        var (head, mirror) = await StartAsync(layering, ("a.txt", "1\n"));
        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w", None);
        var script = $"""
            ln -s {outside.Path}/victim link; mkfifo pipe; mkdir -p closed/in; touch closed/in/f; chmod 000 closed/in closed; printf x > "$(printf 'bad\377name')"
            deep=$(printf 'd/%.0s' $(seq 300)); mkdir -p $deep; echo deep > $deep/deep.txt
            """;
        await RunAsync("sh", At(workspace, ""), "-c", script);
        var snapshot = await _f.Git.SnapshotAsync(workspace, None);
        (await _f.Git.DiffAsync(mirror, head, snapshot.TreeId, None)).Files.Select(f => f.Path).ShouldBe(Environment.UserName == "root" ? ["closed/in/f", "link"] : ["link"]);
        snapshot.Skipped.Count.ShouldBeGreaterThanOrEqualTo(3);
        await _f.Git.RemoveWorkspaceAsync("w", None);
        Directory.Exists(At(workspace, "")).ShouldBeFalse();
        File.ReadAllText(outside["victim/v.txt"]).ShouldBe("untouched");
        Directory.EnumerateFileSystemEntries(_f.Beside("one/layers")).ShouldBeEmpty();
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    public async Task Commands_BehindEnter_SeeAndChangeTheWorkspace(WorkspaceLayering layering)
    {
        var (head, mirror) = await StartAsync(layering, ("a.txt", "1\n"));
        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w", None);
        string[] command = [.. workspace.Enter, "/bin/sh", "-c", "cat a.txt && echo 2 > a.txt"];
        await RunAsync(command[0], "/", [.. command[1..^1], $"cd {workspace.MountedPath} && {command[^1]}"]);
        Read(workspace, "a.txt").ShouldBe("2\n");
        (await FilesAsync(mirror, workspace)).ShouldBe(["Modified a.txt"]);
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    public async Task MountInformation_NamesNoFolderOfTheHost(WorkspaceLayering layering)
    {
        var (head, mirror) = await StartAsync(layering, ("a.txt", "1\n"));
        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "w", new WorkspaceLayers(Layer("made", ("b.txt", "2\n")), Layer("view", (".git/HEAD", "ref: x\n"))), None);
        const string Look = "cat a.txt b.txt; grep -h ' - overlay ' /proc/self/mountinfo | sed 's/.* - //'; grep -h ^overlay /proc/self/mounts | cut -d' ' -f4";
        var before = await WorkspaceCommands.RunAsync(workspace, Look);
        await _f.Git.RestoreAsync(workspace, await _f.Git.TreeOfAsync(mirror, head, None), None);
        foreach (var seen in new[] { before, await WorkspaceCommands.RunAsync(workspace, Look) })
        {
            seen.ShouldStartWith("1\n2\n");
            seen.ShouldContain("upperdir=/proc/self/fd/");
            seen.ShouldNotContain(Path.GetFileName(Path.GetDirectoryName(_f.Beside("x")))!);
        }
    }

    /// <summary>Root's own user namespace is not quite an ordinary user's; so the cases of that way run once more as one.</summary>
    [RootFact]
    public async Task OrdinaryUser_InAUserNamespace_KeepsTheContract()
    {
        using var home = new ScratchFolder();
        File.SetUnixFileMode(home.Path, (UnixFileMode)0x1ff);
        string[] user = ["--reuid", "65123", "--regid", "65123", "--clear-groups", "--", "env", $"HOME={home.Path}", $"DOTNET_CLI_HOME={home.Path}", $"TMPDIR={home.Path}"];
        string[] tests = ["dotnet", "vstest", typeof(WorkspaceLayersTests).Assembly.Location, "--TestCaseFilter:FullyQualifiedName~WorkspaceLayersTests&FullyQualifiedName!~OrdinaryUser"];
        if (await TryAsync("setpriv", home.Path, [.. user, "dotnet", "--list-runtimes"]) is (not 0, var why))
        {
            Console.WriteLine($"Not run as an ordinary user: it cannot start dotnet here: {why}");
            return;
        }

        var (exitCode, output) = await TryAsync("setpriv", home.Path, [.. user, .. tests]);
        exitCode.ShouldBe(0, output);
        // Root's way is skipped there, with the reason; the namespace's too where such a user may make none.
        Console.WriteLine($"As an ordinary user: {Array.Find(output.Split('\n'), l => l.Contains("Total tests", StringComparison.Ordinal) || l.Contains("Failed:", StringComparison.Ordinal)) ?? output}");
    }

    private async Task<(string Head, GitMirror Mirror)> StartAsync(WorkspaceLayering layering, params (string Path, string? Content)[] files)
    {
        _f = new GitFixture(layering);
        var head = _f.Origin.Commit("main", files);
        return (head, await _f.MirrorAsync());
    }

    private string Layer(string name, params (string Path, string Content)[] files)
    {
        foreach (var (path, content) in files)
        {
            var target = Path.Combine(_f.Beside(name), path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllText(target, content);
        }

        return _f.Beside(name);
    }

    private async Task<(string Tree, string Skipped, string LeftOut)> SnapshotAsync(Workspace workspace)
    {
        var snapshot = await _f.Git.SnapshotAsync(workspace, None);
        return (snapshot.TreeId, string.Join(' ', snapshot.Skipped.Select(s => s.Path)), string.Join(' ', snapshot.LeftOut.Select(s => s.Path)));
    }

    private async Task<IReadOnlyList<string>> FilesAsync(GitMirror mirror, Workspace workspace) =>
        [.. (await _f.ChangesAsync(mirror, workspace)).Files.Select(f => $"{f.Kind} {f.Path}")];

    private static string At(Workspace workspace, string path) => Path.Combine(workspace.RootPath, path);

    private static string Read(Workspace workspace, string path) => File.ReadAllText(At(workspace, path));

    private static void Write(Workspace workspace, string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(workspace, path))!);
        File.WriteAllText(At(workspace, path), content);
    }

    private static async Task RunAsync(string program, string folder, params string[] arguments)
    {
        var (exitCode, output) = await TryAsync(program, folder, arguments);
        exitCode.ShouldBe(0, output);
    }

    private static async Task<(int ExitCode, string Output)> TryAsync(string program, string folder, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }
}
