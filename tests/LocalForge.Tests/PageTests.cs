namespace CodingAgent.LocalForge.Tests;

public sealed class PageTests(Playground forge) : IClassFixture<Playground>
{
    private const string Repo = Playground.Repo;

    [Fact]
    public async Task Issue_WithHostileText_ShowsItAsText()
    {
        var number = (int)(await forge.PostAsync("eve", Repo + "/issues", new
        {
            title = "<script>alert(1)</script>",
            body = "<script>alert(2)</script>\n\n<img src=x onerror=alert(3)> [click](javascript:alert(4)) **bold** <!-- coding-agent:x -->\n\n<details><summary>More</summary>\n\ntext\n\n</details>",
        }))["number"]!;
        var page = await forge.PageAsync($"/acme/shop/issues/{number}");
        page.ShouldNotContain("<script");
        page.ShouldNotContain("<img");
        page.ShouldNotContain("javascript:");
        page.ShouldNotContain("coding-agent:x");
        page.ShouldContain("<strong>bold</strong>");
        page.ShouldContain("<details><summary>More</summary>");
    }

    [Fact]
    public async Task Pull_Reviewed_ShowsConversationChecksCommitsAndDiff()
    {
        var number = await forge.OpenPullAsync("bot", "page");
        await forge.PostAsync("ada", $"{Repo}/pulls/{number}/reviews", new
        {
            @event = "REQUEST_CHANGES",
            body = "Please change",
            comments = new[] { new { path = "src/pay.txt", line = 2, body = "This line" } },
        });
        var page = await forge.PageAsync($"/acme/shop/pull/{number}");
        foreach (var part in new[] { "requested changes", "Please change", "This line", "No checks on this commit", "<span class=\"add\">+2</span>", "wants to merge" })
            page.ShouldContain(part);
        using var response = await forge.SendAsync(null, HttpMethod.Get, forge.Forge.BaseUrl + $"/acme/shop/pull/{number}");
        response.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/acme/shop")]
    [InlineData("/acme/shop/tree/main/src")]
    [InlineData("/acme/shop/blob/main/src/pay.txt")]
    [InlineData("/style.css")]
    public async Task Page_ThatExists_IsShown(string path) => (await forge.PageAsync(path)).Length.ShouldBeGreaterThan(100);

    [Theory]
    [InlineData("/acme/none")]
    [InlineData("/acme/shop/issues/999")]
    [InlineData("/acme/shop/blob/main/../../etc/passwd")]
    public async Task Page_ThatDoesNotExist_Is404(string path)
    {
        using var response = await forge.SendAsync(null, HttpMethod.Get, forge.Forge.BaseUrl + path);
        ((int)response.StatusCode).ShouldBe(404);
    }
}
