using System.Diagnostics;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Playground.LocalForge.Ci;

/// <summary>Runs one step in the sandbox, or as a plain process with a cleaned environment where the options allow that.</summary>
internal sealed class StepRunner(ISandbox? sandbox, bool allowPlain, SandboxLimits limits, SandboxUser? owner)
{
    /// <summary>Gives a checked out folder to the user that sandboxed commands run as.</summary>
    public async Task HandOverAsync(string folder)
    {
        if (sandbox is null || owner is null)
            return;
        // -h: a symbolic link in the repository must not give away what it points to.
        using var chown = Process.Start(new ProcessStartInfo("chown", ["-hR", $"{owner.Uid}:{owner.Gid}", "--", folder]) { UseShellExecute = false })
            ?? throw new InvalidOperationException("chown could not be started.");
        await chown.WaitForExitAsync(CancellationToken.None);
        if (chown.ExitCode != 0)
            throw new InvalidOperationException($"chown of the CI workspace failed ({chown.ExitCode}).");
    }

    /// <exception cref="SandboxUnavailableException">Nothing may run the step; the message says why.</exception>
    public async Task<SandboxResult> RunAsync(WorkflowStep step, string folder, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var merged = new Dictionary<string, string>(environment, StringComparer.Ordinal);
        foreach (var (key, value) in step.Environment)
            merged[key] = value;
        string[] argv = ["/bin/bash", "-e", "-c", step.Run];
        if (sandbox is not null)
        {
            var command = new SandboxCommand(argv, folder, limits) { WorkingDirectory = step.WorkingDirectory, Environment = merged };
            return await sandbox.RunAsync(command, cancellationToken);
        }

        return allowPlain
            ? await RunPlainAsync(argv, Path.Combine(folder, step.WorkingDirectory), merged, cancellationToken)
            : throw new SandboxUnavailableException("The forge was started without a CI sandbox, and plain processes were not allowed.");
    }

    private async Task<SandboxResult> RunPlainAsync(string[] argv, string folder, Dictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var info = new ProcessStartInfo(argv[0], argv[1..])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment.Clear();
        info.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
        info.Environment["HOME"] = Path.GetTempPath();
        info.Environment["LANG"] = "C.UTF-8";
        foreach (var (key, value) in environment)
            info.Environment[key] = value;
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(info) ?? throw new InvalidOperationException("/bin/bash could not be started.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var outcome = SandboxOutcome.Exited;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limits.Timeout);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            outcome = SandboxOutcome.TimedOut;
            await process.WaitForExitAsync(CancellationToken.None);
        }

        return new SandboxResult(outcome, process.ExitCode, await output, await error, Stopwatch.GetElapsedTime(started));
    }
}
