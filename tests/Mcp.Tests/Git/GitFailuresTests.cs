using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>What forges really answer, told apart: worth trying again, final, and whose turn it is.</summary>
public sealed class GitFailuresTests
{
    private static readonly Uri Url = new("https://git.example.com/maintenance/timeout.git");

    private static Exception Push(string words) => GitFailures.Classify("push", Url, words);

    [Theory]
    [InlineData("remote: fatal error in commit_refs\nTo https://github.com/o/r\n!\tabc:refs/heads/x\t[remote rejected] (failure)\nerror: failed to push some refs to 'https://github.com/o/r'")]
    [InlineData("!\tabc:refs/heads/x\t[remote rejected] (Internal Server Error)")]
    [InlineData("remote: Internal Server Error\n!\tabc:refs/heads/x\t[remote failure] (remote failed to report status)")]
    [InlineData("remote: \nremote: Gitea: Internal Server Error\n!\tabc:refs/heads/x\t[remote rejected] (pre-receive hook declined)")]
    [InlineData("remote: Gitea: Internal Server Error\nremote: Unable to contact gitea: Post http://0.0.0.0/api/internal: connect: connection refused\n!\ta:refs/heads/x\t[remote rejected] (pre-receive hook declined)")]
    [InlineData("remote: GitLab: Internal API unreachable\n!\tabc:refs/heads/x\t[remote rejected] (pre-receive hook declined)")]
    [InlineData("remote: GitLab: API is not accessible\n!\tabc:refs/heads/x\t[remote rejected] (pre-receive hook declined)")]
    [InlineData("remote: hooks/pre-receive:19:in `increase_reference_counter': undefined method `[]' for nil:NilClass (NoMethodError)\n!\ta:refs/heads/x\t[remote rejected] (pre-receive hook declined)")]
    [InlineData("remote: Communication breakdown with Bitbucket.\n!\tabc:refs/heads/x\t[remote rejected] (pre-receive hook declined)")]
    [InlineData("!\tabc:refs/heads/x\t[remote rejected] (unable to migrate objects to permanent storage)")]
    [InlineData("remote: error: cannot lock ref 'refs/heads/x': Unable to create '/data/git/r.git/./refs/heads/x.lock': File exists.\n!\ta:refs/heads/x\t[remote rejected] (failed to update ref)")]
    [InlineData("error: remote unpack failed: unable to create temporary object directory\n!\ta:refs/heads/x\t[remote rejected] (unpacker error)")]
    [InlineData("error: remote unpack failed: index-pack abnormal exit\n!\ta:refs/heads/x\t[remote rejected] (unpacker error)")]
    [InlineData("error: RPC failed; HTTP 504 curl 22 The requested URL returned error: 504\nsend-pack: unexpected disconnect while reading sideband packet\nfatal: the remote end hung up unexpectedly")]
    [InlineData("error: RPC failed; HTTP 429 curl 22 The requested URL returned error: 429")]
    [InlineData("fatal: unable to access 'https://github.com/o/r/': The requested URL returned error: 502")]
    [InlineData("fatal: unable to access 'https://github.com/o/r/': Could not resolve host: github.com")]
    [InlineData("remote: This repository is temporarily unavailable. The page may be down for maintenance.\n!\ta:refs/heads/x\t[remote rejected] (pre-receive hook declined)")]
    [InlineData("remote: pre-receive hook timed out\n!\ta:refs/heads/x\t[remote rejected] (pre-receive hook declined)")]
    [InlineData("fatal: early EOF\nfatal: fetch-pack: invalid index-pack output")]
    [InlineData("something never seen before")]
    public void Trouble_OfTheServer_IsWorthTryingAgain(string words) => Push(words).ShouldBeOfType<GitUnavailableException>();

    [Theory]
    [InlineData("remote: error: GH006: Protected branch update failed for refs/heads/x.\n!\ta:refs/heads/x\t[remote rejected] (protected branch hook declined)", GitRejection.Refused)]
    [InlineData("remote: error: GH013: Repository rule violations found for refs/heads/x.\n!\ta:refs/heads/x\t[remote rejected] (push declined due to repository rule violations)", GitRejection.Refused)]
    [InlineData("remote: error: GH001: Large files detected. You may want to try Git Large File Storage.\n!\ta:refs/heads/x\t[remote rejected] (pre-receive hook declined)", GitRejection.Refused)]
    [InlineData("!\ta:refs/heads/x\t[remote rejected] (refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission)", GitRejection.Refused)]
    [InlineData("remote: GitLab: You are not allowed to push code to this project.\n!\ta:refs/heads/x\t[remote rejected] (pre-receive hook declined)", GitRejection.Refused)]
    [InlineData("remote: GitLab: You are not allowed to force push code to a protected branch on this project.\n!\ta:refs/heads/x\t[remote rejected] (pre-receive hook declined)", GitRejection.Refused)]
    [InlineData("remote: Gitea: Not allowed to push to protected branch main\n!\ta:refs/heads/x\t[remote rejected] (pre-receive hook declined)", GitRejection.Refused)]
    [InlineData("!\ta:refs/heads/x\t[remote rejected] (shallow update not allowed)", GitRejection.Refused)]
    [InlineData("!\ta:refs/pull/1/head\t[remote rejected] (deny updating a hidden ref)", GitRejection.Refused)]
    [InlineData("!\ta:refs/heads/x\t[remote rejected] (pre-receive hook declined)", GitRejection.Refused)]
    [InlineData("ERROR: Repository was archived so is read-only.\nremote: This repository was archived so it is read-only.\nfatal: unable to access 'https://github.com/o/r/': The requested URL returned error: 403", GitRejection.Refused)]
    [InlineData("remote: Permission to o/r.git denied to bot.\nfatal: unable to access 'https://github.com/o/r/': The requested URL returned error: 403", GitRejection.Authentication)]
    [InlineData("remote: Please try again with a token.\nfatal: Authentication failed for 'https://github.com/o/r/'\nThe requested URL returned error: 401", GitRejection.Credential)]
    [InlineData("remote: Write access to repository not granted.\nfatal: unable to access 'https://github.com/o/r/': The requested URL returned error: 403", GitRejection.Authentication)]
    [InlineData("remote: Repository not found.\nfatal: repository 'https://github.com/o/r/' not found", GitRejection.NotFound)]
    [InlineData("remote: The project you were looking for could not be found or you don't have permission to view it.\nfatal: repository 'https://gitlab.com/o/r.git/' not found", GitRejection.NotFound)]
    [InlineData("!\ta:refs/heads/x\t[rejected] (stale info)", GitRejection.StaleExpectation)]
    [InlineData("!\ta:refs/heads/maintenance\t[rejected] (stale info)", GitRejection.StaleExpectation)]
    [InlineData("To https://git.example.com/maintenance/timeout.git\n!\ta:refs/heads/timeout\t[rejected] (fetch first)\nerror: failed to push some refs to 'https://git.example.com/maintenance/timeout.git'", GitRejection.StaleExpectation)]
    [InlineData("!\ta:refs/heads/x\t[remote rejected] (cannot lock ref 'refs/heads/x': is at 98bf7e54 but expected 00da1b35)", GitRejection.StaleExpectation)]
    [InlineData("!\ta:refs/heads/x\t[remote rejected] (cannot lock ref 'refs/heads/x': reference already exists)", GitRejection.StaleExpectation)]
    [InlineData("!\ta:refs/heads/x\t[rejected] (non-fast-forward)", GitRejection.NotFastForward)]
    [InlineData("error: object 1bfd39: hasDotgit: contains '.git'\nfatal: fsck error in packed object\nfatal: index-pack failed", GitRejection.Unsafe)]
    [InlineData("fatal: mismatched algorithms: client sha1; server sha256", GitRejection.Unsupported)]
    public void No_OfTheServer_IsFinal(string words, GitRejection reason) => Push(words).ShouldBeOfType<GitRejectedException>().Reason.ShouldBe(reason);

    [Theory]
    [InlineData("!\ta:refs/heads/coding-agent/x\t[remote rejected] (cannot lock ref 'refs/heads/coding-agent/x': 'refs/heads/coding-agent' exists; cannot create 'refs/heads/coding-agent/x')", "coding-agent")]
    [InlineData("!\ta:refs/heads/topic\t[remote rejected] (cannot lock ref 'refs/heads/topic': 'refs/heads/topic/old/one' exists; cannot create 'refs/heads/topic')", "topic/old/one")]
    [InlineData("remote: error: 'refs/heads/a' exists; cannot create 'refs/heads/a/b'\n!\ta:refs/heads/a/b\t[remote rejected] (failed to update ref)", "a")]
    [InlineData("remote: error: there are still refs under 'refs/heads/a'\n!\ta:refs/heads/a\t[remote rejected] (failed to lock)", "a")]
    public void BranchInTheWay_IsNamed(string words, string branch)
    {
        var error = Push(words).ShouldBeOfType<GitRejectedException>();
        error.Reason.ShouldBe(GitRejection.BranchInTheWay);
        error.Branch.ShouldBe(branch);
        error.Message.ShouldContain($"'{branch}'");
    }
}
