namespace CodingAgent.Forges.Tests.GitHub;

/// <summary>What GitHub answers of tokens, repositories and webhooks, and what is made of it.</summary>
public sealed class GitHubDiagnosisTests
{
    private const string Bot = """{"login":"acme-bot","id":7,"type":"User"}""";
    private const string Shop = """{"id":1,"name":"shop","full_name":"acme/shop","owner":{"login":"acme","id":2,"type":"Organization"},"default_branch":"main","clone_url":"https://github.com/acme/shop.git","permissions":{"admin":true,"push":true,"pull":true}}""";
    private const string AllEvents = "\"issues\",\"issue_comment\",\"pull_request\",\"pull_request_review\",\"pull_request_review_comment\",\"check_run\",\"check_suite\",\"workflow_run\",\"status\"";

    private readonly ScriptedGitHub _github = new();

    [Theory]
    [InlineData("repo, workflow", null, null)]
    [InlineData("repo", ForgeFindingLevel.Note, "lacks the scope workflow")]
    [InlineData("public_repo", ForgeFindingLevel.Warning, "it reaches public repositories only")]
    [InlineData("read:user", ForgeFindingLevel.Problem, "The token's scopes are read:user: it can read, and write nothing.")]
    [InlineData("", ForgeFindingLevel.Problem, "The token's scopes are none: it can read, and write nothing.")]
    [InlineData("repo, workflow, delete_repo, admin:org", ForgeFindingLevel.Warning, "may do more than it needs (delete_repo, admin:org)")]
    public async Task Token_Scopes_AreJudged(string scopes, ForgeFindingLevel? level, string? says)
    {
        _github.Answer(200, Bot, ("X-OAuth-Scopes", scopes)).Answer(200, "[]");
        var found = (await RunAsync()).Where(f => f.Subject == "forge").ToList();
        found[0].Level.ShouldBe(ForgeFindingLevel.Good);
        found[0].Text.ShouldStartWith("acts as acme-bot (user 7) on api.github.com, with a classic token");
        if (level is null)
            found.Count.ShouldBe(1);
        else
            found.ShouldContain(f => f.Level == level && f.Text.Contains(says!, StringComparison.Ordinal) && f.Setting == "Forge:GitHub:Token");
    }

    [Fact]
    public async Task Token_ExpiryAndClock_AreTold()
    {
        var there = _github.Time.GetUtcNow().AddHours(3);
        _github.Answer(200, Bot, ("X-OAuth-Scopes", "repo, workflow"), ("GitHub-Authentication-Token-Expiration", $"{there.AddDays(2):yyyy-MM-dd HH:mm:ss} UTC"), ("Date", $"{there:R}")).Answer(200, "[]");
        var found = await RunAsync();
        found.ShouldContain(f => f.Level == ForgeFindingLevel.Warning && f.Text.Contains($"expires on {there.AddDays(2):yyyy-MM-dd}", StringComparison.Ordinal));
        found.ShouldContain(f => f.Subject == "clock" && f.Text.Contains("clock is 3 hours behind GitHub's", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://ghe.corp.example", "set Forge:GitHub:ApiUrl to https://ghe.corp.example/api/v3")]
    [InlineData("https://github.com", "set Forge:GitHub:ApiUrl to https://api.github.com")]
    [InlineData("https://ghe.corp.example/api/v4", "set Forge:GitHub:ApiUrl to the root of the API")]
    public async Task Address_OfThePagesForPeople_SaysWhichItShouldBe(string address, string says)
    {
        const string Page = "<!DOCTYPE html><title>Sign in</title>";
        for (var i = 0; i < 10; i++)
            _github.Answer(200, Page, ("Content-Type", "text/html"));
        var found = (await RunAsync(address)).ShouldHaveSingleItem();
        (found.Level, found.Setting).ShouldBe((ForgeFindingLevel.Problem, "Forge:GitHub:ApiUrl"));
        found.Text.ShouldContain(says);
    }

    [Fact]
    public async Task Address_WithoutApiV3WhereOneIs_IsNamed()
    {
        _github.Answer(404, "<html>Not here</html>", ("Content-Type", "text/html")).Answer(200, """{"installed_version":"3.17.0"}""");
        (await RunAsync("https://ghe.corp.example")).ShouldHaveSingleItem().Text.ShouldEndWith("is a GitHub Enterprise Server's page for people: set Forge:GitHub:ApiUrl to https://ghe.corp.example/api/v3.");
        _github.Asked[^1].ShouldBe("GET https://ghe.corp.example/api/v3/meta");
    }

    [Theory]
    [InlineData("json", "********", true, AllEvents, 202, ForgeFindingLevel.Good, "the last delivery (issues) was answered 202")]
    [InlineData("form", "********", true, AllEvents, 415, ForgeFindingLevel.Problem, "sends forms: select the content type application/json")]
    [InlineData("json", null, true, AllEvents, 401, ForgeFindingLevel.Problem, "has no secret, so all it sends is refused")]
    [InlineData("json", "********", false, AllEvents, 202, ForgeFindingLevel.Warning, "is not active")]
    [InlineData("json", "********", true, "\"issues\",\"push\"", 202, ForgeFindingLevel.Warning, "does not send issue_comment, pull_request, ")]
    [InlineData("json", "********", true, "\"*\"", 401, ForgeFindingLevel.Warning, "its last delivery (issues, 2026-11-30 10:00Z) was answered 401: its secret is not that of Forge:GitHub:WebhookSecret")]
    [InlineData("json", "********", true, "\"*\"", 404, ForgeFindingLevel.Warning, "was answered 404: a proxy in front")]
    [InlineData("json", "********", true, "\"*\"", 0, ForgeFindingLevel.Warning, "got no answer (timed out): GitHub cannot reach this service there")]
    [InlineData("json", "********", true, "\"*\"", 503, ForgeFindingLevel.Warning, "was answered 503: see the log")]
    public async Task Webhook_AsItIsSetAndAnswered_IsJudged(string contentType, string? secret, bool isActive, string events, int status, ForgeFindingLevel level, string says)
    {
        var secretMember = secret is null ? "" : $",\"secret\":\"{secret}\"";
        _github.Answer(200, Bot, ("X-OAuth-Scopes", "repo, workflow")).Answer(200, $"[{Shop}]")
            .Answer(200, $$$"""[{"id":5,"active":{{{(isActive ? "true" : "false")}}},"events":[{{{events}}}],"config":{"url":"https://agent.example/webhooks/github","content_type":"{{{contentType}}}"{{{secretMember}}}}},{"id":6,"active":true,"events":["push"],"config":{"url":"https://other.example/x","content_type":"json"}}]""")
            .Answer(200, $$"""[{"id":1,"event":"issues","status":"{{(status == 0 ? "timed out" : "x")}}","status_code":{{status}},"delivered_at":"2026-11-30T10:00:00Z"},{"id":2,"event":"ping","status":"OK","status_code":202,"delivered_at":"2026-11-30T09:00:00Z"}]""");
        var found = await RunAsync();
        found.ShouldContain(f => f.Subject == "webhook" && f.Level == level && f.Text.Contains(says, StringComparison.Ordinal), string.Join('\n', found.Select(f => f.Text)));
        _github.Asked[^1].ShouldBe("GET https://api.github.com/repos/acme/shop/hooks/5/deliveries?per_page=30");
        found.ShouldContain(f => f.Text.StartsWith("acme-bot administers acme/shop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Forge_GoneInTheMiddle_IsAFindingAndNoException()
    {
        _github.Answer(200, Bot, ("X-OAuth-Scopes", "repo, workflow"));
        for (var i = 0; i < 4; i++)
            _github.Answer(502, "");
        (await RunAsync())[^1].Text.ShouldStartWith("GitHub could not be asked any further: ");
    }

    private async Task<IReadOnlyList<ForgeFinding>> RunAsync(string api = "https://api.github.com")
    {
        using var forge = _github.Forge(api);
        var found = await forge.DiagnoseAsync(new ForgeWishes([], "/webhooks/github"), default);
        found.ShouldAllBe(f => !f.Text.Contains("ghp_secret") && !f.Text.Contains('\n'));
        return found;
    }
}
