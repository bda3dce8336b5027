using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;

namespace CodingAgent.Workflows.Tests.Activities;

/// <summary>What a worker fetches: the default branch first, the rest when it is needed, file contents of a partial clone before work.</summary>
public sealed class RepositoryMirrorsTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly GitRemote _remote = new(new Dictionary<string, string> { ["a.txt"] = "a\n" });
    private readonly FakeTokens _tokens = new();
    private readonly FakeForge _forge = new(TaskHarness.Repo, () => DateTimeOffset.UnixEpoch);

    public RepositoryMirrorsTests() => _forge.CloneUrl = _remote.Url;

    public void Dispose() => _remote.Dispose();

    private (TrustedGit Git, RepositoryMirrors Mirrors) Worker(bool partial = false)
    {
        var git = new TrustedGit(new TrustedGitOptions { Root = _remote.Data, AllowFileProtocol = true, PartialClone = partial }, TimeProvider.System);
        return (git, new RepositoryMirrors(git, _forge, _tokens, new FakeStores()));
    }

    [Fact]
    public async Task WithCommit_FetchesTheDefaultBranch_AndTheOthersWhenNeeded()
    {
        var other = _remote.CommitOn("main", "b.txt", "b\n");
        _remote.Git("branch", "other", other);
        _remote.Git("update-ref", "refs/heads/main", _remote.Sha);
        var (git, mirrors) = Worker();
        var mirror = await mirrors.WithCommitAsync(TaskHarness.Repo, _remote.Sha, None);
        (await git.ResolveAsync(mirror, "other", None)).ShouldBeNull();
        await mirrors.WithCommitAsync(TaskHarness.Repo, other, None);
        (await git.ResolveAsync(mirror, "other", None)).ShouldBe(other);
        _tokens.Asked.ShouldAllBe(a => a.Permissions == TokenPermissions.Read);
        (await Should.ThrowAsync<GitRejectedException>(() => mirrors.WithCommitAsync(TaskHarness.Repo, new string('1', 40), None))).Reason.ShouldBe(GitRejection.NotFound);
    }

    [Fact]
    public async Task WithCommit_OfAPartialClone_HasTheFiles()
    {
        _remote.Git("config", "uploadpack.allowFilter", "true");
        var (git, mirrors) = Worker(partial: true);
        var mirror = await mirrors.WithCommitAsync(TaskHarness.Repo, _remote.Sha, None);
        (await git.ReadFileAsync(mirror, _remote.Sha, "a.txt", None)).ShouldBe("a\n"u8.ToArray());
    }

    [Fact]
    public async Task BranchInTheWay_IsNamedBeforeAnythingIsFetched()
    {
        _remote.Git("branch", "coding-agent", "main");
        var (_, mirrors) = Worker();
        (await mirrors.BranchInTheWayAsync(TaskHarness.Repo, "coding-agent/issue-7", None)).ShouldBe("coding-agent");
        (await mirrors.BranchInTheWayAsync(TaskHarness.Repo, "agent/issue-7", None)).ShouldBeNull();
    }
}
