using System.Net;
using System.Text.Json.Nodes;

namespace CodingAgent.Forges.Tests.GitHub;

/// <summary>What GitHub answers where commits are made and branches moved by its API.</summary>
public sealed class GitHubCommitsTests
{
    private static readonly RepoRef Repo = new(ForgeKind.GitHub, "acme", "shop");
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly (string A, string B, string C) Sha = (new('a', 40), new('b', 40), new('c', 40));
    private static readonly NewCommit Asked = new(Sha.A, [Sha.B, Sha.C], "feat: x\n\nCo-authored-by: ann <5+ann@users.noreply.github.com>\nAgent-Step: implement-1\n");

    private readonly ScriptedGitHub _github = new();

    [Fact]
    public async Task Commit_Asked_NamesNeitherAuthorNorCommitter()
    {
        _github.Answer(201, Made("""{"verified":true,"reason":"valid","signature":"s","payload":"p","verified_at":"2026-12-01T00:00:00Z"}"""));
        var made = await _github.Forge().MakeCommitAsync(Repo, Asked, None);

        _github.Asked.ShouldBe(["POST https://api.github.com/repos/acme/shop/git/commits"]);
        var body = JsonNode.Parse(_github.Bodies[0]!)!.AsObject();
        body.Select(m => m.Key).ShouldBe(["message", "tree", "parents"], ignoreOrder: true);
        ((string)body["message"]!, (string)body["tree"]!).ShouldBe((Asked.Message, Asked.Tree));
        body["parents"]!.AsArray().Select(p => (string)p!).ShouldBe(Asked.Parents);
        (made.Sha, made.IsVerified, made.Commit.Tree, made.Commit.Message).ShouldBe((new string('d', 40), true, Asked.Tree, "feat: x"));
        made.Commit.Parents.ShouldBe(Asked.Parents);
    }

    [Theory]
    [InlineData("""{"verified":false,"reason":"unsigned","signature":null,"payload":null,"verified_at":null}""", "unsigned")]
    [InlineData("""{"verified":false,"reason":"unknown_key","signature":"s","payload":"p"}""", "unknown_key")]
    [InlineData("""{"verified":false,"reason":"a_reason_of_tomorrow","signature":"s","payload":"p"}""", "a_reason_of_tomorrow")]
    [InlineData("null", "unsigned")]
    public async Task Commit_NotVerified_SaysWhy(string verification, string reason)
    {
        _github.Answer(201, Made(verification));
        var made = await _github.Forge().MakeCommitAsync(Repo, Asked, None);
        (made.IsVerified, made.Reason).ShouldBe((false, reason));
    }

    [Theory]
    [InlineData(201, "gpgverify_unavailable")]
    [InlineData(201, "gpgverify_error")]
    [InlineData(422, "Tree SHA does not exist")]
    [InlineData(422, "Parent SHA does not exist or is not a commit object")]
    public async Task Commit_ThatGitHubCouldNotLookAt_IsWorthAnotherTry(int status, string words)
    {
        _github.Answer(status, status == 201 ? Made($$"""{"verified":false,"reason":"{{words}}","signature":"s","payload":"p"}""") : $$"""{"message":"{{words}}"}""");
        (await Should.ThrowAsync<ForgeUnavailableException>(() => _github.Forge().MakeCommitAsync(Repo, Asked, None))).Message.ShouldContain(words);
    }

    [Fact]
    public async Task Branch_Moved_IsNeverForced()
    {
        Head(Sha.A).Answer(200, Reference(Sha.B));
        (await _github.Forge().MoveBranchAsync(Repo, new BranchMove("agent/a#b", Sha.A, Sha.B, "main"), None)).ShouldBeTrue();
        _github.Asked[1].ShouldBe("PATCH https://api.github.com/repos/acme/shop/git/refs/heads/agent/a%23b");
        JsonNode.Parse(_github.Bodies[1]!)!.ToJsonString().ShouldBe($$"""{"sha":"{{Sha.B}}","force":false}""");
    }

    [Theory]
    [InlineData("main")]
    [InlineData("Main")]
    public async Task Branch_ThatIsTheDefault_IsNotMoved(string branch)
    {
        await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().MoveBranchAsync(Repo, new BranchMove(branch, Sha.A, Sha.B, "main"), None));
        _github.Asked.ShouldBeEmpty();
    }

    // After the refusal the branch is where somebody else put it, gone, or where it was to be: by a request whose answer was lost.
    [Theory]
    [InlineData(true, "Update is not a fast forward", "c", false)]
    [InlineData(true, "Reference does not exist", null, false)]
    [InlineData(true, "Update is not a fast forward", "b", true)]
    [InlineData(false, "Reference already exists", "c", false)]
    [InlineData(false, "Reference already exists", "b", true)]
    public async Task Branch_RefusedBecauseItIsElsewhere_IsToldByWhereItIs(bool isThere, string words, string? then, bool isOurs)
    {
        Head(isThere ? Sha.A : null).Answer(422, $$"""{"message":"{{words}}"}""");
        Head(then switch { "b" => Sha.B, "c" => Sha.C, _ => null });
        (await _github.Forge().MoveBranchAsync(Repo, new BranchMove("agent/1", isThere ? Sha.A : null, Sha.B, "main"), None)).ShouldBe(isOurs);
    }

    [Fact]
    public async Task Branch_PutBackByForce_IsNotForwarded()
    {
        Head(Sha.C);
        (await _github.Forge().MoveBranchAsync(Repo, new BranchMove("agent/1", Sha.A, Sha.B, "main"), None)).ShouldBeFalse();
        _github.Asked.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("Update is not a fast forward")]
    [InlineData("Object does not exist")]
    public async Task Branch_RefusedByAServerThatLagsBehind_IsWorthAnotherTry(string words)
    {
        Head(Sha.A).Answer(422, $$"""{"message":"{{words}}"}""");
        Head(Sha.A);
        await Should.ThrowAsync<ForgeUnavailableException>(() => _github.Forge().MoveBranchAsync(Repo, new BranchMove("agent/1", Sha.A, Sha.B, "main"), None));
    }

    [Theory]
    [InlineData(422, "Repository rule violations found\\n\\nCommits must have verified signatures.")]
    [InlineData(422, "Reference update failed")]
    [InlineData(403, "Resource not accessible by integration")]
    public async Task Branch_RefusedByARule_IsRefused(int status, string words)
    {
        Head(null).Answer(status, $$"""{"message":"{{words}}"}""");
        Head(null);
        var error = await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().MoveBranchAsync(Repo, new BranchMove("agent/1", null, Sha.B, "main"), None));
        error.Status.ShouldBe((HttpStatusCode)status);
        error.Message.ShouldNotContain('\n');
    }

    [Fact]
    public void Account_OfAPersonalToken_SignsNothing() => _github.Forge().SignsCommits(Repo).ShouldBeFalse();

    private ScriptedGitHub Head(string? sha) => sha is null ? _github.Answer(404, """{"message":"Not Found"}""") : _github.Answer(200, Reference(sha));

    private static string Reference(string sha) => $$$"""{"ref":"refs/heads/x","node_id":"n","url":"https://api.github.com/x","object":{"sha":"{{{sha}}}","type":"commit","url":"https://api.github.com/y"}}""";

    private static string Made(string verification) =>
        $$"""
        {"sha":"{{new string('d', 40)}}","node_id":"n","url":"https://api.github.com/c","author":{"name":"agent[bot]","email":"1+agent[bot]@users.noreply.github.com","date":"2026-12-01T00:00:00Z"},
        "committer":{"name":"GitHub","email":"noreply@github.com","date":"2026-12-01T00:00:00Z"},"message":"feat: x","tree":{"sha":"{{Sha.A}}","url":"u"},
        "parents":[{"sha":"{{Sha.B}}","url":"u","html_url":"h"},{"sha":"{{Sha.C}}","url":"u","html_url":"h"}],"verification":{{verification}},"html_url":"h"}
        """;
}
