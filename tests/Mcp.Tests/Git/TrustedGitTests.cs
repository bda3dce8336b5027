using System.Text;
using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

public sealed class TrustedGitTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly GitIdentity Bot = new("Coding Agent", "bot@example.com");
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.FromHours(1));

    private readonly GitFixture _f = new();

    public void Dispose() => _f.Dispose();

    [Fact]
    public async Task Fetch_FollowsTheRemote_AndPrunes()
    {
        var first = _f.Origin.Commit("main", ("a.txt", "1"));
        _f.Origin.Commit("gone", ("b.txt", "1"));
        var mirror = await _f.MirrorAsync();
        (await _f.Git.ResolveAsync(mirror, "main", None)).ShouldBe(first);
        (await _f.Git.ResolveAsync(mirror, "gone", None)).ShouldNotBeNull();

        _f.Origin.Git(_f.Origin.BarePath, "update-ref", "-d", "refs/heads/gone");
        _f.Origin.Git(_f.Origin.ClonePath, "checkout", "--quiet", "main");
        var second = _f.Origin.Commit("main", ("a.txt", "2"));
        mirror = await _f.MirrorAsync();
        (await _f.Git.ResolveAsync(mirror, "main", None)).ShouldBe(second);
        (await _f.Git.ResolveAsync(mirror, "gone", None)).ShouldBeNull();
        (await _f.Git.ResolveAsync(mirror, first, None)).ShouldBe(first);
        (await _f.Git.ResolveAsync(mirror, "--all", None)).ShouldBeNull();
    }

    [Fact]
    public async Task ReplaceFiles_OfATree_ChangesTheirContentAlone()
    {
        _f.Origin.Commit("main", ("run.sh", "#!/bin/sh\n"), ("dir/größe b.txt", "1\n"), ("c.txt", "1\n"));
        File.SetUnixFileMode(Path.Combine(_f.Origin.ClonePath, "run.sh"), (UnixFileMode)0b111_101_101);
        File.CreateSymbolicLink(Path.Combine(_f.Origin.ClonePath, "link.txt"), "c.txt");
        var head = _f.Origin.Commit("main", ("d.txt", "1\n"));
        var mirror = await _f.MirrorAsync();
        var tree = await _f.Git.TreeOfAsync(mirror, head, None);
        var replaced = await _f.Git.ReplaceFilesAsync(mirror, head, tree, new Dictionary<string, byte[]> { ["run.sh"] = "#!/bin/sh\necho\n"u8.ToArray(), ["dir/größe b.txt"] = [0xFF, 0x0A] }, None);

        (await _f.Git.ReadFileAsync(mirror, replaced, "dir/größe b.txt", None)).ShouldBe([0xFF, 0x0A]);
        var (before, after) = (await _f.Git.ListTreeAsync(mirror, tree, None), await _f.Git.ListTreeAsync(mirror, replaced, None));
        after.Select(e => (e.Path, e.Mode)).ShouldBe(before.Select(e => (e.Path, e.Mode)));
        after.Single(e => e.Path == "run.sh").Mode.ShouldBe("100755");
        after.Where(e => !before.Contains(e)).Select(e => e.Path).ShouldBe(["dir/größe b.txt", "run.sh"]);
        (await _f.Git.ReplaceFilesAsync(mirror, head, replaced, new Dictionary<string, byte[]> { ["run.sh"] = "#!/bin/sh\n"u8.ToArray(), ["dir/größe b.txt"] = "1\n"u8.ToArray() }, None)).ShouldBe(tree);
        foreach (var path in new[] { "none.txt", "link.txt", "dir", "../c.txt" })
            await Should.ThrowAsync<GitRejectedException>(() => _f.Git.ReplaceFilesAsync(mirror, head, tree, new Dictionary<string, byte[]> { [path] = [] }, None));
    }

    [Fact]
    public async Task Fetch_ManyAtOnce_AllSucceed()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1"));
        var other = _f.NewGit("one");
        var mirrors = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? _f.Git : other).FetchMirrorAsync("test:o/r", _f.Origin.Url, null, None)));
        mirrors.Distinct().Count().ShouldBe(1);
        (await _f.Git.ResolveAsync(mirrors[0], "main", None)).ShouldBe(head);
    }

    [Fact]
    public async Task Fetch_LockLeftByAKilledGit_IsCleared()
    {
        _f.Origin.Commit("main", ("a.txt", "1"));
        var mirror = await _f.MirrorAsync();
        var head = _f.Origin.Commit("main", ("a.txt", "2"));
        await File.WriteAllTextAsync(Path.Combine(mirror.GitDirectory, "refs/heads/main.lock"), "");
        mirror = await _f.MirrorAsync();
        (await _f.Git.ResolveAsync(mirror, "main", None)).ShouldBe(head);
    }

    [Fact]
    public async Task Snapshot_Untouched_IsTheBaseTree()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1\r\n2\r\n"), ("dir/b.sh", "#!/bin/sh\n"), (".gitattributes", "*.txt text eol=lf\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        (await File.ReadAllTextAsync(Path.Combine(workspace.RootPath, "a.txt"))).ShouldBe("1\n2\n", "the remote normalised it when the developer committed");
        (await _f.ChangesAsync(mirror, workspace)).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Snapshot_RecordsAddModifyDeleteModeAndLink()
    {
        var head = _f.Origin.Commit("main", ("keep.txt", "1\n"), ("change.txt", "1\n2\n"), ("drop.txt", "x\n"), ("run.sh", "#!/bin/sh\n"), ("kind", "file\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        var root = workspace.RootPath;
        await File.WriteAllTextAsync(Path.Combine(root, "change.txt"), "1\n3\n4\n");
        File.Delete(Path.Combine(root, "drop.txt"));
        Directory.CreateDirectory(Path.Combine(root, "new dir"));
        await File.WriteAllTextAsync(Path.Combine(root, "new dir", "ünï\tcode\n.txt"), "hello\n");
        await File.WriteAllBytesAsync(Path.Combine(root, "bin.dat"), [0, 1, 2]);
        File.SetUnixFileMode(Path.Combine(root, "run.sh"), (UnixFileMode)0x1ed);
        File.CreateSymbolicLink(Path.Combine(root, "link"), "/etc/passwd");
        File.Delete(Path.Combine(root, "kind"));
        Directory.CreateDirectory(Path.Combine(root, "kind"));
        await File.WriteAllTextAsync(Path.Combine(root, "kind", "inner"), "now a folder\n");

        var changes = await _f.ChangesAsync(mirror, workspace);
        changes.Files.Select(f => (f.Path, f.Kind, f.Mode, f.Insertions, f.Deletions, f.IsBinary)).ShouldBe(
        [
            ("bin.dat", ChangeKind.Added, "100644", 0, 0, true),
            ("change.txt", ChangeKind.Modified, "100644", 2, 1, false),
            ("drop.txt", ChangeKind.Deleted, "100644", 0, 1, false),
            ("kind", ChangeKind.Deleted, "100644", 0, 1, false),
            ("kind/inner", ChangeKind.Added, "100644", 1, 0, false),
            ("link", ChangeKind.Added, "120000", 1, 0, false),
            ("new dir/ünï\tcode\n.txt", ChangeKind.Added, "100644", 1, 0, false),
            ("run.sh", ChangeKind.Modified, "100755", 0, 0, false),
        ]);
        changes.Files.Single(f => f.Path == "bin.dat").Size.ShouldBe(3);
        (changes.Insertions, changes.Deletions).ShouldBe((5, 3));
    }

    [Fact]
    public async Task Snapshot_BaseIgnoresHold_WhateverTheWorkspaceSays()
    {
        var head = _f.Origin.Commit("main", (".gitignore", "obj/\n*.log\n"), ("sub/.gitignore", "*.tmp\n"), ("tracked.log", "kept\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        var root = workspace.RootPath;
        foreach (var path in new[] { "obj/out.dll", "deep/obj/out.dll", "x.log", "sub/x.tmp", "y.tmp", "secret.cs" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, path))!);
            await File.WriteAllTextAsync(Path.Combine(root, path), "content\n");
        }

        await File.WriteAllTextAsync(Path.Combine(root, ".gitignore"), "secret.cs\n");
        await File.WriteAllTextAsync(Path.Combine(root, "tracked.log"), "changed\n");
        var changes = await _f.ChangesAsync(mirror, workspace);
        changes.Files.Select(f => f.Path).ShouldBe([".gitignore", "secret.cs", "tracked.log", "y.tmp"]);
    }

    [Fact]
    public async Task TreeOf_AskedAgain_StartsNoGit()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1"));
        var mirror = await _f.MirrorAsync();
        var tree = await _f.Git.TreeOfAsync(mirror, head, None);
        Directory.Move(mirror.GitDirectory, mirror.GitDirectory + "-away");
        (await _f.Git.TreeOfAsync(mirror, head, None)).ShouldBe(tree);
        await Should.ThrowAsync<GitFailedException>(() => _f.NewGit("two").TreeOfAsync(mirror, head, None));
    }

    [Fact]
    public async Task PackAndUnpack_CarryASnapshotToAnotherMachine()
    {
        var head = _f.Origin.Commit("main", ("a.txt", string.Concat(Enumerable.Range(0, 2000).Select(i => $"line {i}\n"))), ("b.txt", "b\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        await File.AppendAllTextAsync(Path.Combine(workspace.RootPath, "a.txt"), "one more\n");
        var snapshot = await _f.Git.SnapshotAsync(workspace, None);
        var tree = snapshot.TreeId;
        var pack = await _f.Git.PackAsync(mirror, head, tree, None);
        pack.Length.ShouldBeLessThan(1500, "a thin pack holds the difference only");
        (await _f.Git.PackAsync(mirror, head, tree, None)).ShouldBe(pack, "the same snapshot makes the same artifact");
        (await _f.Git.PackAsync(mirror, head, tree, None, snapshot.Carrier)).ShouldBe(pack, "whoever made its commit");

        var elsewhere = _f.NewGit("two");
        var theirs = await elsewhere.FetchMirrorAsync("test:o/r", _f.Origin.Url, null, None);
        (await elsewhere.ContainsAsync(theirs, tree, None)).ShouldBeFalse();
        await elsewhere.UnpackAsync(theirs, pack, tree, None);
        await elsewhere.UnpackAsync(theirs, pack, tree, None);
        var resumed = await elsewhere.CreateWorkspaceAsync(theirs, head, tree, "attempt-2", None);
        (await File.ReadAllTextAsync(Path.Combine(resumed.RootPath, "a.txt"))).ShouldEndWith("line 1999\none more\n");
        (await elsewhere.SnapshotAsync(resumed, None)).TreeId.ShouldBe(tree);
        await Should.ThrowAsync<GitFailedException>(() => elsewhere.UnpackAsync(theirs, pack[..^30], tree, None));
    }

    [Fact]
    public async Task Restore_RemovesEverythingElse_AndWritesThroughNoLink()
    {
        using var outside = new ScratchFolder();
        outside.Write("victim.txt", "untouched");
        var head = _f.Origin.Commit("main", ("src/victim.txt", "from git\n"), (".gitignore", "obj/\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        Directory.Delete(Path.Combine(workspace.RootPath, "src"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(workspace.RootPath, "src"), outside.Path);
        Directory.CreateDirectory(Path.Combine(workspace.RootPath, "obj"));
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "obj/stale.dll"), "x");

        (await _f.Git.SnapshotAsync(workspace, None)).TreeId.ShouldNotBe(await _f.Git.TreeOfAsync(mirror, head, None));
        await _f.Git.RestoreAsync(workspace, await _f.Git.TreeOfAsync(mirror, head, None), None);
        outside["victim.txt"].ShouldSatisfyAllConditions(p => File.ReadAllText(p).ShouldBe("untouched"));
        File.ReadAllText(Path.Combine(workspace.RootPath, "src/victim.txt")).ShouldBe("from git\n");
        Directory.Exists(Path.Combine(workspace.RootPath, "obj")).ShouldBeFalse();

        await _f.Git.RemoveWorkspaceAsync(workspace.Id, None);
        Directory.Exists(workspace.RootPath).ShouldBeFalse();
        await _f.Git.RemoveWorkspaceAsync(workspace.Id, None);
    }

    [Fact]
    public async Task Commit_SameArguments_SameSha()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1"));
        var mirror = await _f.MirrorAsync();
        var tree = await _f.Git.TreeOfAsync(mirror, head, None);
        var one = await _f.Git.CommitAsync(mirror, tree, [head], "feat: x\r\n\nbody\n", Bot, Noon, None);
        var two = await _f.Git.CommitAsync(mirror, tree, [head], "feat: x\n\nbody", Bot, Noon.ToUniversalTime(), None);
        two.ShouldBe(one);
        var log = await _f.Git.LogAsync(mirror, one, null, 1, None);
        log.ShouldBe([new GitLogEntry(one, "Coding Agent", Noon.ToUniversalTime(), "feat: x")]);
    }

    [Fact]
    public async Task Push_CreatesAdvancesAndRepeats_ButNeverForces()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1"));
        var mirror = await _f.MirrorAsync();
        var tree = await _f.Git.TreeOfAsync(mirror, head, None);
        var one = await _f.Git.CommitAsync(mirror, tree, [head], "one", Bot, Noon, None);
        var two = await _f.Git.CommitAsync(mirror, tree, [one], "two", Bot, Noon, None);
        var stray = await _f.Git.CommitAsync(mirror, tree, [head], "stray", Bot, Noon, None);
        Task Push(string sha, string branch, string? expected) => _f.Git.PushAsync(mirror, _f.Origin.Url, null, sha, branch, expected, "main", None);

        await Push(one, "agent/1", null);
        await Push(one, "agent/1", null);
        await Push(two, "agent/1", one);
        await Push(two, "agent/1", one);
        _f.Origin.BranchHead("agent/1").ShouldBe(two);

        (await Should.ThrowAsync<GitRejectedException>(() => Push(stray, "agent/1", two))).Reason.ShouldBe(GitRejection.NotFastForward);
        (await Should.ThrowAsync<GitRejectedException>(() => Push(stray, "agent/1", head))).Reason.ShouldBe(GitRejection.StaleExpectation);
        (await Should.ThrowAsync<GitRejectedException>(() => Push(stray, "agent/1", null))).Reason.ShouldBe(GitRejection.StaleExpectation);
        (await Should.ThrowAsync<GitRejectedException>(() => Push(one, "main", head))).Reason.ShouldBe(GitRejection.DefaultBranch);
        (await Should.ThrowAsync<GitRejectedException>(() => Push(one, "Main", head))).Reason.ShouldBe(GitRejection.DefaultBranch);
        await Should.ThrowAsync<ArgumentException>(() => Push(one, "refs/heads/main", head));
        _f.Origin.BranchHead("agent/1").ShouldBe(two);
        _f.Origin.BranchHead("main").ShouldBe(head);
    }

    [Fact]
    public async Task ReadFile_RegularFilesOnly()
    {
        var head = _f.Origin.Commit("main", ("dir/a.txt", "ä\n"), ("b.txt", "b\n"));
        File.CreateSymbolicLink(Path.Combine(_f.Origin.ClonePath, "link"), "b.txt");
        head = _f.Origin.Commit("main");
        var mirror = await _f.MirrorAsync();
        Encoding.UTF8.GetString((await _f.Git.ReadFileAsync(mirror, head, "dir/a.txt", None))!).ShouldBe("ä\n");
        foreach (var path in new[] { "link", "dir", "missing", "../x", "", ":/b.txt", "*" })
            (await _f.Git.ReadFileAsync(mirror, head, path, None)).ShouldBeNull(path);
        await Should.ThrowAsync<GitRejectedException>(() => _f.Git.ReadFileAsync(mirror, head, "b.txt", None, maxBytes: 1));
        (await _f.Git.ListTreeAsync(mirror, head, None)).ShouldContain(new TreeEntry("b.txt", "100644", "61780798228d17af2d34fce4cfbdf35556832472", 2));
    }

    [Fact]
    public async Task PatchText_ShowsTheChange_AndSaysWhenCut()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1\n2\n"), ("hidden.cs", "x\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, ".gitattributes"), "*.cs binary\n*.txt -diff\n");
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "a.txt"), "1\n3\n");
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "hidden.cs"), "y\n");
        var tree = (await _f.Git.SnapshotAsync(workspace, None)).TreeId;
        var patch = await _f.Git.PatchTextAsync(mirror, head, tree, [], 10_000, None);
        patch.ShouldContain("-2\n+3\n");
        patch.ShouldContain("-x\n+y\n", Case.Sensitive, "declaring a file binary must not hide it from reviewers");
        (await _f.Git.PatchTextAsync(mirror, head, tree, ["a.txt"], 20, None)).ShouldContain("more characters of diff");
    }
}
