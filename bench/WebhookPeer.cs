using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace CodingAgent.Bench;

/// <summary>A program that takes webhooks on a loopback port: <c>codingagent serve</c>, or Probot. Ends with this.</summary>
internal sealed class WebhookPeer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>What opens the pages and the API of ours.</summary>
    public const string ApiKey = "bench-key";

    private readonly Process _process;
    private readonly Uri _endpoint;

    private WebhookPeer(Uri endpoint, string folder, IReadOnlyList<string> command, params (string Name, string Value)[] environment)
    {
        _endpoint = endpoint;
        // What they log goes where it costs neither them nor the one who measures anything: nowhere.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >/dev/null 2>&1", "sh", .. command]) { UseShellExecute = false, WorkingDirectory = folder };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
    }

    /// <summary>Where it is.</summary>
    public Uri Address => new(_endpoint, "/");

    /// <summary>Ours with a data folder, mostly an empty one, as <c>./dev serve</c> starts it; the forge and the model that it is told of are nowhere.</summary>
    public static WebhookPeer StartOurs(string data)
    {
        // As ./dev serve runs it.
        var program = Path.Combine(Above("artifacts/serve/codingagent.dll", "the service is not built: ./dev bench does that first"), "artifacts", "serve", "codingagent.dll");
        var port = FreePort();
        return new WebhookPeer(
            new Uri($"http://127.0.0.1:{port}/webhooks/github"),
            data,
            ["dotnet", "exec", program, "serve", "--urls", $"http://127.0.0.1:{port}", "--data", data],
            ("Forge__GitHub__Token", "bench-token"), ("Forge__GitHub__ApiUrl", "http://127.0.0.1:9"), ("Forge__GitHub__WebhookSecret", Delivery.Secret),
            ("Api__Key", ApiKey), ("OPENAI_API_KEY", "bench-key"), ("OPENAI_BASE_URL", "http://127.0.0.1:9"), ("Models__Default", "none"), ("Doctor__AtStart", "false"));
    }

    /// <summary>Probot, with a handler that keeps nothing.</summary>
    /// <exception cref="InvalidOperationException">The peers are not installed.</exception>
    public static WebhookPeer StartProbot()
    {
        var peers = Path.Combine(
            Above("tests/Peers/node_modules/probot/package.json", "Probot is not installed. Run 'npm ci --prefix tests/Peers' first; it needs Node 20.18"), "tests", "Peers");
        var port = FreePort();
        return new WebhookPeer(
            new Uri($"http://127.0.0.1:{port}/api/github/webhooks"),
            peers,
            ["node", Path.Combine(peers, "webhook", "probot.mjs")],
            ("WEBHOOK_SECRET", Delivery.Secret), ("HOST", "127.0.0.1"), ("PORT", $"{port}"));
    }

    private static string Above(string file, string otherwise) => ExternalProgram.Above(file) ?? throw new InvalidOperationException($"webhook: {otherwise}.");

    /// <summary>Waits for the first delivery that is taken: then it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended, or is not ready after a minute.</exception>
    public async Task ReadyAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await RunAsync("issues", connections: 1, deliveries: 1);
                return;
            }
            catch (SocketException e)
            {
                if (_process.HasExited || Stopwatch.GetElapsedTime(started) > Patience)
                    throw new InvalidOperationException($"webhook: '{string.Join(' ', _process.StartInfo.ArgumentList)}' {(_process.HasExited ? $"ended with {_process.ExitCode}" : "is not ready after a minute")}.", e);
                await Task.Delay(2);
            }
        }
    }

    /// <summary>Sends so many deliveries over so many connections, each the next one when the last is answered; how long each took.</summary>
    public async Task<IReadOnlyList<TimeSpan>> RunAsync(string eventName, int connections, int deliveries)
    {
        var left = deliveries;
        var times = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            var took = new List<TimeSpan>();
            var (delivery, buffer) = (new Delivery(_endpoint, eventName), new byte[16 * 1024]);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, _endpoint.Port);
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var sent = Stopwatch.GetTimestamp();
                await delivery.SendAsync(socket, buffer);
                took.Add(Stopwatch.GetElapsedTime(sent));
            }

            return took;
        })));
        return [.. times.SelectMany(took => took)];
    }

    /// <summary>What it holds in megabytes: memory of its own, which nobody else can have, and all that is resident, with the files it has mapped.</summary>
    public (double Own, double Resident) Memory()
    {
        var status = File.ReadLines($"/proc/{_process.Id}/status").Where(l => l.EndsWith(" kB", StringComparison.Ordinal))
            .ToDictionary(l => l[..l.IndexOf(':', StringComparison.Ordinal)], l => double.Parse(l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..^3], System.Globalization.CultureInfo.InvariantCulture) / 1024, StringComparer.Ordinal);
        return (status["RssAnon"] + status["RssShmem"], status["VmRSS"]);
    }

    /// <summary>Returns when it has done with what it took: the other side must not pay for that.</summary>
    public async Task RestAsync()
    {
        TimeSpan before;
        do
        {
            _process.Refresh();
            before = _process.TotalProcessorTime;
            await Task.Delay(200);
            _process.Refresh();
        }
        while (_process.TotalProcessorTime - before > TimeSpan.FromMilliseconds(20));
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
