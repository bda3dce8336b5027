using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

public sealed class MirrorCollectionTests : IDisposable
{
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);
    private readonly GitFixture _f = new();

    public void Dispose() => _f.Dispose();

    [Fact]
    public async Task MirrorThatNobodyUsed_IsGone_AndFetchedAgainWhenNeeded()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1\n"));
        var mirror = await _f.MirrorAsync();
        (await _f.Git.CollectMirrorsAsync(Month, CancellationToken.None)).ShouldBeEmpty();
        Age(mirror);
        (await _f.Git.CollectMirrorsAsync(Month, CancellationToken.None)).ShouldBe([Path.GetFileName(mirror.GitDirectory)]);
        Directory.Exists(mirror.GitDirectory).ShouldBeFalse();
        (await _f.Git.TreeOfAsync(await _f.MirrorAsync(), head, CancellationToken.None)).Length.ShouldBe(40);
    }

    [Fact]
    public async Task MirrorThatAWorkspaceStandsOn_Stays_WhateverItsAge()
    {
        var (mirror, workspace) = await _f.WorkspaceAsync(_f.Origin.Commit("main", ("a.txt", "1\n")));
        Age(mirror);
        (await _f.Git.CollectMirrorsAsync(Month, CancellationToken.None)).ShouldBeEmpty();
        await _f.Git.RemoveWorkspaceAsync(workspace.Id, CancellationToken.None);
        (await _f.Git.CollectMirrorsAsync(Month, CancellationToken.None)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task MirrorThatWasOpenedAgain_Stays()
    {
        _f.Origin.Commit("main", ("a.txt", "1\n"));
        Age(await _f.MirrorAsync());
        var mirror = await _f.Git.OpenMirrorAsync("test:o/r", CancellationToken.None);
        (await _f.Git.CollectMirrorsAsync(Month, CancellationToken.None)).ShouldBeEmpty();
        Directory.Exists(mirror.GitDirectory).ShouldBeTrue();
    }

    [Fact]
    public async Task ObjectsThatNothingLeadsTo_AreGoneAfterTheirTime_AndTheRestStays()
    {
        var (mirror, workspace) = await _f.WorkspaceAsync(_f.Origin.Commit("main", ("a.txt", "1\n"), ("kept/b.txt", "2\n")));
        File.WriteAllText(Path.Combine(workspace.RootPath, "new.txt"), "of a task\n");
        var old = (await _f.Git.SnapshotAsync(workspace, CancellationToken.None)).TreeId;
        var later = DateTimeOffset.UtcNow.AddMinutes(1);
        // A task works here.
        (await _f.Git.CollectObjectsAsync(later, CancellationToken.None)).ShouldBeEmpty();
        await _f.Git.RemoveWorkspaceAsync(workspace.Id, CancellationToken.None);

        // Too young; the objects now lie in a pack that keeps their time.
        (await _f.Git.CollectObjectsAsync(DateTimeOffset.UtcNow.AddDays(-30), CancellationToken.None)).Count.ShouldBe(1);
        (await _f.Git.ContainsAsync(mirror, old, CancellationToken.None)).ShouldBeTrue();
        // Not every hour.
        (await _f.Git.CollectObjectsAsync(later, CancellationToken.None)).ShouldBeEmpty();
        (await _f.Git.ContainsAsync(mirror, old, CancellationToken.None)).ShouldBeTrue();

        AgeMark(mirror);
        (await _f.Git.CollectObjectsAsync(later, CancellationToken.None)).Count.ShouldBe(1);
        (await _f.Git.ContainsAsync(mirror, old, CancellationToken.None)).ShouldBeFalse();
        var again = await _f.Git.CreateWorkspaceAsync(mirror, workspace.BaseSha, null, "again", CancellationToken.None);
        File.ReadAllText(Path.Combine(again.RootPath, "kept/b.txt")).ShouldBe("2\n");
        File.WriteAllText(Path.Combine(again.RootPath, "new.txt"), "of a task\n");
        (await _f.Git.SnapshotAsync(again, CancellationToken.None)).TreeId.ShouldBe(old);
    }

    [Fact]
    public async Task ObjectsOfADeletedBranch_GoWithIt_ButNotWhatAYoungerSnapshotLeadsTo()
    {
        var main = _f.Origin.Commit("main", ("a.txt", "1\n"));
        var gone = _f.Origin.Commit("side", ("side.txt", "side\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(gone);
        _f.Origin.Git(_f.Origin.BarePath, "branch", "-D", "side");
        await _f.MirrorAsync();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(mirror.GitDirectory, "objects"), "*", SearchOption.AllDirectories)) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-60));
        File.WriteAllText(Path.Combine(workspace.RootPath, "new.txt"), "of a task\n");
        var snapshot = await _f.Git.SnapshotAsync(workspace, CancellationToken.None);
        await _f.Git.RemoveWorkspaceAsync(workspace.Id, CancellationToken.None);
        (await _f.Git.CollectObjectsAsync(DateTimeOffset.UtcNow.AddDays(-30), CancellationToken.None)).Count.ShouldBe(1);
        (await _f.Git.ContainsAsync(mirror, snapshot.TreeId, CancellationToken.None)).ShouldBeTrue();
        (await _f.Git.ListTreeAsync(mirror, snapshot.TreeId, CancellationToken.None)).ShouldContain(e => e.Path == "side.txt");
        (await _f.Git.ReadFileAsync(mirror, snapshot.TreeId, "side.txt", CancellationToken.None)).ShouldBe("side\n"u8.ToArray());
        (await _f.Git.ResolveAsync(mirror, main, CancellationToken.None)).ShouldBe(main);
    }

    private static void AgeMark(GitMirror mirror) => File.SetLastWriteTimeUtc(Path.Combine(mirror.GitDirectory, "collected"), DateTime.UtcNow - TimeSpan.FromDays(8));

    private static void Age(GitMirror mirror) => File.SetLastWriteTimeUtc(Path.Combine(mirror.GitDirectory, "info", "attributes"), DateTime.UtcNow - TimeSpan.FromDays(40));
}
