using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

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

    [Theory]
    [InlineData("../lib.git", "acme/lib")]
    [InlineData("../Lib", "acme/Lib")]
    [InlineData("git@127.0.0.1:acme/lib.git", "acme/lib")]
    [InlineData("../../other/lib.git", null)]
    [InlineData("https://127.0.0.1:1/acme/a/b", null)]
    [InlineData("https://127.0.0.1:2/acme/lib.git", null)]
    [InlineData("https://10.0.0.1/acme/lib.git", null)]
    public async Task Submodule_OfTheSameOwnerOnTheSameForge_AloneGetsAToken(string url, string? asked)
    {
        using var remote = new GitRemote(new Dictionary<string, string> { [".gitmodules"] = $"[submodule \"lib\"]\n\tpath = lib\n\turl = {url}\n" });
        remote.Pin("lib", new string('1', 40));
        _forge.CloneUrl = remote.Url;
        var (_, mirrors) = Worker();
        var mirror = await mirrors.WithCommitAsync(TaskHarness.Repo, remote.Sha, None);
        _tokens.Repositories.Clear();

        // Nobody listens there: what was asked for before is what counts.
        _forge.CloneUrl = new Uri("https://127.0.0.1:1/acme/shop.git");
        var build = RepositoryBuild.Unknown("") with { Submodules = new SubmoduleRequest(false, []) };
        var failure = await Should.ThrowAsync<Exception>(() => mirrors.OutsideAsync(TaskHarness.Repo, mirror, remote.Sha, new RepositoryPolicy(), build, None));
        (failure is GitRejectedException or GitUnavailableException).ShouldBeTrue(failure.ToString());
        failure.Message.ShouldStartWith("The submodule lib (");
        failure.Message.ShouldNotContain("t0ken");
        _tokens.Repositories.Where(r => r != TaskHarness.Repo).Select(r => r!.FullName).ShouldBe(asked is null ? [] : [asked]);
    }
}
