#pragma warning disable MCP9005 // Log messages are deprecated in the newest revision; the clients of all others have them.
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Channels;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Tests.Git;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace CodingAgent.Mcp.Tests.Servers;

public sealed class McpHttpTests : IAsyncLifetime
{
    private const string Token = "0123456789abcdef0123456789abcdef";
    private const string Initialize = """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Origin _origin = new();
    private readonly HttpClient _http = new();
    private McpHttp? _server;

    private Uri Address => _server!.Address;

    public Task InitializeAsync()
    {
        _origin.Commit("main", ("a.txt", "one\n"), ("ü b/c#d.txt", "other\n"));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _http.Dispose();
        _origin.Dispose();
    }

    [Theory]
    [InlineData(McpServerKind.Fs, "read_file", "path", "a.txt", "one")]
    [InlineData(McpServerKind.Repo, "repo_show", "path", "a.txt", "one")]
    [InlineData(McpServerKind.CodeSearch, "search_code", "query", "one", "a.txt\n  1: one")]
    [InlineData(McpServerKind.Runner, "run_command", "command", "cat a.txt", "one")]
    public async Task Server_ServesTheSameToolsOverHttp(McpServerKind kind, string tool, string argument, string value, string expected)
    {
        await using var client = await ConnectAsync(kind);
        var result = await client.CallToolAsync(tool, new Dictionary<string, object?> { [argument] = value });
        result.Content.OfType<TextContentBlock>().Single().Text.ShouldContain(expected);
    }

    [Theory]
    [InlineData(null, null, null, HttpStatusCode.Unauthorized)]
    [InlineData("Bearer wrong", null, null, HttpStatusCode.Unauthorized)]
    [InlineData("Basic " + Token, null, null, HttpStatusCode.Unauthorized)]
    [InlineData("Bearer " + Token + "0", null, null, HttpStatusCode.Unauthorized)]
    [InlineData("Bearer " + Token, "evil.example", null, HttpStatusCode.BadRequest)]
    [InlineData("Bearer " + Token, "localhost.evil.example", null, HttpStatusCode.BadRequest)]
    [InlineData("Bearer " + Token, "127.0.0.1.nip.io", null, HttpStatusCode.BadRequest)]
    [InlineData("Bearer " + Token, null, "http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("Bearer " + Token, null, "null", HttpStatusCode.Forbidden)]
    [InlineData("Bearer " + Token, null, "http://localhost:1", HttpStatusCode.Forbidden)]
    [InlineData("Bearer " + Token, "proxy.example", null, HttpStatusCode.OK)]
    [InlineData("Bearer " + Token, "localhost:7", "http://localhost:7", HttpStatusCode.OK)]
    [InlineData("bearer " + Token, null, "https://page.example", HttpStatusCode.OK)]
    public async Task Request_IsLetIn_ByTokenNameAndOrigin(string? authorization, string? host, string? origin, HttpStatusCode expected)
    {
        await StartAsync(McpServerKind.Fs);
        using var request = Post(Initialize, authorization);
        request.Headers.Host = host;
        if (origin is not null) request.Headers.Add("Origin", origin);
        using var answer = await _http.SendAsync(request);
        answer.StatusCode.ShouldBe(expected);
        answer.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        if (expected == HttpStatusCode.Unauthorized) answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
    }

    [Fact]
    public async Task Session_OfSomebodyWithoutTheToken_IsNotTheirs()
    {
        await StartAsync(McpServerKind.Fs);
        using var opened = await _http.SendAsync(Post(Initialize, "Bearer " + Token));
        var session = opened.Headers.GetValues("Mcp-Session-Id").Single();
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Get, HttpMethod.Delete })
        {
            using var request = new HttpRequestMessage(method, Address) { Content = method == HttpMethod.Post ? new StringContent("""{"jsonrpc":"2.0","id":2,"method":"tools/list"}""", Encoding.UTF8, "application/json") : null };
            request.Headers.Add("Mcp-Session-Id", session);
            request.Headers.Accept.ParseAdd("application/json, text/event-stream");
            using var answer = await _http.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Body_BeyondItsBound_IsRefused()
    {
        await StartAsync(McpServerKind.Fs);
        using var request = Post(Initialize, "Bearer " + Token);
        request.Content!.Headers.ContentLength = 65L << 20;
        request.Headers.ExpectContinue = true;
        using var answer = await _http.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Token_TooShort_StartsNothing()
    {
        var error = await Should.ThrowAsync<ArgumentException>(() => McpHttp.StartAsync(McpServerKind.Fs, Folder, new McpHttpOptions(new IPEndPoint(IPAddress.Loopback, 0), "short"), CancellationToken.None));
        error.Message.ShouldContain("fewer than 32 characters");
    }

    [Fact]
    public async Task LongCall_TellsProgress_AndEndsWhenCancelled()
    {
        // The sandbox's user is not this process's.
        File.SetUnixFileMode(_origin.ClonePath, File.GetUnixFileMode(_origin.ClonePath) | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.OtherRead);
        await using var client = await ConnectAsync(McpServerKind.Runner);
        var told = Channel.CreateUnbounded<ProgressNotificationValue>();
        using var stop = new CancellationTokenSource();
        // What a command leaves behind says whether it ran to its end.
        var call = client.CallToolAsync(
            "run_command", new Dictionary<string, object?> { ["command"] = "echo begun > begun; sleep 300; echo done > done" }, new Told(told.Writer), cancellationToken: stop.Token).AsTask();
        var first = await told.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        first.Message!.ShouldStartWith("run_command has run for ");
        (first.Total!.Value > first.Progress).ShouldBeTrue();
        File.Exists(Path.Combine(_origin.ClonePath, "begun")).ShouldBeTrue();

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call.WaitAsync(Patience));
        // Commands run one at a time: this one would wait for the other's end.
        var next = await client.CallToolAsync("run_command", new Dictionary<string, object?> { ["command"] = "ls" }).AsTask().WaitAsync(Patience);
        next.Content.OfType<TextContentBlock>().Single().Text.ShouldSatisfyAllConditions(t => t.ShouldContain("begun"), t => t.ShouldNotContain("done"));
    }

    [Fact]
    public async Task Log_IsSentAtTheLevelThatWasAskedFor()
    {
        await StartAsync(McpServerKind.Fs);
        var heard = Channel.CreateUnbounded<LoggingMessageNotificationParams>();
        // Sessions, and with them levels, are those of the revisions before 2026-07-28.
        await using var client = await McpClient.CreateAsync(Transport(), new McpClientOptions { ProtocolVersion = "2025-11-25" });
        await using var listening = client.RegisterNotificationHandler(NotificationMethods.LoggingMessageNotification, (notification, _) =>
        {
            heard.Writer.TryWrite(System.Text.Json.JsonSerializer.Deserialize<LoggingMessageNotificationParams>(notification.Params, McpJsonUtilities.DefaultOptions)!);
            return default;
        });
        await client.SetLoggingLevelAsync(LoggingLevel.Warning);
        await client.CallToolAsync("read_file", new Dictionary<string, object?> { ["path"] = "a.txt" });
        await client.CallToolAsync("read_file", new Dictionary<string, object?> { ["path"] = "missing.txt" });
        var refused = await heard.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        refused.Level.ShouldBe(LoggingLevel.Warning, "the answer before it is information, which was not asked for");
        refused.Data.ToString().ShouldContain("read_file refused or gave up after");
        await client.SetLoggingLevelAsync(LoggingLevel.Info);
        await client.CallToolAsync("read_file", new Dictionary<string, object?> { ["path"] = "a.txt" });
        (await heard.Reader.ReadAsync().AsTask().WaitAsync(Patience)).Level.ShouldBe(LoggingLevel.Info);
    }

    [Fact]
    public async Task Resources_AreFilesAndTheirList()
    {
        await using var client = await ConnectAsync(McpServerKind.Fs);
        (await client.ListResourcesAsync()).Select(r => r.Uri).ShouldBe(["workspace://files"]);
        (await client.ListResourceTemplatesAsync()).Select(r => r.UriTemplate).ShouldBe(["workspace:///{+path}"]);
        (await ReadAsync(client, "workspace://files")).ShouldContain("a.txt");
        (await ReadAsync(client, "workspace:///a.txt")).ShouldBe("one\n");
        (await ReadAsync(client, "workspace:///%C3%BC%20b/c%23d.txt")).ShouldBe("other\n");
        foreach (var uri in new[] { "workspace:///../a.txt", "workspace:///%2e%2e%2f%2e%2e/etc/passwd", "workspace:////etc/passwd", "workspace:///", "file:///etc/passwd", "workspace:///.git/config%00" })
            await Should.ThrowAsync<McpException>(() => ReadAsync(client, uri), uri);
    }

    [Fact]
    public async Task Resources_OfRepoAndSearch_AreStatusDiffAndMap()
    {
        await File.WriteAllTextAsync(Path.Combine(_origin.ClonePath, "a.txt"), "two\n");
        await using (var repo = await ConnectAsync(McpServerKind.Repo))
        {
            (await ReadAsync(repo, "repo://status")).ShouldContain("a.txt (+1 -1)");
            (await ReadAsync(repo, "repo://diff")).ShouldContain("-one\n+two");
        }

        await _server!.DisposeAsync();
        await using var search = await ConnectAsync(McpServerKind.CodeSearch);
        (await search.ListResourcesAsync()).Select(r => r.Uri).ShouldBe(["repo://map"]);
        (await ReadAsync(search, "repo://map")).ShouldNotBeEmpty();
    }

    private ServedFolderOptions Folder => new() { WorkspacePath = _origin.ClonePath };

    private static async Task<string> ReadAsync(McpClient client, string uri) =>
        ((TextResourceContents)(await client.ReadResourceAsync(uri)).Contents.Single()).Text;

    private async Task StartAsync(McpServerKind kind) => _server = await McpHttp.StartAsync(
        kind, Folder, new McpHttpOptions(new IPEndPoint(IPAddress.Loopback, 0), Token) { Hosts = ["proxy.example"], Origins = ["https://page.example"] }, CancellationToken.None);

    private async Task<McpClient> ConnectAsync(McpServerKind kind)
    {
        await StartAsync(kind);
        return await McpClient.CreateAsync(Transport());
    }

    private HttpClientTransport Transport() => new(new HttpClientTransportOptions
    {
        Endpoint = Address,
        TransportMode = HttpTransportMode.StreamableHttp,
        AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = "Bearer " + Token },
    });

    private HttpRequestMessage Post(string body, string? authorization)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Address) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (authorization is not null) request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);
        return request;
    }

    private sealed class Told(ChannelWriter<ProgressNotificationValue> writer) : IProgress<ProgressNotificationValue>
    {
        public void Report(ProgressNotificationValue value) => writer.TryWrite(value);
    }
}
