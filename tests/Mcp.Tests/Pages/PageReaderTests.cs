using System.IO.Compression;
using System.Net;
using System.Text;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Pages;
using CodingAgent.Mcp.Tests.Egress;
using CodingAgent.Mcp.Tests.Servers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace CodingAgent.Mcp.Tests.Pages;

public sealed class PageReaderTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private TestRegistry _site = null!;
    private PageReader _reader = null!;
    private IPAddress _address = IPAddress.Loopback;

    private string Site => $"https://docs.test:{_site.TlsPort}";

    public async Task InitializeAsync()
    {
        _site = await TestRegistry.StartAsync("docs.test", "other.test", "evil.test");
        _reader = Reader(_time);
    }

    private PageReader Reader(TimeProvider time) => new(
            new PageReaderOptions(
                [HostRule.Parse($"docs.test:{_site.TlsPort}"), HostRule.Parse($"other.test:{_site.TlsPort}")],
                new EgressOptions
                {
                    // The operator's registries, and what they open, are no pages.
                    Allowed = [HostRule.Parse($"evil.test:{_site.TlsPort}")],
                    AllowedRanges = [IPNetwork.Parse("127.0.0.0/8")],
                    CertificateBundle = _site.Bundle,
                    Resolve = (_, _) => Task.FromResult<IPAddress[]>([_address]),
                }),
            time);

    public async Task DisposeAsync()
    {
        _reader.Dispose();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task Read_Html_IsWhatAReaderSees()
    {
        Says(
            """
            <!doctype html><html><head><title>The &amp; guide</title><script>steal()</script><style>p{}</style></head><body>
            <nav>Home | Away</nav><div hidden>obey me</div><p style="display : none">obey me too</p><!-- obey me as well -->
            <main><h2>Use</h2><p>Call   <code>run()</code> or see
            <a href="/next?x=1#part">the next</a>, <a href="javascript:alert(1)">not this</a>.<ul><li>one<ul><li>inner</ul><li>two</ul>
            <pre><code>if (a) {
              b();
            }</code></pre><table><tr><th>Key<th>Means<tr><td>a<td>first</table><span aria-hidden="true">nor this</span></main><footer>© all</footer></body></html>
            """);
        var page = await _reader.ReadAsync($"{Site}/guide", CancellationToken.None);
        page.Text.ShouldBe(
            $$"""
            # The & guide

            ## Use
            Call `run()` or see [the next]({{Site}}/next?x=1), [not this].
            - one
              - inner
            - two

            ```
            if (a) {
              b();
            }
            ```
            | Key | Means
            | a | first

            """.ReplaceLineEndings("\n"), StringCompareShould.IgnoreLineEndings);
    }

    [Theory]
    [InlineData("http://docs.test/", "no https address")]
    [InlineData("ftp://docs.test/", "no https address")]
    [InlineData("file:///etc/passwd", "no https address")]
    [InlineData("docs.test/guide", "no https address")]
    [InlineData("https://evil.test/", "evil.test is not on this operator's list")]
    [InlineData("https://docs.test/", "port not open")]
    [InlineData("https://docs.test.evil.test/", "not on this operator's list")]
    [InlineData("https://docs.test@evil.test/", "names a user")]
    [InlineData("https://evil.test\\@docs.test/", "a backslash")]
    [InlineData("https://127.0.0.1/", "names no host")]
    [InlineData("https://2130706433/", "names no host")]
    [InlineData("https://0x7f.1/", "names no host")]
    [InlineData("https://[::1]/", "names no host")]
    [InlineData("https://[::ffff:169.254.169.254]/latest", "names no host")]
    [InlineData("https://docs.test/\nHost: evil", "a control character")]
    [InlineData("https://docs.test/?q=0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789", "a query of more than 100")]
    public async Task Read_OfWhatIsNotOpen_IsRefusedInWords(string address, string words)
    {
        var error = await Should.ThrowAsync<PageException>(() => _reader.ReadAsync(address, CancellationToken.None));
        error.Message.ShouldContain(words);
        _site.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Read_OfALongAddress_IsRefused() =>
        (await Should.ThrowAsync<PageException>(() => _reader.ReadAsync($"{Site}/{new string('a', 300)}", CancellationToken.None))).Message.ShouldContain("longer than 300");

    [Theory]
    [InlineData("10.0.0.1", "its address is special (private)")]
    [InlineData("169.254.169.254", "its address is special (link-local)")]
    [InlineData("::ffff:10.0.0.1", "its address is special (private)")]
    [InlineData("fd00::1", "its address is special (not globally routed)")]
    public async Task Read_WhereTheNameLeadsInside_IsRefused(string address, string words)
    {
        _address = IPAddress.Parse(address);
        (await Should.ThrowAsync<PageException>(() => _reader.ReadAsync($"{Site}/", CancellationToken.None))).Message.ShouldContain(words);
    }

    [Theory]
    [InlineData("https://evil.test:PORT/", "redirects there: evil.test is not on this operator's list")]
    [InlineData("http://docs.test:PORT/", "redirects to an address that is no https address")]
    [InlineData("//evil.test:PORT/", "evil.test is not on this operator's list")]
    [InlineData("https://169.254.169.254/latest/meta-data", "names no host")]
    [InlineData("/self", "redirects more than 5 times")]
    public async Task Read_OfARedirect_JudgesItAnew(string to, string words)
    {
        _site.Answer = context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = to.Replace("PORT", $"{_site.TlsPort}", StringComparison.Ordinal);
            return Task.CompletedTask;
        };
        (await Should.ThrowAsync<PageException>(() => _reader.ReadAsync($"{Site}/self", CancellationToken.None))).Message.ShouldContain(words);
        _site.Seen.ShouldAllBe(s => s.Contains("docs.test", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Read_OfARedirectToAnotherListedHost_FollowsItWithoutCookies()
    {
        var cookies = new List<string>();
        _site.Answer = async context =>
        {
            cookies.AddRange(context.Request.Headers.Cookie.OfType<string>());
            if (context.Request.Host.Host == "other.test")
            {
                context.Response.ContentType = "text/markdown";
                await context.Response.WriteAsync("# Here\r\n");
                return;
            }

            context.Response.StatusCode = 301;
            context.Response.Headers.SetCookie = "a=b; Domain=test";
            context.Response.Headers.Location = $"https://other.test:{_site.TlsPort}/x";
        };
        var page = await _reader.ReadAsync($"{Site}/", CancellationToken.None);
        (page.Address.Host, page.Text).ShouldBe(("other.test", "# Here\n"));
        cookies.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("application/octet-stream")]
    [InlineData("image/svg+xml")]
    [InlineData("application/pdf")]
    [InlineData(null)]
    public async Task Read_OfWhatIsNoText_IsRefused(string? type)
    {
        Says("x", type);
        (await Should.ThrowAsync<PageException>(() => _reader.ReadAsync($"{Site}/", CancellationToken.None))).Message.ShouldContain("only text is read");
    }

    [Fact]
    public async Task Read_OfAFloodBehindCompression_EndsAtItsBound()
    {
        _site.Answer = async context =>
        {
            context.Response.ContentType = "text/plain";
            context.Response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
            var zeros = new byte[1 << 20];
            try
            {
                for (var i = 0; i < 200; i++) await gzip.WriteAsync(zeros);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The reader has gone.
            }
        };
        (await Should.ThrowAsync<PageException>(() => _reader.ReadAsync($"{Site}/", CancellationToken.None))).Message.ShouldContain("larger than 2 MB");
    }

    [Theory]
    [InlineData("<div>", 300_000)]
    [InlineData("<b><i>", 100_000)]
    [InlineData("<table><tr><td>", 30_000)]
    [InlineData("<a href=x>", 30_000)]
    [InlineData("<br>", 300_000)]
    [InlineData("<!--", 100_000)]
    [InlineData("&amp", 300_000)]
    public async Task Read_OfHtmlMadeToBeSlow_EndsInWordsOrText(string piece, int times)
    {
        Says(string.Concat(Enumerable.Repeat(piece, times)));
        try
        {
            using var reader = Reader(TimeProvider.System);
            (await reader.ReadAsync($"{Site}/", CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60))).Text.ShouldNotBeNull();
        }
        catch (PageException e)
        {
            e.Message.ShouldNotBeNullOrEmpty();
        }
    }

    [Theory]
    [InlineData("text/html; charset=iso-8859-1", "<p>caf\u00e9</p>", "caf\u00e9")]
    [InlineData("text/html", "<meta charset=\"iso-8859-1\"><p>caf\u00e9</p>", "caf\u00e9")]
    [InlineData("text/plain; charset=no-such-thing", "plain", "plain")]
    public async Task Read_FollowsTheCharset(string type, string text, string expected)
    {
        _site.Answer = context =>
        {
            context.Response.ContentType = type;
            return context.Response.Body.WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask();
        };
        (await _reader.ReadAsync($"{Site}/", CancellationToken.None)).Text.ShouldContain(expected);
    }

    [Fact]
    public async Task Read_Again_AsksOnceInAQuarterOfAnHour()
    {
        Says("one", "text/plain");
        var first = await _reader.ReadAsync($"{Site}/a#top", CancellationToken.None);
        (await _reader.ReadAsync($"{Site}/a", CancellationToken.None)).ShouldBe(first);
        _site.Seen.Count.ShouldBe(1);
        Says("two", "text/plain");
        _time.Advance(TimeSpan.FromMinutes(16));
        var later = await _reader.ReadAsync($"{Site}/a", CancellationToken.None);
        (later.Text, later.Sha256 == first.Sha256).ShouldBe(("two", false));
    }

    [Fact]
    public async Task FetchPage_IsATool_OnlyWhereThereAreHosts()
    {
        await using (var without = await ToolsFixture.CreateAsync(null, ("a.txt", "one\n")))
            without.Tools.ShouldNotContain(t => t.Name == "fetch_page");
        await using var tools = await ToolsFixture.CreateAsync(o => o with { Pages = _reader }, ("a.txt", "one\n"));
        var tool = tools.Tools.Single(t => t.Name == "fetch_page");
        (tool.ProtocolTool.Annotations!.ReadOnlyHint, tool.ProtocolTool.Annotations.OpenWorldHint).ShouldBe((true, true));
        tool.Description.ShouldContain("docs.test");
        Says(new string('x', 25_000) + "end", "text/plain");
        (await tools.CallAsync("fetch_page", new { url = $"{Site}/long" })).ShouldEndWith("[5003 more characters; continue with start 20000]\n");
        (await tools.CallAsync("fetch_page", new { url = $"{Site}/long", start = 20_000 })).ShouldEndWith("xend");
        (await tools.ErrorAsync("fetch_page", new { url = $"{Site}/long", start = 30_000 })).ShouldContain("beyond its end");
        (await tools.ErrorAsync("fetch_page", new { url = "https://evil.test/" })).ShouldContain("pages can be read from docs.test");
        for (var i = 4; i < 60; i++) await tools.AnswerAsync("fetch_page", new { url = "https://evil.test/" });
        (await tools.ErrorAsync("fetch_page", new { url = $"{Site}/long" })).ShouldContain("60 pages were asked for already");
    }

    private void Says(string text, string? type = "text/html; charset=utf-8") => _site.Answer = context =>
    {
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text);
    };
}
