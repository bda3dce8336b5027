using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>Contents in place of pointers, on every way of layering.</summary>
public sealed class LfsWorkspaceTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private LfsServer _server = null!;
    private GitFixture _f = null!;
    private string _head = "";
    private GitMirror _mirror = null!;
    private OutsideContents _outside = OutsideContents.None;

    public async Task InitializeAsync() => _server = await LfsServer.StartAsync();

    public async Task DisposeAsync()
    {
        _f.Dispose();
        await _server.DisposeAsync();
    }

    private async Task<Workspace> WorkspaceAsync(WorkspaceLayering layering, string id = "ws", string? tree = null, long largest = 50 << 20)
    {
        if (_head.Length == 0)
        {
            _f = new GitFixture(layering);
            _f.Origin.Commit("main", (".gitattributes", "*.bin filter=lfs -text\n"), ("a.bin", _server.Add("content a")), ("d/run.bin", _server.Add("#!/bin/sh\n")), ("gone.bin", LfsServer.PointerTo(new string('b', 64), 12)), ("b.txt", "b\n"));
            _f.Origin.Git(_f.Origin.ClonePath, "update-index", "--chmod=+x", "d/run.bin");
            _head = _f.Origin.CommitIndex("main");
        }

        Git = _f.NewGit("machine", o => o with { MaxFileBytes = largest });
        _mirror = await Git.FetchMirrorAsync("test:o/r", _f.Origin.Url, null, None);
        _outside = new OutsideContents((await Git.FetchLfsAsync(_mirror, _server.Remote, null, _head, None)).Files, []);
        return await Git.CreateWorkspaceAsync(_mirror, _head, tree, id, new WorkspaceLayers { Outside = _outside }, None);
    }

    private TrustedGit Git { get; set; } = null!;

    private async Task<string> BaseTreeAsync() => await Git.TreeOfAsync(_mirror, _head, None);

    private static string At(Workspace workspace, string path) => Path.Combine(workspace.RootPath, path);

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Workspace_WithContents_ShowsThemToCommands_AndIsTheBase(WorkspaceLayering layering)
    {
        var workspace = await WorkspaceAsync(layering);
        (await WorkspaceCommands.RunAsync(workspace, "cat a.bin; echo; ls -l d/run.bin | cut -c1-10; head -c 7 gone.bin")).ShouldBe("content a\n-rwxr-xr-x\nversion");
        var snapshot = await Git.SnapshotAsync(workspace, None);
        snapshot.TreeId.ShouldBe(await BaseTreeAsync());
        snapshot.Skipped.ShouldBeEmpty();
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Snapshot_OfTouchedRewrittenAndPutBackFiles_HoldsThePointers(WorkspaceLayering layering)
    {
        var workspace = await WorkspaceAsync(layering);
        await WorkspaceCommands.RunAsync(workspace, "touch a.bin; cp d/run.bin x; rm d/run.bin; mv x d/run.bin; chmod +x d/run.bin");
        (await Git.SnapshotAsync(workspace, None)).TreeId.ShouldBe(await BaseTreeAsync());
        // The pointer itself, as "git checkout a.bin" in the sandbox writes it.
        var pointer = (await Git.ReadFileAsync(_mirror, _head, "a.bin", None))!;
        await File.WriteAllBytesAsync(At(workspace, "a.bin"), pointer);
        (await Git.SnapshotAsync(workspace, None)).TreeId.ShouldBe(await BaseTreeAsync());
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Snapshot_OfAChangedFile_IsWhatItIs_AndRestoringBringsTheContentBack(WorkspaceLayering layering)
    {
        var workspace = await WorkspaceAsync(layering);
        // As long as before: only its content tells.
        await File.WriteAllTextAsync(At(workspace, "a.bin"), "CONTENT A");
        File.Delete(At(workspace, "d/run.bin"));
        await File.WriteAllTextAsync(At(workspace, "b.txt"), "c\n");
        var changed = (await Git.SnapshotAsync(workspace, None)).TreeId;
        (await Git.ReadFileAsync(_mirror, changed, "a.bin", None)).ShouldBe("CONTENT A"u8.ToArray());
        (await Git.DiffAsync(_mirror, _head, changed, None)).Files.Select(f => (f.Path, f.Kind)).ShouldBe([("a.bin", ChangeKind.Modified), ("b.txt", ChangeKind.Modified), ("d/run.bin", ChangeKind.Deleted)]);

        // Another worker's workspace of that snapshot shows the change, and contents where nothing changed.
        var other = await Git.CreateWorkspaceAsync(_mirror, _head, changed, "other", new WorkspaceLayers { Outside = _outside }, None);
        (await WorkspaceCommands.RunAsync(other, "cat a.bin b.txt; ls d 2>&1 | head -1")).ShouldStartWith("CONTENT Ac\n");
        (await Git.SnapshotAsync(other, None)).TreeId.ShouldBe(changed);
        (await Git.RestorePathAsync(other, "a.bin", None)).Restored.ShouldBe(["a.bin"]);
        (await Git.RestorePathAsync(other, "d", None)).Restored.ShouldBe(["d/run.bin"]);
        (await WorkspaceCommands.RunAsync(other, "cat a.bin d/run.bin; test -x d/run.bin && echo runs")).ShouldBe("content a#!/bin/sh\nruns\n");
        (await Git.DiffAsync(_mirror, _head, (await Git.SnapshotAsync(other, None)).TreeId, None)).Paths.ShouldBe(["b.txt"]);

        await Git.RestoreAsync(workspace, await BaseTreeAsync(), None);
        (await WorkspaceCommands.RunAsync(workspace, "cat a.bin")).ShouldBe("content a");
        (await Git.SnapshotAsync(workspace, None)).TreeId.ShouldBe(await BaseTreeAsync());
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Snapshot_OfAChangedMode_KeepsThePointerUnderTheNewMode(WorkspaceLayering layering)
    {
        var workspace = await WorkspaceAsync(layering);
        await WorkspaceCommands.RunAsync(workspace, "chmod +x a.bin");
        var tree = (await Git.SnapshotAsync(workspace, None)).TreeId;
        var file = (await Git.DiffAsync(_mirror, _head, tree, None)).Files.ShouldHaveSingleItem();
        (file.Path, file.Mode, file.ContentChanged).ShouldBe(("a.bin", "100755", false));
        var other = await Git.CreateWorkspaceAsync(_mirror, _head, tree, "other", new WorkspaceLayers { Outside = _outside }, None);
        (await WorkspaceCommands.RunAsync(other, "cat a.bin; test -x a.bin && echo ' runs'")).ShouldBe("content a runs\n");
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Snapshot_OfAContentLargerThanASnapshotTakes_HoldsThePointer_AndAChangeOfItIsTold(WorkspaceLayering layering)
    {
        var workspace = await WorkspaceAsync(layering, largest: 8);
        await WorkspaceCommands.RunAsync(workspace, "touch a.bin");
        var untouched = await Git.SnapshotAsync(workspace, None);
        (untouched.TreeId, untouched.Skipped.Any(s => s.Path == "a.bin")).ShouldBe((await BaseTreeAsync(), false));
        await File.WriteAllTextAsync(At(workspace, "a.bin"), "CONTENT A");
        var changed = await Git.SnapshotAsync(workspace, None);
        changed.TreeId.ShouldBe(await BaseTreeAsync());
        changed.Skipped.ShouldContain(new SkippedPath("a.bin", "it is larger than 8 bytes; it stays as it was"));
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Workspace_WithoutContentsBesideOneWithThem_ShowsPointers(WorkspaceLayering layering)
    {
        var with = await WorkspaceAsync(layering);
        var without = await Git.CreateWorkspaceAsync(_mirror, _head, null, "without", None);
        (await File.ReadAllTextAsync(At(with, "a.bin"))).ShouldBe("content a");
        (await File.ReadAllTextAsync(At(without, "a.bin"))).ShouldStartWith("version ");
    }

    [Fact]
    public async Task GitView_BesideContents_ShowsNoChange()
    {
        var workspace = await WorkspaceAsync(WorkspaceLayering.Copy);
        var view = await Git.GitViewAsync(_mirror, _head, null, None);
        var seen = await Git.CreateWorkspaceAsync(_mirror, _head, null, "seen", new WorkspaceLayers(null, view) { Outside = _outside }, None);
        (await WorkspaceCommands.RunAsync(seen, "git status --porcelain")).ShouldBe("");
        await Git.RemoveWorkspaceAsync(workspace.Id, None);
    }

    [Fact]
    public async Task Contents_ThroughALink_AreNotWritten()
    {
        var workspace = await WorkspaceAsync(WorkspaceLayering.Copy);
        var outside = Directory.CreateDirectory(_f.Beside("outside")).FullName;
        Directory.Delete(At(workspace, "d"), recursive: true);
        Directory.CreateSymbolicLink(At(workspace, "d"), outside);
        await Git.RestoreAsync(workspace, await BaseTreeAsync(), None);
        (await File.ReadAllTextAsync(At(workspace, "d/run.bin"))).ShouldBe("#!/bin/sh\n");
        Directory.EnumerateFileSystemEntries(outside).ShouldBeEmpty();
    }
}
