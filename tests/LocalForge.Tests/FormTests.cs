using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace CodingAgent.LocalForge.Tests;

/// <summary>What the forms of the pages refuse; that they work in a browser is tried in <c>tests/Peers/pages</c>.</summary>
public sealed partial class FormTests(Playground forge) : IClassFixture<Playground>
{
    private const string Repo = Playground.Repo;

    [Fact]
    public async Task Form_WithoutAToken_DoesNothing()
    {
        var number = await OpenIssueAsync("Untouched");
        using var stranger = new HttpClient();
        using var visitor = await VisitorAsync($"/acme/shop/issues/{number}");
        var comment = new Dictionary<string, string> { ["deed"] = "comment", ["body"] = "From elsewhere", ["actor"] = "acme" };
        // None; another visitor's; of the cookie alone; of the form alone.
        (await SendAsync(stranger, $"/acme/shop/issues/{number}", comment)).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await SendAsync(stranger, $"/acme/shop/issues/{number}", new(comment) { ["__RequestVerificationToken"] = visitor.Token })).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await SendAsync(visitor.Http, $"/acme/shop/issues/{number}", comment)).Status.ShouldBe(HttpStatusCode.BadRequest);
        using var other = await VisitorAsync($"/acme/shop/issues/{number}");
        (await SendAsync(other.Http, $"/acme/shop/issues/{number}", new(comment) { ["__RequestVerificationToken"] = visitor.Token })).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await SendAsync(stranger, "/acme/shop/issues", new Dictionary<string, string> { ["title"] = "Made elsewhere", ["actor"] = "acme" })).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await forge.GetAsync("ada", $"{Repo}/issues/{number}/comments")).AsArray().ShouldBeEmpty();
        (await forge.GetAsync("ada", $"{Repo}/issues?state=all")).AsArray().ShouldNotContain(i => (string?)i!["title"] == "Made elsewhere");
    }

    [Theory]
    [InlineData("label", "eve", "label", "agent:implement", 403, "eve may not do this: it takes triage access to acme/shop.")]
    [InlineData("close", "eve", "body", "", 403, "triage access")]
    [InlineData("comment", "ada", "body", "  \r\n ", 422, "A comment is missing.")]
    [InlineData("unlabel", "ada", "label", "none", 422, "It has no such label.")]
    [InlineData("merge", "ada", "body", "", 422, "nothing of this name")]
    [InlineData("<script>", "ada", "body", "", 422, "nothing of this name")]
    [InlineData("comment", "nobody", "body", "x", 422, "Nobody has this name.")]
    public async Task Issue_WhatMayNotBe_IsRefusedWithAReason(string deed, string actor, string field, string value, int status, string says)
    {
        var number = await OpenIssueAsync("Refused");
        using var visitor = await VisitorAsync($"/acme/shop/issues/{number}");
        var answer = await visitor.DoAsync($"/acme/shop/issues/{number}", deed, actor, (field, value));
        ((int)answer.Status).ShouldBe(status);
        answer.Text.ShouldContain(says);
        answer.Text.ShouldNotContain("<script");
        var issue = await forge.GetAsync("ada", $"{Repo}/issues/{number}");
        ((string?)issue["state"], (int)issue["comments"]!, issue["labels"]!.AsArray().Count).ShouldBe(("open", 0, 0));
    }

    [Theory]
    [InlineData("approve", "bot", "", "", "approve your own pull request")]
    [InlineData("review-comment", "ada", "", "", "body can&#39;t be blank")]
    [InlineData("request-changes", "ada", "why", "77", "must be part of the diff")]
    [InlineData("request-changes", "ada", "why", "2; drop", "The remark names no line.")]
    [InlineData("squash", "eve", "", "", "eve may not do this: it takes write access")]
    public async Task Pull_WhatMayNotBe_IsRefusedAndLeavesNoReview(string deed, string actor, string remark, string line, string says)
    {
        var number = await forge.OpenPullAsync("bot", $"form-{deed}-{line.Length}");
        using var visitor = await VisitorAsync($"/acme/shop/pull/{number}");
        var answer = await visitor.DoAsync($"/acme/shop/pull/{number}", deed, actor, ("remark", remark), ("line", line), ("path", "src/pay.txt"));
        ((int)answer.Status).ShouldBeInRange(403, 422);
        answer.Text.ShouldContain(says);
        (await forge.GetAsync("ada", $"{Repo}/pulls/{number}/reviews")).AsArray().ShouldBeEmpty();
        ((string?)(await forge.GetAsync("ada", $"{Repo}/pulls/{number}"))["state"]).ShouldBe("open");
    }

    [Fact]
    public async Task Texts_OfAForm_ComeAsTextAndWithLinesAsGitHasThem()
    {
        using var visitor = await VisitorAsync("/acme/shop");
        const string hostile = "\"><img src=x onerror=alert(1)>";
        var answer = await visitor.DoAsync("/acme/shop/issues", "create", "ada", ("title", hostile), ("body", "one\r\ntwo"), ("labels", $"bug, {hostile}"));
        answer.Status.ShouldBe(HttpStatusCode.SeeOther);
        var number = answer.Location!.Split('/')[^1];
        ((string?)(await forge.GetAsync("ada", $"{Repo}/issues/{number}"))["body"]).ShouldBe("one\ntwo");
        // The page has the title as its own and the label as a choice of each form.
        (await forge.PageAsync($"/acme/shop/issues/{number}")).ShouldNotContain("<img");
        (await forge.PageAsync("/acme/shop")).ShouldNotContain("<img");
    }

    [Fact]
    public async Task ReviewForm_FilledFromAnAddress_HasItAsText()
    {
        var number = await forge.OpenPullAsync("bot", "prefilled");
        var page = await forge.PageAsync($"/acme/shop/pull/{number}?line=%22%3E%3Cscript%3E&path=%3Cscript%3E&side=LEFT");
        page.ShouldNotContain("<script");
        page.ShouldContain("value=\"&quot;&gt;&lt;script&gt;\"");
    }

    [Fact]
    public async Task App_InstalledByItsPage_IsForWhatWasChosen()
    {
        using var key = RSA.Create(2048);
        forge.Forge.CreateApp("acme", "by-page", key.ExportRSAPublicKeyPem());
        using var visitor = await VisitorAsync("/apps/by-page/installations/new");

        async Task RefusedAsync(string path, HttpStatusCode status, string says, params (string Name, string Value)[] fields)
        {
            var answer = await visitor.DoAsync(path, "", "", fields);
            answer.Status.ShouldBe(status);
            answer.Text.ShouldContain(says);
        }

        const string install = "/apps/by-page/installations";
        await RefusedAsync(install, HttpStatusCode.UnprocessableEntity, "no such account", ("account", "<script>"));
        await RefusedAsync(install, HttpStatusCode.UnprocessableEntity, "at least one repository, or all", ("account", "acme"), ("selection", "selected"));
        await RefusedAsync(install, HttpStatusCode.UnprocessableEntity, "does not have", ("account", "acme"), ("selection", "selected"), ("repository", "none"));
        await RefusedAsync("/apps/nobody/installations", HttpStatusCode.UnprocessableEntity, "no app of this name", ("account", "acme"));
        (await SendAsync(visitor.Http, install, new() { ["account"] = "acme" })).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await forge.PageAsync("/apps/by-page")).ShouldContain("Nowhere yet.");

        var done = await visitor.DoAsync(install, "", "", ("account", "acme"), ("selection", "selected"), ("repository", "shop"));
        (done.Status, done.Location).ShouldBe((HttpStatusCode.SeeOther, forge.Forge.BaseUrl + "/apps/by-page"));
        (await forge.PageAsync("/apps/by-page")).ShouldContain("acme/shop");
    }

    private async Task<int> OpenIssueAsync(string title) => (int)(await forge.PostAsync("ada", Repo + "/issues", new { title }))["number"]!;

    private async Task<Visitor> VisitorAsync(string path)
    {
        var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        var page = await http.GetStringAsync(new Uri(forge.Forge.BaseUrl + path));
        return new Visitor(this, http, Token().Match(page).Groups["token"].Value);
    }

    private async Task<(HttpStatusCode Status, string Text, string? Location)> SendAsync(HttpClient http, string path, Dictionary<string, string> fields)
    {
        using var content = new FormUrlEncodedContent(fields);
        using var answer = await http.PostAsync(new Uri(forge.Forge.BaseUrl + path), content);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.ToString());
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Token();

    private sealed record Visitor(FormTests Tests, HttpClient Http, string Token) : IDisposable
    {
        public Task<(HttpStatusCode Status, string Text, string? Location)> DoAsync(string path, string deed, string actor, params (string Name, string Value)[] fields)
        {
            var all = fields.ToDictionary(f => f.Name, f => f.Value);
            (all["deed"], all["actor"], all["__RequestVerificationToken"]) = (deed, actor, Token);
            return Tests.SendAsync(Http, path, all);
        }

        public void Dispose() => Http.Dispose();
    }
}
