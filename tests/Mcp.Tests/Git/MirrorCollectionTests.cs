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

    private static void Age(GitMirror mirror) => File.SetLastWriteTimeUtc(Path.Combine(mirror.GitDirectory, "info", "attributes"), DateTime.UtcNow - TimeSpan.FromDays(40));
}
