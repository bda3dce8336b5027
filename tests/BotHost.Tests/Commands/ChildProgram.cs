using System.Diagnostics;

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
        ["PATH"] = System.Environment.GetEnvironmentVariable("PATH")!,
        ["HOME"] = System.Environment.GetEnvironmentVariable("HOME") ?? "/",
        ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1",
    };

    /// <summary>Runs it to its end, which each of these tests expects to come by itself.</summary>
    public async Task<ChildResult> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            return new ChildResult(process.ExitCode, Lines(await output), Lines(await error));
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Starts it and leaves it running; its output must be read, or it stands still when the pipe is full.</summary>
    public Process Start(params string[] arguments)
    {
        // The test's copy of the program lies beside the test.
        var program = Path.Combine(AppContext.BaseDirectory, "codingagent.dll");
        var start = new ProcessStartInfo(System.Environment.ProcessPath!, [program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        start.Environment.Clear();
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    internal sealed record ChildResult(int ExitCode, string[] Output, string[] Error);
}
