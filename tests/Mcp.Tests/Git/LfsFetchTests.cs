using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CodingAgent.Mcp.Git;
using Microsoft.AspNetCore.Http;

namespace CodingAgent.Mcp.Tests.Git;

public sealed class LfsFetchTests : IAsyncLifetime
{
    private const string Attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n";

    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly GitCredential Credential = new("x-access-token", "hush");
    private static readonly string Basic = $"Basic {Convert.ToBase64String("x-access-token:hush"u8)}";

    private readonly GitFixture _f = new();
    private LfsServer _server = null!;

    public async Task InitializeAsync() => _server = await LfsServer.StartAsync();

    public async Task DisposeAsync()
    {
        _f.Dispose();
        await _server.DisposeAsync();
    }

    private static IPNetwork Loopback => IPNetwork.Parse("127.0.0.0/8");

    private async Task<LfsContents> FetchAsync(string pointer, Func<TrustedGitOptions, TrustedGitOptions>? with = null, string? config = null)
    {
        var head = _f.Origin.Commit("main", [(".gitattributes", Attributes), ("a.bin", pointer), .. config is null ? Array.Empty<(string, string?)>() : [(".lfsconfig", config)]]);
        return await FetchCommitAsync(head, with);
    }

    private async Task<LfsContents> FetchCommitAsync(string head, Func<TrustedGitOptions, TrustedGitOptions>? with = null)
    {
        var git = _f.NewGit(Guid.NewGuid().ToString("N"), o => (with ?? (x => x))(o with { CertificateBundle = _server.Bundle }));
        var mirror = await git.FetchMirrorAsync("test:o/r", _f.Origin.Url, null, None);
        return await git.FetchLfsAsync(mirror, _server.Remote, Credential, head, None);
    }

    private static string Why(LfsContents contents)
    {
        contents.Files.ShouldBeEmpty();
        return contents.Missing.ShouldHaveSingleItem().Reason;
    }

    private JsonObject At(string oid, Uri where, bool authenticated = false, params (string Name, string Value)[] headers) => new()
    {
        ["oid"] = oid,
        ["authenticated"] = authenticated,
        ["actions"] = new JsonObject { ["download"] = new JsonObject { ["href"] = where.AbsoluteUri, ["header"] = new JsonObject(headers.Select(h => KeyValuePair.Create(h.Name, (JsonNode?)h.Value))) } },
    };

    [Fact]
    public async Task Fetch_MoreThanABatch_AsksInHundredsAndKeepsEachContentOnce()
    {
        (string, string?)[] files = [.. Enumerable.Range(0, 230).Select(i => ($"d/{i}.bin", (string?)_server.Add($"content {i}"))), ("again.bin", _server.Add("content 7"))];
        var head = _f.Origin.Commit("main", [(".gitattributes", Attributes), .. files]);
        var mirror = await _f.MirrorAsync();

        var first = await _f.Git.FetchLfsAsync(mirror, _server.Remote, Credential, head, None);
        (first.Files.Count, first.Missing.Count).ShouldBe((231, 0));
        _server.Batches.ShouldBe([100, 100, 30]);
        _server.Seen.Where(s => s.StartsWith("POST", StringComparison.Ordinal)).ShouldAllBe(s => s == $"POST http /o/r.git/info/lfs/objects/batch {Basic}");
        _server.Seen.Count(s => s.StartsWith("GET", StringComparison.Ordinal)).ShouldBe(230);
        _server.Seen.Where(s => s.StartsWith("GET", StringComparison.Ordinal)).ShouldAllBe(s => !s.Contains("Basic", StringComparison.Ordinal));

        _server.Seen.Clear();
        (await _f.Git.FetchLfsAsync(mirror, _server.Remote, Credential, head, None)).Files.Count.ShouldBe(231);
        _server.Seen.ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(mirror.GitDirectory, "lfs", "tmp")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Fetch_SomeAreMissing_TellsThemAndKeepsTheOthers()
    {
        var head = _f.Origin.Commit("main", (".gitattributes", Attributes), ("a.bin", _server.Add("there")), ("b.bin", LfsServer.PointerTo(new string('b', 64), 12)));
        var contents = await FetchCommitAsync(head);
        contents.Files.Select(f => f.Path).ShouldBe(["a.bin"]);
        contents.Missing.ShouldBe([new SkippedPath("b.bin", "the Git LFS server does not have it (404)")]);
    }

    [Theory]
    [InlineData(401, "the Git LFS server does not let this account read it (401)")]
    [InlineData(403, "the Git LFS server does not let this account read it (403)")]
    [InlineData(404, "there is no Git LFS server (404)")]
    [InlineData(501, "there is no Git LFS server (501)")]
    [InlineData(422, "the Git LFS server answers 422")]
    public async Task Fetch_ServerSaysNo_IsToldAfterOneRequest(int status, string why)
    {
        _server.Instead = context =>
        {
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };
        Why(await FetchAsync(_server.Add("x"))).ShouldBe(why);
        _server.Seen.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fetch_NobodyListens_IsTold()
    {
        var head = _f.Origin.Commit("main", (".gitattributes", Attributes), ("a.bin", _server.Add("x")));
        using var closed = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        Why(await _f.Git.FetchLfsAsync(await _f.MirrorAsync(), $"http://127.0.0.1:{port}/o/r", null, head, None)).ShouldBe("its host cannot be reached, or broke off");
    }

    [Theory]
    [InlineData("<html>not found</html>")]
    [InlineData("[]")]
    [InlineData("{\"objects\":7}")]
    [InlineData("{\"objects\":[null],\"transfer\":\"basic\"}")]
    [InlineData("{\"objects\":[{\"oid\":\"unasked\",\"size\":1}]}")]
    [InlineData("{}")]
    [InlineData("{\"transfer\":\"tus\",\"objects\":[]}")]
    public async Task Fetch_AnswerIsNoAnswer_IsTold(string body)
    {
        _server.Instead = async context =>
        {
            await context.Response.WriteAsync(body);
            return true;
        };
        Why(await FetchAsync(_server.Add("x"))).ShouldStartWith("the Git LFS server");
    }

    [Fact]
    public async Task Fetch_BusyServer_IsAskedAgainWhenItSays()
    {
        var busy = new HashSet<string>(StringComparer.Ordinal);
        _server.Instead = context =>
        {
            if (!busy.Add(context.Request.Path.Value!)) return Task.FromResult(false);
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "0";
            return Task.FromResult(true);
        };
        (await FetchAsync(_server.Add("x"))).Files.Count.ShouldBe(1);
        _server.Seen.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Fetch_BusyForTooLong_IsTold()
    {
        _server.Instead = context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.FromResult(true);
        };
        Why(await FetchAsync(_server.Add("x"))).ShouldBe("the Git LFS server was asked too often (429)");
    }

    [Fact]
    public async Task Fetch_BatchIsTooLarge_IsHalved()
    {
        var head = _f.Origin.Commit("main", [(".gitattributes", Attributes), .. Enumerable.Range(0, 50).Select(i => ($"{i}.bin", (string?)_server.Add($"{i}")))]);
        _server.Instead = context =>
        {
            if (context.Request.Method != "POST" || context.Request.ContentLength < 2000) return Task.FromResult(false);
            context.Response.StatusCode = 413;
            return Task.FromResult(true);
        };
        (await FetchCommitAsync(head)).Files.Count.ShouldBe(50);
        _server.Batches.Sum().ShouldBe(50);
        _server.Batches.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Fetch_StoreElsewhere_GetsTheActionsHeadersAndNeverTheCredential()
    {
        _server.Says = (oid, _) => At(oid, new Uri(_server.Tls, $"/store/{oid}"), headers: ("Authorization", "RemoteAuth ticket"));
        (await FetchAsync(_server.Add("x"), o => o with { AllowedRanges = [Loopback] })).Files.Count.ShouldBe(1);
        _server.Seen[^1].ShouldStartWith("GET https /store/");
        _server.Seen[^1].ShouldEndWith(" RemoteAuth ticket");
    }

    [Fact]
    public async Task Fetch_HeadersThatAreNone_AreLeftOut()
    {
        var headers = new HeaderDictionary[1];
        _server.Instead = context =>
        {
            if (context.Request.Method == "GET") headers[0] = new HeaderDictionary(context.Request.Headers.ToDictionary(h => h.Key, h => h.Value));
            return Task.FromResult(false);
        };
        _server.Says = (oid, _) => At(oid, new Uri(_server.Plain, $"/store/{oid}"), false, ("X-Good", "1"), ("Host", "evil"), ("X-Bad", "a\r\nX-Forged: 1"), ("bad name", "x"), ("Content-Length", "9"));
        (await FetchAsync(_server.Add("x"))).Files.Count.ShouldBe(1);
        headers[0]["X-Good"].ToString().ShouldBe("1");
        headers[0]["Host"].ToString().ShouldBe(_server.Plain.Authority);
        headers[0].ContainsKey("X-Forged").ShouldBeFalse();
    }

    [Fact]
    public async Task Fetch_OwnOriginWithoutAuthenticated_GetsTheCredentialWhenItAsks()
    {
        _server.Instead = context =>
        {
            if (context.Request.Method == "POST" || context.Request.Headers.Authorization.Count > 0) return Task.FromResult(false);
            context.Response.StatusCode = 401;
            return Task.FromResult(true);
        };
        (await FetchAsync(_server.Add("x"))).Files.Count.ShouldBe(1);
        _server.Seen[^1].ShouldEndWith(Basic);
    }

    [Fact]
    public async Task Fetch_RedirectToAnotherOrigin_IsFollowedWithNothing()
    {
        _server.Says = (oid, _) => At(oid, new Uri(_server.Plain, $"/moved/{oid}"), headers: ("Authorization", "Basic action"));
        _server.Instead = context =>
        {
            if (!context.Request.Path.StartsWithSegments("/moved", StringComparison.Ordinal, out var rest)) return Task.FromResult(false);
            context.Response.Redirect(new Uri(_server.Tls, $"/store{rest}").AbsoluteUri);
            return Task.FromResult(true);
        };
        (await FetchAsync(_server.Add("x"), o => o with { AllowedRanges = [Loopback] })).Files.Count.ShouldBe(1);
        _server.Seen[^2].ShouldEndWith("Basic action");
        _server.Seen[^1].ShouldMatch("^GET https /store/[0-9a-f]+$");
    }

    [Fact]
    public async Task Fetch_BatchIsRedirected_TheCredentialStays()
    {
        _server.Instead = context =>
        {
            if (context.Request.Path.Value != "/o/r.git/info/lfs/objects/batch") return Task.FromResult(false);
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = new Uri(_server.Tls, "/o/renamed.git/info/lfs/objects/batch").AbsoluteUri;
            return Task.FromResult(true);
        };
        (await FetchAsync(_server.Add("x"), o => o with { AllowedRanges = [Loopback] })).Files.Count.ShouldBe(1);
        _server.Seen[1].ShouldBe("POST https /o/renamed.git/info/lfs/objects/batch");
    }

    [Theory]
    [InlineData("https://127.0.0.1:1/x", "its host must not be connected to: its address is special (loopback)")]
    [InlineData("https://169.254.169.254/latest/meta-data", "its host must not be connected to: its address is special (link-local)")]
    [InlineData("https://[::ffff:10.0.0.1]/x", "its host must not be connected to: its address is special (private)")]
    [InlineData("http://127.0.0.1:1/x", "its address is not https")]
    [InlineData("https://user:password@store.example/x", "its address holds a user")]
    [InlineData("file:///etc/passwd", "its address is not https")]
    [InlineData("/store/x", "its address is not https")]
    [InlineData("store/x", "the Git LFS server gives no usable address for it")]
    public async Task Fetch_AddressThatMustNotBeAsked_IsTold(string href, string why)
    {
        _server.Says = (oid, said) =>
        {
            said["actions"]!["download"]!["href"] = href;
            return said;
        };
        Why(await FetchAsync(_server.Add("x"))).ShouldBe(why);
        _server.Seen.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fetch_RedirectIntoTheNetwork_IsRefused()
    {
        _server.Instead = context =>
        {
            if (context.Request.Method == "POST") return Task.FromResult(false);
            context.Response.Redirect("https://10.0.0.1/secrets");
            return Task.FromResult(true);
        };
        Why(await FetchAsync(_server.Add("x"))).ShouldBe("its host must not be connected to: its address is special (private)");
    }

    [Fact]
    public async Task Fetch_RedirectsWithoutEnd_AreTold()
    {
        _server.Instead = context =>
        {
            if (context.Request.Method == "POST") return Task.FromResult(false);
            context.Response.Redirect(context.Request.Path.Value! + "x");
            return Task.FromResult(true);
        };
        Why(await FetchAsync(_server.Add("x"))).ShouldBe("its address leads to another one again and again");
    }

    [Theory]
    [InlineData("other", "what came is not what its pointer names (SHA-256 differs)")]
    [InlineData("longer than it", "more came than the 5 bytes of its pointer")]
    [InlineData("less", "only 4 of the 5 bytes of its pointer came")]
    public async Task Fetch_ContentIsAnother_IsToldAndNotKept(string sent, string why)
    {
        _server.Instead = async context =>
        {
            if (context.Request.Method == "POST") return false;
            await context.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(sent));
            await context.Response.BodyWriter.FlushAsync();
            return true;
        };
        Why(await FetchAsync(_server.Add("right"))).ShouldBe(why);
    }

    [Fact]
    public async Task Fetch_ActionsOfOddServers_AreRead()
    {
        // Sizes as texts, capitals in the id, keys nobody knows, an error of null, an action that expired.
        _server.Says = (oid, _) => new JsonObject
        {
            ["oid"] = oid.ToUpperInvariant(),
            ["size"] = "1",
            ["error"] = null,
            ["_links"] = new JsonObject(),
            ["actions"] = new JsonObject { ["download"] = new JsonObject { ["href"] = $"{_server.Plain}store/{oid}", ["header"] = null, ["expires_at"] = "0001-01-01T00:00:00Z", ["expires_in"] = -5 } },
        };
        (await FetchAsync(_server.Add("x"))).Files.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fetch_EmptyContent_NeedsNoServer()
    {
        const string OfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        (await FetchAsync(LfsServer.PointerTo(OfNothing, 0))).Files.Count.ShouldBe(1);
        Why(await FetchAsync(LfsServer.PointerTo(new string('a', 64), 0))).ShouldBe("what came is not what its pointer names (SHA-256 differs)");
        _server.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fetch_PointerWithAnExtension_StaysOne()
    {
        var pointer = _server.Add("gzipped").Replace("\noid", $"\next-0-gzip sha256:{new string('c', 64)}\noid", StringComparison.Ordinal);
        Why(await FetchAsync(pointer)).ShouldStartWith("its pointer names an extension");
        _server.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fetch_BeyondTheBounds_IsTold()
    {
        var head = _f.Origin.Commit("main", (".gitattributes", Attributes), ("a.bin", _server.Add("12345")), ("b.bin", _server.Add("123")), ("c.bin", _server.Add("12")));
        var contents = await FetchCommitAsync(head, o => o with { MaxLfsFileBytes = 4, MaxLfsBytes = 4 });
        contents.Files.Select(f => f.Path).ShouldBe(["b.bin"]);
        contents.Missing.Select(m => m.Reason).ShouldBe(["it has 5 bytes; at most 4 are fetched", "the files before it fill the 4 bytes that are fetched for one commit"]);
    }

    [Fact]
    public async Task Fetch_NamedServer_IsAskedWithoutTheCredential()
    {
        var pointer = _server.Add("x");
        (await FetchAsync(pointer, o => o with { AllowedRanges = [Loopback] }, $"[lfs]\n\turl = {_server.Tls}other/info/lfs\n")).Files.Count.ShouldBe(1);
        _server.Seen[0].ShouldBe("POST https /other/info/lfs/objects/batch");
        Why(await FetchAsync(pointer, config: $"[lfs]\n\turl = {_server.Tls}other/info/lfs\n")).ShouldBe("its host must not be connected to: its address is special (loopback)");
        Why(await FetchAsync(pointer, config: "[lfs]\n\turl = file:///tmp\n[include]\n\tpath = /etc/passwd\n")).ShouldBe("no address of a Git LFS server is known that can be used");
    }

    [Fact]
    public async Task Fetch_HalfWrittenByADeadProcess_IsFetchedAnew()
    {
        var head = _f.Origin.Commit("main", (".gitattributes", Attributes), ("a.bin", _server.Add("whole")));
        var mirror = await _f.MirrorAsync();
        var file = (await _f.Git.FetchLfsAsync(mirror, _server.Remote, null, head, None)).Files.ShouldHaveSingleItem();
        var kept = OutsideFiles.PathOf(mirror.GitDirectory, file.Pointer);
        await File.WriteAllTextAsync(kept, "wh");
        (await _f.Git.FetchLfsAsync(mirror, _server.Remote, null, head, None)).Files.Count.ShouldBe(1);
        (await File.ReadAllTextAsync(kept)).ShouldBe("whole");
    }
}
