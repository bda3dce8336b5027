using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using CodingAgent.BotHost.Tests.GitHub;

namespace CodingAgent.BotHost.Tests.Commands;

/// <summary><c>codingagent</c> as its own process, in an empty folder and with only the environment it is given.</summary>
internal sealed class ChildProgram : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public string Folder { get; } = Directory.CreateTempSubdirectory("command-tests-").FullName;

    /// <summary>A configuration that lacks nothing.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal)
    {
        ["Forge__GitHub__Token"] = "ghp_hunter2",
        ["Forge__GitHub__WebhookSecret"] = "webhook-hunter2",
        ["Api__Key"] = "api-hunter2",
        ["OPENAI_API_KEY"] = "sk-hunter2",
        ["Models__Default"] = "gpt-x",
        // Nobody is there; a test that wants somebody names them.
        ["Forge__GitHub__ApiUrl"] = "http://127.0.0.1:9/api/v3",
        ["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1",
        ["Doctor__AtStart"] = "false",
        ["PATH"] = System.Environment.GetEnvironmentVariable("PATH")!,
        ["HOME"] = System.Environment.GetEnvironmentVariable("HOME") ?? "/",
        ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1",
    };

    /// <summary>Runs it to its end, which each of these tests expects to come by itself.</summary>
    public async Task<ChildResult> RunAsync(params string[] arguments)
    {
        using var running = Start(arguments);
        return await running.EndAsync();
    }

    /// <summary>Starts it; the test ends it.</summary>
    // The test's copy of the program lies beside the test.
    public RunningChild Start(params string[] arguments) => Run(System.Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "codingagent.dll"), .. arguments]);

    /// <summary>Likewise, in a shell that was told something first.</summary>
    public RunningChild StartUnder(string line, params string[] arguments) =>
        Run("/bin/sh", ["-c", $"{line}; exec \"$@\"", "sh", System.Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "codingagent.dll"), .. arguments]);

    /// <summary>Runs a line of bash that calls it as <c>codingagent</c>, as an installed one is called.</summary>
    public RunningChild StartBash(string line)
    {
        MakeInstalled();
        return Run("/bin/bash", ["--norc", "--noprofile", "-c", line]);
    }

    /// <summary>Likewise, on a terminal of its own: so many columns and rows, where 0 is what some terminals say of themselves.</summary>
    public RunningChild StartOnTerminal(string line, int columns, int rows)
    {
        MakeInstalled();
        Environment["TERM"] = "xterm-256color";
        Environment["SHELL"] = "/bin/bash";
        return Run("script", ["-qec", $"stty cols {columns} rows {rows}; {line}", "/dev/null"]);
    }

    private void MakeInstalled()
    {
        var bin = Directory.CreateDirectory(Path.Combine(Folder, "bin")).FullName;
        var program = Path.Combine(bin, "codingagent");
        File.WriteAllText(program, $"#!/bin/sh\nexec '{System.Environment.ProcessPath}' '{Path.Combine(AppContext.BaseDirectory, "codingagent.dll")}' \"$@\"\n");
        using (var chmod = Process.Start("chmod", ["u+x", program]))
            chmod.WaitForExit();
        Environment["PATH"] = $"{bin}:{System.Environment.GetEnvironmentVariable("PATH")}";
    }

    /// <summary>Likewise, where this folder of its own is a disk of so many megabytes; null where none can be mounted.</summary>
    public RunningChild? StartOnSmallDisk(string folder, int megabytes, params string[] arguments)
    {
        const string Mount = "mount -t tmpfs -o size=\"$1\",mode=0700 none \"$2\"";
        using var trial = Process.Start(new ProcessStartInfo("unshare", ["-m", "sh", "-c", Mount, "sh", "1m", Path.Combine(Folder, folder)]) { RedirectStandardError = true, UseShellExecute = false });
        trial?.WaitForExit();
        return trial is not { ExitCode: 0 } ? null : Run(
            "unshare",
            ["-m", "sh", "-c", $"{Mount}; shift 2; exec \"$@\"", "sh", $"{megabytes}m", Path.Combine(Folder, folder), System.Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "codingagent.dll"), .. arguments]);
    }

    private RunningChild Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        start.Environment.Clear();
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        return new RunningChild(Process.Start(start)!);
    }

    /// <summary>Delivers an event about an issue to it, signed with its secret.</summary>
    public async Task<HttpStatusCode> DeliverAsync(HttpClient http, string id, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/github") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("X-GitHub-Event", "issues");
        request.Headers.Add("X-GitHub-Delivery", id);
        request.Headers.Add("X-Hub-Signature-256", WebhookHost.SignatureOf(body, Environment["Forge__GitHub__WebhookSecret"]));
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>A loopback port that nobody listens on now.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    internal sealed record ChildResult(int ExitCode, string[] Output, string[] Error);

    internal sealed class RunningChild : IDisposable
    {
        private readonly Process _process;
        private readonly ConcurrentQueue<string> _output = [];
        private readonly ConcurrentQueue<string> _error = [];

        public RunningChild(Process process)
        {
            _process = process;
            process.OutputDataReceived += (_, e) => Keep(_output, e.Data);
            process.ErrorDataReceived += (_, e) => Keep(_error, e.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        public int Id => _process.Id;

        public bool HasExited => _process.HasExited;

        public string Output => string.Join('\n', _output);

        /// <summary>Waits for a line of its output that holds this, and returns what follows there.</summary>
        public async Task<string> LineAfterAsync(string text)
        {
            var start = TimeProvider.System.GetTimestamp();
            while (true)
            {
                if (_output.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                    return found[(found.IndexOf(text, StringComparison.Ordinal) + text.Length)..];
                if (_process.HasExited || TimeProvider.System.GetElapsedTime(start) > Patience)
                    throw new InvalidOperationException($"It did not say '{text}'. It said: {Output}\n{string.Join('\n', _error)}");
                await Task.Delay(20);
            }
        }

        /// <summary>SIGKILL: no handler, no flush, no goodbye. Twice is once.</summary>
        public void Kill() => _process.Kill();

        /// <summary>Asks it to end, as a service manager does.</summary>
        public void Terminate() => Signal("TERM");

        /// <summary>Ctrl-C.</summary>
        public void Interrupt() => Signal("INT");

        private void Signal(string name)
        {
            using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
            kill.WaitForExit();
        }

        public async Task<ChildResult> EndAsync()
        {
            using var limit = new CancellationTokenSource(Patience);
            await _process.WaitForExitAsync(limit.Token);
            return new ChildResult(_process.ExitCode, [.. _output], [.. _error]);
        }

        public void Dispose()
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
            _process.Dispose();
        }

        private static void Keep(ConcurrentQueue<string> lines, string? line)
        {
            if (!string.IsNullOrEmpty(line))
                lines.Enqueue(line);
        }
    }
}
