using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>Whatever lies in a workspace, the host's git runs nothing of it and follows nothing of it.</summary>
public sealed class HostileWorkspaceTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly GitFixture _f = new();
    private readonly ScratchFolder _proof = new();

    public void Dispose()
    {
        _f.Dispose();
        _proof.Dispose();
    }

    [Fact]
    public async Task PlantedGitFolder_NeitherRunsNorEntersASnapshot()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        PlantRepository(workspace.RootPath, ".git");
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "a.txt"), "2\n");
        await ExerciseAsync(mirror, workspace);
        (await _f.ChangesAsync(mirror, workspace)).Files.Select(f => f.Path).ShouldBe(["a.txt"]);
        NothingRan();
    }

    [Fact]
    public void PlantedGitFolder_DoesRunUnderPlainGit_SoTheTrapIsReal()
    {
        var folder = _proof["victim"];
        PlantRepository(folder, ".git");
        _f.Origin.Git(folder, "status");
        File.Exists(_proof["ran"]).ShouldBeTrue();
    }

    [Fact]
    public async Task NestedRepository_IsTakenAsPlainFiles_WithoutItsGitFolder()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        PlantRepository(Path.Combine(workspace.RootPath, "nested"), ".git");
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "nested/code.cs"), "x\n");
        Directory.CreateDirectory(Path.Combine(workspace.RootPath, "other"));
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "other/.git"), $"gitdir: {_f.Origin.BarePath}\n");
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "other/code.cs"), "x\n");
        await ExerciseAsync(mirror, workspace);

        var snapshot = await _f.Git.SnapshotAsync(workspace, None);
        var changes = await _f.Git.DiffAsync(mirror, head, snapshot.TreeId, None);
        changes.Files.Select(f => (f.Path, f.Mode)).ShouldBe([("nested/code.cs", "100644"), ("other/code.cs", "100644")]);
        snapshot.Skipped.Select(s => s.Path).ShouldBe(["nested/.git", "other/.git"]);
        NothingRan();
    }

    [Fact]
    public async Task FilterAttributes_RunNothing_AndBytesStayAsTheyAre()
    {
        var head = _f.Origin.Commit("main", (".gitattributes", "* filter=evil diff=evil merge=evil ident text eol=crlf\n"), ("a.txt", "$Id$\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        (await File.ReadAllTextAsync(Path.Combine(workspace.RootPath, "a.txt"))).ShouldBe("$Id$\n");
        PlantRepository(workspace.RootPath, ".git");
        await File.AppendAllTextAsync(Path.Combine(workspace.RootPath, ".gitattributes"), "* working-tree-encoding=UTF-16\n");
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "a.txt"), "$Id: x $\r\n");
        await ExerciseAsync(mirror, workspace);
        var tree = (await _f.Git.SnapshotAsync(workspace, None)).TreeId;
        (await _f.Git.ReadFileAsync(mirror, tree, "a.txt", None)).ShouldBe("$Id: x $\r\n"u8.ToArray());
        NothingRan();
    }

    [Theory]
    [InlineData(".GIT/config")]
    [InlineData("x/git~1/config")]
    [InlineData(".g\u200cit/hooks")]
    [InlineData(".git /x")]
    [InlineData(".git::$INDEX_ALLOCATION/x")]
    public async Task NamesOtherSystemsTakeForGit_AreLeftOutAndReported(string path)
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        var target = Path.Combine(workspace.RootPath, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await File.WriteAllTextAsync(target, "x");
        var snapshot = await _f.Git.SnapshotAsync(workspace, None);
        (await _f.Git.DiffAsync(mirror, head, snapshot.TreeId, None)).IsEmpty.ShouldBeTrue();
        snapshot.Skipped.Count.ShouldBe(1);
    }

    [Fact]
    public async Task SpecialAndHugeFiles_AreReportedNotRead()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(workspace.RootPath, "pipe")])) await mkfifo.WaitForExitAsync();
        await using (var huge = File.Create(Path.Combine(workspace.RootPath, "huge"))) huge.SetLength(1L << 34);
        var snapshot = await _f.Git.SnapshotAsync(workspace, None);
        snapshot.Skipped.Select(s => s.Path).ShouldBe(["huge", "pipe"], ignoreOrder: true);
        (await _f.Git.DiffAsync(mirror, head, snapshot.TreeId, None)).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Submodule_StaysAsItIs_AndItsFolderIsNotTaken()
    {
        _f.Origin.Commit("main", ("a.txt", "1\n"));
        var pinned = _f.Origin.BranchHead("main");
        _f.Origin.Git(_f.Origin.ClonePath, "update-index", "--add", "--cacheinfo", $"160000,{pinned},sub");
        var head = _f.Origin.CommitIndex("main");
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        Directory.CreateDirectory(Path.Combine(workspace.RootPath, "sub"));
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "sub/x.cs"), "x");
        var snapshot = await _f.Git.SnapshotAsync(workspace, None);
        (await _f.Git.DiffAsync(mirror, head, snapshot.TreeId, None)).IsEmpty.ShouldBeTrue();
        snapshot.Skipped.ShouldHaveSingleItem().Path.ShouldBe("sub/x.cs");
    }

    [Fact]
    public async Task LinkedFolder_IsRecordedAsALink_NotEntered()
    {
        _proof.Write("secret.txt", "host secret");
        var head = _f.Origin.Commit("main", ("dir/secret.txt", "from git\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        Directory.Delete(Path.Combine(workspace.RootPath, "dir"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(workspace.RootPath, "dir"), _proof.Path);
        var changes = await _f.ChangesAsync(mirror, workspace);
        changes.Files.Select(f => (f.Path, f.Kind, f.Mode)).ShouldBe([("dir", ChangeKind.Added, "120000"), ("dir/secret.txt", ChangeKind.Deleted, "100644")]);
    }

    [Theory]
    [InlineData("ext::sh -c 'touch {0}'")]
    [InlineData("--upload-pack=touch {0}")]
    [InlineData("ssh://example.com/x")]
    [InlineData("git@example.com:o/r.git")]
    [InlineData("https://user:token@example.com/o/r.git")]
    public async Task CloneUrl_OtherThanPlainHttps_IsRefused(string url)
    {
        var target = string.Format(System.Globalization.CultureInfo.InvariantCulture, url, _proof["ran"]);
        await Should.ThrowAsync<ArgumentException>(() => _f.Git.FetchMirrorAsync("k", target, null, None));
        NothingRan();
    }

    [Fact]
    public async Task FileProtocol_OffByDefault()
    {
        var strict = new TrustedGit(new TrustedGitOptions { Root = _proof["git"] }, TimeProvider.System);
        await Should.ThrowAsync<ArgumentException>(() => strict.FetchMirrorAsync("k", _f.Origin.Url, null, None));
    }

    /// <summary>Every call that touches a workspace.</summary>
    private async Task ExerciseAsync(GitMirror mirror, Workspace workspace)
    {
        var snapshot = await _f.Git.SnapshotAsync(workspace, None);
        await _f.Git.DiffAsync(mirror, workspace.BaseSha, snapshot.TreeId, None);
        await _f.Git.PatchTextAsync(mirror, workspace.BaseSha, snapshot.TreeId, [], 1000, None);
        var pack = await _f.Git.PackAsync(mirror, workspace.BaseSha, snapshot.TreeId, None);
        await _f.Git.UnpackAsync(mirror, pack, snapshot.TreeId, None);
    }

    /// <summary>A repository whose every known way of running something leaves a trace.</summary>
    private void PlantRepository(string folder, string gitName)
    {
        Directory.CreateDirectory(folder);
        var touch = $"touch {_proof["ran"]}";
        var git = Path.Combine(folder, gitName);
        _f.Origin.Git(folder, "init", "--quiet", "--initial-branch=main");
        _f.Origin.Git(folder, "commit", "--quiet", "--allow-empty", "-m", "planted");
        foreach (var hook in new[] { "pre-commit", "post-checkout", "post-index-change", "reference-transaction", "pre-push", "post-commit", "fsmonitor-watchman" })
        {
            var path = Path.Combine(git, "hooks", hook);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, $"#!/bin/sh\n{touch}\n");
            File.SetUnixFileMode(path, (UnixFileMode)0x1ed);
        }

        File.AppendAllText(
            Path.Combine(git, "config"),
            $"""
            [core]
                fsmonitor = {touch}
                pager = {touch}
                sshCommand = {touch}
                editor = {touch}
            [filter "evil"]
                clean = {touch}
                smudge = {touch}
                process = {touch}
                required = true
            [diff "evil"]
                textconv = {touch}
                command = {touch}
            [diff]
                external = {touch}
            [merge "evil"]
                driver = {touch}
            """);
        Directory.CreateDirectory(Path.Combine(git, "info"));
        File.WriteAllText(Path.Combine(git, "info", "attributes"), "* filter=evil diff=evil\n");
    }

    private void NothingRan() => File.Exists(_proof["ran"]).ShouldBeFalse("something planted in the workspace was run on the host");
}
