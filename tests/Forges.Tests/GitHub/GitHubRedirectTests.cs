using System.Net;

namespace CodingAgent.Forges.Tests.GitHub;

/// <summary>Where a token goes when GitHub says that something is elsewhere.</summary>
public sealed class GitHubRedirectTests
{
    private const string Issue = """{"number":1,"title":"T","state":"open","user":{"login":"ada","id":2,"type":"User"},"updated_at":"2026-11-22T12:00:00Z"}""";
    private static readonly RepoRef Repo = new(ForgeKind.GitHub, "acme", "shop");
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly ScriptedGitHub _github = new();

    [Theory]
    [InlineData(301, "https://api.github.com/repositories/7/issues/1")]
    [InlineData(302, "/repositories/7/issues/1")]
    [InlineData(307, "https://API.github.com:443/repositories/7/issues/1")]
    [InlineData(308, "../../../../repositories/7/issues/1")]
    public async Task Read_OfARenamedRepository_IsFollowedWithTheToken(int status, string location)
    {
        // The scripted transport looks for the token in every request.
        _github.Answer(status, "{}", ("Location", location)).Answer(200, Issue);
        (await _github.Forge().GetIssueAsync(Repo, Subject.Issue(1), None)).Title.ShouldBe("T");
        _github.Asked.ShouldBe(["GET https://api.github.com/repos/acme/shop/issues/1", "GET https://api.github.com/repositories/7/issues/1"]);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(307)]
    public async Task Write_ToARenamedRepository_GoesThereAsItIs(int status)
    {
        _github.Answer(status, "{}", ("Location", "https://api.github.com/repositories/7/issues/1/labels")).Answer(200, "[]");
        await _github.Forge().AddLabelAsync(Repo, Subject.Issue(1), "agent:working", None);
        _github.Asked[1].ShouldBe("POST https://api.github.com/repositories/7/issues/1/labels");
        _github.Bodies[1].ShouldBe(_github.Bodies[0]);
        _github.Bodies[1].ShouldBe("""["agent:working"]""");
    }

    /// <summary>The number tells: of a renamed repository it stays.</summary>
    [Fact]
    public async Task Issue_Transferred_IsGoneAndNothingIsWrittenToTheOther()
    {
        const string elsewhere = "https://api.github.com/repositories/9/issues/5";
        _github.Answer(301, "{}", ("Location", elsewhere)).Answer(301, "{}", ("Location", elsewhere + "/labels")).Answer(301, "{}", ("Location", elsewhere + "/comments?per_page=100&page=1"));
        foreach (var call in (Func<Task>[])[
            () => _github.Forge().GetIssueAsync(Repo, Subject.Issue(1), None),
            () => _github.Forge().AddLabelAsync(Repo, Subject.Issue(1), "agent:working", None),
            () => _github.Forge().ListCommentsAsync(Repo, Subject.Issue(1), None)])
        {
            var error = await Should.ThrowAsync<ForgeRejectedException>(call);
            error.Status.ShouldBe(HttpStatusCode.Gone);
            error.Message.ShouldContain("transferred");
        }

        _github.Asked.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Repository_Renamed_HasItsNewName()
    {
        _github.Answer(301, "{}", ("Location", "https://api.github.com/repositories/7"))
            .Answer(200, """{"id":7,"full_name":"acme/store","default_branch":"main","clone_url":"https://github.com/acme/store.git","visibility":"mystery"}""");
        (await _github.Forge().GetRepositoryAsync(Repo, None)).Ref.FullName.ShouldBe("acme/store");
    }

    [Theory]
    [InlineData("https://evil.example/repositories/7/issues/1")]
    [InlineData("//evil.example/repositories/7/issues/1")]
    [InlineData("https://api.github.com.evil.example/x")]
    [InlineData("https://api.github.com@evil.example/x")]
    [InlineData("https://api.github.com:8443/repositories/7/issues/1")]
    [InlineData("http://api.github.com/repositories/7/issues/1")]
    public async Task Redirect_ToAnotherServer_IsNotFollowed(string location)
    {
        _github.Answer(301, "{}", ("Location", location));
        var error = await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().GetIssueAsync(Repo, Subject.Issue(1), None));
        error.Message.ShouldContain("another server");
        _github.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Redirects_WithoutEnd_AreGivenUp()
    {
        for (var i = 0; i < 6; i++)
            _github.Answer(301, "{}", ("Location", "https://api.github.com/repositories/7/issues/1"));
        (await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().GetIssueAsync(Repo, Subject.Issue(1), None))).Message.ShouldContain("redirected");
        _github.Asked.Count.ShouldBe(6);
    }

    [Fact]
    public async Task Redirect_ToNowhere_IsRejected()
    {
        _github.Answer(301, """{"message":"Moved Permanently"}""");
        (await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().GetIssueAsync(Repo, Subject.Issue(1), None))).Status.ShouldBe(HttpStatusCode.MovedPermanently);
    }
}
