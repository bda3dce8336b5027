using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>A change is told as what it is: renames, copies, modes and types.</summary>
public sealed class ChangeSetTests : IDisposable
{
    private readonly GitFixture _f = new();

    public void Dispose() => _f.Dispose();

    private static string Lines(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"line {i}\n"));

    [Fact]
    public async Task PureRename_IsARenameOfNothingElse()
    {
        var head = _f.Origin.Commit("main", ("old name.txt", Lines(900)), ("b.txt", "b\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        Directory.CreateDirectory(Path.Combine(workspace.RootPath, "dir"));
        File.Move(Path.Combine(workspace.RootPath, "old name.txt"), Path.Combine(workspace.RootPath, "dir/new\n.txt"));
        var changes = await _f.ChangesAsync(mirror, workspace);
        var file = changes.Files.ShouldHaveSingleItem();
        (file.Kind, file.Path, file.OldPath, file.Similarity, file.ContentChanged).ShouldBe((ChangeKind.Renamed, "dir/new\n.txt", "old name.txt", 100, false));
        (changes.Insertions, changes.Deletions).ShouldBe((0, 0));
        file.Paths.ShouldBe(["dir/new\n.txt", "old name.txt"]);
    }

    [Fact]
    public async Task RenameWithEdits_CountsItsEdits()
    {
        var head = _f.Origin.Commit("main", ("a.txt", Lines(100)));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        File.Delete(Path.Combine(workspace.RootPath, "a.txt"));
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "b.txt"), Lines(98) + "two\nmore\nlines\n");
        var tree = (await _f.Git.SnapshotAsync(workspace, CancellationToken.None)).TreeId;
        var file = (await _f.Git.DiffAsync(mirror, head, tree, CancellationToken.None)).Files.ShouldHaveSingleItem();
        (file.Kind, file.Insertions, file.Deletions, file.ContentChanged).ShouldBe((ChangeKind.Renamed, 3, 2, true));
        file.Similarity.ShouldBeInRange(90, 99);
        var patch = await _f.Git.PatchTextAsync(mirror, head, tree, [], 10_000, CancellationToken.None);
        patch.ShouldContain("rename from a.txt\nrename to b.txt\n");
        patch.Split('\n').Count(l => l.StartsWith('+')).ShouldBe(4);
    }

    [Fact]
    public async Task Rewrite_IsNoRename()
    {
        var head = _f.Origin.Commit("main", ("a.txt", Lines(100)));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        File.Delete(Path.Combine(workspace.RootPath, "a.txt"));
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "b.txt"), string.Concat(Enumerable.Range(0, 100).Select(i => $"other {i * 7}\n")));
        (await _f.ChangesAsync(mirror, workspace)).Files.Select(f => f.Kind).ShouldBe([ChangeKind.Deleted, ChangeKind.Added]);
    }

    [Fact]
    public async Task Copy_NamesItsSource_WhichStays()
    {
        var head = _f.Origin.Commit("main", ("a.txt", Lines(100)));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "b.txt"), Lines(100));
        await File.AppendAllTextAsync(Path.Combine(workspace.RootPath, "a.txt"), "more\n");
        var copy = (await _f.ChangesAsync(mirror, workspace)).Files.Single(f => f.Path == "b.txt");
        (copy.Kind, copy.OldPath, copy.Similarity).ShouldBe((ChangeKind.Copied, "a.txt", 100));
        copy.Paths.ShouldBe(["b.txt"]);
    }

    [Fact]
    public async Task ModesAndTypes_AreTold()
    {
        var head = _f.Origin.Commit("main", ("plain.txt", "x\n"), ("gradlew", "#!/bin/sh\n"), ("kind", "file\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        foreach (var name in new[] { "plain.txt", "gradlew" })
            File.SetUnixFileMode(Path.Combine(workspace.RootPath, name), (UnixFileMode)0x1ed);
        File.Delete(Path.Combine(workspace.RootPath, "kind"));
        File.CreateSymbolicLink(Path.Combine(workspace.RootPath, "kind"), "plain.txt");
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "new"), "#!/usr/bin/env python3\n");
        File.SetUnixFileMode(Path.Combine(workspace.RootPath, "new"), (UnixFileMode)0x1ed);
        var files = (await _f.ChangesAsync(mirror, workspace)).Files.ToDictionary(f => f.Path);
        files["plain.txt"].ShouldSatisfyAllConditions(
            f => f.ExecutableBitChanged.ShouldBeTrue(), f => f.ContentChanged.ShouldBeFalse(), f => f.IsScript.ShouldBeFalse(), f => f.OldMode.ShouldBe("100644"));
        files["gradlew"].ShouldSatisfyAllConditions(f => f.ExecutableBitChanged.ShouldBeTrue(), f => f.IsScript.ShouldBeTrue());
        files["new"].ShouldSatisfyAllConditions(f => f.ExecutableBitChanged.ShouldBeTrue(), f => f.IsScript.ShouldBeTrue(), f => f.OldMode.ShouldBeNull());
        files["kind"].ShouldSatisfyAllConditions(f => f.TypeChanged.ShouldBeTrue(), f => f.Mode.ShouldBe("120000"), f => f.ExecutableBitChanged.ShouldBeFalse());
    }
}
