namespace CodingAgent.Forges.Tests.GitLab;

public sealed class GitLabDiagnosisTests : IDisposable
{
    private const string Path = "/webhooks/gitlab";
    private const string Scopes = """{"name":"bot","scopes":["api"],"expires_at":"2027-11-22"}""";
    private static readonly RepoRef Shop = new(ForgeKind.GitLab, "acme/pay", "shop");
    private readonly ScriptedGitLab _gitlab = new();

    public void Dispose() => _gitlab.Dispose();

    [Fact]
    public async Task Token_WithItsRoleAndWebhook_IsGood()
    {
        Known().Answer("acme%2Fpay%2Fshop/hooks?per_page", 200, """[{"id":1,"url":"https://agent.example/webhooks/gitlab","issues_events":true,"note_events":true,"merge_requests_events":true,"pipeline_events":true,"alert_status":"executable"}]""");
        var found = await FindAsync(Shop);
        found.ShouldAllBe(f => f.Level == ForgeFindingLevel.Good);
        found.Select(f => f.Subject).ShouldBe(["forge", "repositories", "webhook"]);
        found[0].Text.ShouldContain("acts as project_7_bot_ab12 (bot 1) on gitlab.com, with a token of the scopes api");
    }

    [Theory]
    [InlineData(401, """{"message":"401 Unauthorized"}""", "does not accept the token", "Forge:GitLab:Token")]
    [InlineData(404, """{"error":"404 Not Found"}""", "not as GitLab's API", "Forge:GitLab:Url")]
    [InlineData(500, "{}", "cannot be reached", "Forge:GitLab:Url")]
    [InlineData(200, """{"login":"octocat"}""", "not as GitLab's API", "Forge:GitLab:Url")]
    public async Task Forge_ThatDoesNotAnswerAsItShould_IsOneProblemWithItsSetting(int status, string body, string words, string setting)
    {
        _gitlab.Answer("/user", status, body);
        var problem = (await FindAsync()).ShouldHaveSingleItem();
        (problem.Level, problem.Setting).ShouldBe((ForgeFindingLevel.Problem, setting));
        problem.Text.ShouldContain(words);
    }

    [Theory]
    [InlineData("""{"scopes":["read_api"]}""", ForgeFindingLevel.Problem, "it can write nothing")]
    [InlineData("""{"scopes":["api","sudo"]}""", ForgeFindingLevel.Warning, "more than it needs (sudo)")]
    [InlineData("""{"scopes":["api"],"expires_at":"2026-11-30"}""", ForgeFindingLevel.Warning, "expires on 2026-11-30")]
    public async Task Token_OfOtherScopesOrNearItsEnd_IsSaid(string token, ForgeFindingLevel level, string words)
    {
        Known(token).Answer("acme%2Fpay%2Fshop/hooks?per_page", 200, "[]");
        (await FindAsync(Shop)).ShouldContain(f => f.Level == level && f.Text.Contains(words, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(20, false, ForgeFindingLevel.Problem, "cannot push to acme/pay/shop")]
    [InlineData(30, true, ForgeFindingLevel.Warning, "is archived")]
    public async Task Project_ThatTakesNoWork_IsSaid(int level, bool isArchived, ForgeFindingLevel expected, string words)
    {
        Known(level: level, isArchived: isArchived);
        (await FindAsync(Shop)).ShouldContain(f => f.Level == expected && f.Text.Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Project_ThatIsNotToBeSeen_IsAProblem()
    {
        _gitlab.Answer("/user", 200, """{"id":1,"username":"bot"}""").Answer("/personal_access_tokens/self", 200, Scopes).Answer("/projects/", 404, "{}");
        (await FindAsync(Shop)).ShouldContain(f => f.Level == ForgeFindingLevel.Problem && f.Text.Contains("is not there, or bot may not see it", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[]", ForgeFindingLevel.Warning, "No webhook of acme/pay/shop leads here")]
    [InlineData("""[{"url":"https://a.example/webhooks/gitlab","issues_events":true,"note_events":false,"merge_requests_events":false,"pipeline_events":true}]""", ForgeFindingLevel.Warning, "does not send comments, merge request events")]
    [InlineData("""[{"url":"https://a.example/webhooks/gitlab","alert_status":"temporarily_disabled"}]""", ForgeFindingLevel.Warning, "has disabled the webhook of acme/pay/shop (temporarily disabled)")]
    public async Task Webhook_ThatDoesNotDo_IsSaid(string hooks, ForgeFindingLevel level, string words)
    {
        Known().Answer("acme%2Fpay%2Fshop/hooks?per_page", 200, hooks);
        (await FindAsync(Shop)).ShouldContain(f => f.Level == level && f.Text.Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Webhooks_ThatAreForMaintainersToRead_AreNotHeldAgainstAnybody()
    {
        Known().Answer("acme%2Fpay%2Fshop/hooks?per_page", 403, """{"message":"403 Forbidden"}""");
        (await FindAsync(Shop)).ShouldContain(f => f.Level == ForgeFindingLevel.Note && f.Text.Contains("role Maintainer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Projects_NotNamed_AreAllThatTheTokenMayPushTo()
    {
        _gitlab.Answer("/user", 200, """{"id":1,"username":"bot"}""").Answer("/personal_access_tokens/self", 404, "{}")
            .Answer("/projects?membership=true", 200, """[{"id":7,"path_with_namespace":"acme/pay/shop"},{"id":8,"path_with_namespace":"acme/web"}]""", ("x-next-page", "")).Answer("/hooks", 404, "{}");
        (await FindAsync()).ShouldContain(f => f.Text.Contains("works on acme/pay/shop, acme/web, all that bot is developer of", StringComparison.Ordinal));
    }

    private ScriptedGitLab Known(string token = Scopes, int level = 30, bool isArchived = false) => _gitlab
        .Answer("/user", 200, """{"id":1,"username":"project_7_bot_ab12"}""").Answer("/personal_access_tokens/self", 200, token)
        .Answer("/projects/acme%2Fpay%2Fshop", 200, $$"""{"id":7,"path_with_namespace":"acme/pay/shop","archived":{{(isArchived ? "true" : "false")}},"permissions":{"project_access":{"access_level":{{level}} },"group_access":null} }""");

    private Task<IReadOnlyList<ForgeFinding>> FindAsync(params RepoRef[] repositories) => _gitlab.Forge().DiagnoseAsync(new ForgeWishes(repositories, Path), CancellationToken.None);
}
