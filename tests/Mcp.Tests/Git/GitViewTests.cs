using System.Diagnostics;
using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>What commands in a sandbox see of git: the base's history and its tags, nothing else, and no way back.</summary>
public sealed class GitViewTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly GitFixture _f = new();
    private readonly ScratchFolder _scratch = new();

    public void Dispose()
    {
        _f.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Checkout_WithTheView_AnswersAsADevelopersWould()
    {
        var (head, _) = History();
        var folder = await CheckoutAsync(head);
        Git(folder, "describe", "--tags").ShouldStartWith("v1.0-1-g");
        Git(folder, "describe", "--tags", "--dirty").ShouldNotContain("dirty");
        Git(folder, "diff", "--exit-code").ShouldBeEmpty();
        Git(folder, "status", "--porcelain").ShouldBeEmpty();
        Git(folder, "diff-index", "--quiet", "HEAD");
        Git(folder, "rev-parse", "HEAD").ShouldBe(head);
        Git(folder, "rev-parse", "--abbrev-ref", "HEAD").ShouldBe("main");
        Git(folder, "ls-files").Split('\n').ShouldBe(["a.txt", "crlf.txt", "run.sh"]);
        Git(folder, "log", "--format=%s").Split('\n').Length.ShouldBe(2);
        Git(folder, "blame", "a.txt").ShouldContain("Dev");
        Git(folder, "tag", "--list").ShouldBe("v1.0");
        Git(folder, "fsck", "--strict").ShouldBeEmpty();
        await File.WriteAllTextAsync(Path.Combine(folder, "a.txt"), "9\n");
        Git(folder, "status", "--porcelain").ShouldBe("M a.txt");
    }

    [Fact]
    public async Task View_HoldsNothingElse()
    {
        var (head, hidden) = History();
        var folder = await CheckoutAsync(head);
        foreach (var commit in hidden) Should.Throw<InvalidOperationException>(() => Git(folder, "cat-file", "-e", commit), commit);
        Git(folder, "for-each-ref", "--format=%(refname)").Split('\n').ShouldBe(["refs/heads/main", "refs/tags/v1.0"]);
        Git(folder, "remote").ShouldBeEmpty();
        Git(folder, "reflog").ShouldBeEmpty();
        Directory.EnumerateFiles(Path.Combine(folder, ".git"), "*", SearchOption.AllDirectories)
            .Where(f => File.ReadAllText(f).Contains(_f.Origin.BarePath, StringComparison.Ordinal)).ShouldBeEmpty();
        File.Exists(Path.Combine(folder, ".git/objects/info/alternates")).ShouldBeFalse();
    }

    [Fact]
    public async Task WhateverIsDoneToIt_TheMirrorStays()
    {
        var (head, _) = History();
        var folder = await CheckoutAsync(head);
        var mirror = await _f.Git.OpenMirrorAsync("test:o/r", None);
        var before = Fingerprint(mirror.GitDirectory);
        await File.WriteAllTextAsync(Path.Combine(folder, "evil.txt"), "x");
        Git(folder, "add", "--all");
        Git(folder, "commit", "--quiet", "-m", "mine");
        Git(folder, "branch", "--force", "other", "HEAD");
        Git(folder, "update-ref", "-d", "refs/tags/v1.0");
        Git(folder, "gc", "--quiet", "--prune=now");
        Fingerprint(mirror.GitDirectory).ShouldBe(before);
        (await _f.Git.ResolveAsync(mirror, "main", None)).ShouldBe(head);
    }

    [Fact]
    public async Task DetachedHead_AndNoTags()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1\n"));
        var mirror = await _f.MirrorAsync();
        var view = await _f.Git.GitViewAsync(mirror, head, null, None);
        Git(view, "rev-parse", "--abbrev-ref", "HEAD").ShouldBe("HEAD");
        Git(view, "for-each-ref").ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(view).Select(Path.GetFileName).ShouldBe([".git"]);
    }

    [Fact]
    public async Task View_BelongsToTheSandboxUser()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1\n"));
        var view = await _f.Git.GitViewAsync(await _f.MirrorAsync(), head, "main", None);
        var owner = new TrustedGitOptions { Root = "/" }.WorkspaceOwner;
        using var find = Process.Start(new ProcessStartInfo("find", [view, "-printf", "%U\n"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var uids = (await find.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct();
        uids.ShouldBe([owner is null ? Environment.GetEnvironmentVariable("UID") ?? uids.First() : $"{owner.Uid}"]);
    }

    [Fact]
    public async Task Views_AreReused_AndTheLeastRecentlyUsedGo_ButNoneOfToday()
    {
        var clock = new LaterClock();
        var git = new TrustedGit(new TrustedGitOptions { Root = _scratch["git"], AllowFileProtocol = true, MaxGitViews = 2 }, clock);
        var commits = Enumerable.Range(0, 4).Select(i => _f.Origin.Commit("main", ("a.txt", $"{i}\n"))).ToArray();
        var mirror = await git.FetchMirrorAsync("k", _f.Origin.Url, null, None);
        var views = new List<string>();
        foreach (var commit in commits)
        {
            views.Add(await git.GitViewAsync(mirror, commit, "main", None));
            clock.Late += TimeSpan.FromMinutes(1);
        }

        views.ShouldAllBe(v => Directory.Exists(v), "commands may still run on any of them");
        clock.Late += TimeSpan.FromHours(7);
        var pack = Directory.EnumerateFiles(Path.Combine(views[0], ".git/objects/pack"), "*.pack").Single();
        var made = File.GetCreationTimeUtc(pack);
        (await git.GitViewAsync(mirror, commits[0], "main", None)).ShouldBe(views[0]);
        File.GetCreationTimeUtc(pack).ShouldBe(made, "it was not made again");
        views.Select(Directory.Exists).ShouldBe([true, false, false, true]);
    }

    [Fact]
    public async Task UnknownCommit_IsRefused()
    {
        _f.Origin.Commit("main", ("a.txt", "1\n"));
        var mirror = await _f.MirrorAsync();
        var error = await Should.ThrowAsync<GitRejectedException>(() => _f.Git.GitViewAsync(mirror, new string('0', 39) + "1", "main", None));
        error.Reason.ShouldBe(GitRejection.NotFound);
    }

    /// <summary>A base with a tag in its history, and commits that must not be seen: another branch, a pull request, a later tag.</summary>
    private (string Head, string[] Hidden) History()
    {
        var first = _f.Origin.Commit("main", ("a.txt", "1\n"), ("run.sh", "#!/bin/sh\n"), ("crlf.txt", "x\n"));
        _f.Origin.Git(_f.Origin.BarePath, "tag", "-a", "-m", "one", "v1.0", first);
        var head = _f.Origin.Commit("main", ("a.txt", "1\n2\n"));
        var branch = _f.Origin.Commit("secret", ("s.txt", "s\n"));
        _f.Origin.Git(_f.Origin.BarePath, "tag", "v9", branch);
        var pull = _f.Origin.Commit("pull", ("p.txt", "p\n"));
        _f.Origin.Git(_f.Origin.BarePath, "update-ref", "refs/pull/1/head", pull);
        return (head, [branch, pull]);
    }

    /// <summary>Prepared tree and view laid over each other, as a sandbox sees them.</summary>
    private async Task<string> CheckoutAsync(string head)
    {
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        var view = await _f.Git.GitViewAsync(mirror, head, "main", None);
        var folder = _scratch["checkout"];
        foreach (var source in new[] { workspace.RootPath, view })
        {
            using var copy = Process.Start("cp", ["-a", source + "/.", folder]);
            await copy.WaitForExitAsync();
            copy.ExitCode.ShouldBe(0);
        }

        return folder;
    }

    private string Git(string folder, params string[] arguments) => _f.Origin.Git(folder, arguments).Trim();

    private static string Fingerprint(string folder) => string.Join('\n', Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal).Select(f => $"{f} {new FileInfo(f).Length} {File.GetLastWriteTimeUtc(f):O}"));

    private sealed class LaterClock : TimeProvider
    {
        public TimeSpan Late { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Late;
    }
}
