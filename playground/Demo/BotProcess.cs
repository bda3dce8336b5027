using System.Diagnostics;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Playground.Demo;

/// <summary>One <c>codingagent serve</c> child process; its output goes to a log file.</summary>
internal sealed class BotProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StreamWriter _log;

    private BotProcess(Process process, StreamWriter log) => (_process, _log) = (process, log);

    public int Id => _process.Id;

    public static BotProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, SandboxUser? user, string logFile)
    {
        var line = LineOf(program, arguments, user);
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        // The real key, if any, reaches the service only as the setting below: nothing else of this process's environment matters to it.
        foreach (var (key, value) in environment)
            start.Environment[key] = value;

        var log = new StreamWriter(new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var process = new Process { StartInfo = start };
        void Write(object _, DataReceivedEventArgs e)
        {
            if (e.Data is null)
                return;
            lock (log)
                log.WriteLine(e.Data);
        }

        process.OutputDataReceived += Write;
        process.ErrorDataReceived += Write;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new BotProcess(process, log);
    }

    /// <summary>The command line that runs the service's program.</summary>
    public static string[] LineOf(string program, IEnumerable<string> arguments, SandboxUser? user) =>
        [.. As(user), .. program.EndsWith(".dll", StringComparison.Ordinal) ? new[] { "dotnet" } : [], program, .. arguments];

    /// <summary>What makes the rest of a command line run as somebody else, in the same process.</summary>
    public static string[] As(SandboxUser? user) => user is null ? [] : ["setpriv", $"--reuid={user.Uid}", $"--regid={user.Gid}", "--clear-groups", "--inh-caps=-all", "--"];

    public bool HasExited => _process.HasExited;

    /// <summary>SIGKILL: no handler, no flush, no goodbye.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        await _log.DisposeAsync();
    }
}
