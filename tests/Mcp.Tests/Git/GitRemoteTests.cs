using System.Net;
using System.Net.Sockets;
using System.Text;
using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>What a remote sees of us and what we make of its answers.</summary>
public sealed class GitRemoteTests : IDisposable
{
    private readonly ScratchFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("401 Unauthorized", GitRejection.Credential)]
    [InlineData("403 Forbidden", GitRejection.Authentication)]
    [InlineData("404 Not Found", GitRejection.NotFound)]
    [InlineData("302 Found\r\nLocation: http://127.0.0.1:1/elsewhere", GitRejection.Refused)]
    public async Task Refusal_IsFinal(string status, GitRejection reason)
    {
        await using var server = new OneAnswer(status);
        var error = await Should.ThrowAsync<GitRejectedException>(() => FetchAsync(server.Url, new GitCredential("x-access-token", "s3cret-token")));
        error.Reason.ShouldBe(reason);
        error.Message.ShouldNotContain("s3cret");
    }

    [Theory]
    [InlineData("500 Oops")]
    [InlineData("503 Service Unavailable")]
    [InlineData("429 Too Many Requests")]
    public async Task Trouble_IsRetryable(string status)
    {
        await using var server = new OneAnswer(status);
        await Should.ThrowAsync<GitUnavailableException>(() => FetchAsync(server.Url, null));
    }

    [Fact]
    public async Task NobodyListening_IsRetryable()
    {
        await using var server = new OneAnswer("500 x");
        var url = server.Url;
        await server.DisposeAsync();
        await Should.ThrowAsync<GitUnavailableException>(() => FetchAsync(url, null));
    }

    [Fact]
    public async Task Credential_TravelsInTheHeaderOnly()
    {
        await using var server = new OneAnswer("404 Not Found");
        await Should.ThrowAsync<GitRejectedException>(() => FetchAsync(server.Url, new GitCredential("x-access-token", "s3cret-token")));
        var expected = Convert.ToBase64String(Encoding.UTF8.GetBytes("x-access-token:s3cret-token"));
        server.Request.ShouldContain($"Authorization: Basic {expected}");
        server.Request.Split("\r\n")[0].ShouldNotContain("s3cret");
        foreach (var file in Directory.EnumerateFiles(_root.Path, "*", SearchOption.AllDirectories))
            (await File.ReadAllTextAsync(file)).ShouldNotContain("s3cret", Case.Insensitive, file);
    }

    [Fact]
    public async Task Credential_NotSentInTheClear()
    {
        var error = await Should.ThrowAsync<ArgumentException>(() => FetchAsync("http://git.example.com/o/r.git", new GitCredential("u", "p")));
        error.Message.ShouldContain("https");
    }

    [Fact]
    public async Task Cancellation_EndsAHangingFetch()
    {
        await using var server = new OneAnswer(status: null);
        using var cancel = new CancellationTokenSource();
        var fetch = Git().FetchMirrorAsync("k", server.Url, null, cancel.Token);
        await server.Asked;
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => fetch);
    }

    [Fact]
    public async Task Timeout_IsRetryable()
    {
        await using var server = new OneAnswer(status: null);
        var git = new TrustedGit(new TrustedGitOptions { Root = _root.Path, NetworkTimeout = TimeSpan.FromMilliseconds(300) }, TimeProvider.System);
        await Should.ThrowAsync<GitUnavailableException>(() => git.FetchMirrorAsync("k", server.Url, null, CancellationToken.None));
    }

    private TrustedGit Git() => new(new TrustedGitOptions { Root = _root.Path }, TimeProvider.System);

    private Task<GitMirror> FetchAsync(string url, GitCredential? credential) => Git().FetchMirrorAsync("k", url, credential, CancellationToken.None);

    /// <summary>An HTTP server that gives every request the same answer, or none at all.</summary>
    private sealed class OneAnswer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<TcpClient> _clients = [];
        private readonly Task _loop;

        public OneAnswer(string? status)
        {
            _listener.Start();
            _loop = ServeAsync(status);
        }

        public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/o/r.git";

        public string Request { get; private set; } = "";

        public Task Asked => _asked.Task;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _loop;
            _clients.ForEach(c => c.Dispose());
        }

        private async Task ServeAsync(string? status)
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync();
                    _clients.Add(client);
                    var buffer = new byte[8192];
                    var read = await client.GetStream().ReadAsync(buffer);
                    if (Request.Length == 0) Request = Encoding.ASCII.GetString(buffer, 0, read);
                    _asked.TrySetResult();
                    if (status is null) continue;
                    await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
                    client.Close();
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException or InvalidOperationException)
            {
                // Stopped.
            }
        }
    }
}
