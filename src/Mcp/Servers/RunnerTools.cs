using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using ModelContextProtocol;

namespace CodingAgent.Mcp.Servers;

/// <summary>The runner server's tools: commands and the repository's named checks, in the sandbox.</summary>
internal sealed partial class RunnerTools(WorkspaceToolsOptions options, ISandbox sandbox) : IDisposable
{
    // Published results: 60 seconds by default, and the first and last 5,000 characters of output, lose nothing that matters (agents.md §6).
    private const int DefaultSeconds = 60;
    private const int OutputBytes = 10_000;

    private readonly SemaphoreSlim _running = new(1);

    public void Dispose() => _running.Dispose();

    public IEnumerable<WorkspaceTool> All()
    {
        var longest = (int)options.SandboxLimits.Timeout.TotalSeconds;
        // One check may use the whole limit, and one call may run them all.
        var timeout = (options.SandboxLimits.Timeout * Math.Max(1, options.Checks.Count)) + TimeSpan.FromSeconds(30);
        yield return new WorkspaceTool(
            "run_command",
            "Runs a shell command in the workspace (/workspace), in a sandbox without network. Each call starts afresh: folder, variables and background processes do not carry over.",
            ToolEffect.Acts,
            new ToolSchema().Text("command", "Shell command line.").OptionalNumber("timeout_seconds", $"At most {longest}; null for {Math.Min(DefaultSeconds, longest)}."),
            timeout, options.TimeProvider, CommandAsync);
        yield return new WorkspaceTool(
            "run_checks",
            $"Runs the repository's checks in the sandbox: {(options.Checks.Count == 0 ? "none are configured" : string.Join(", ", options.Checks.Select(c => c.Name)))}.",
            ToolEffect.Acts,
            new ToolSchema().OptionalText("name", "Only this check; null for all.")
                .OptionalFlag("whole", "True runs all of it; null or false only the tests that your change touches, where the check can tell. The whole runs before publishing in any case."),
            timeout, options.TimeProvider, ChecksAsync);
        if (options.Build is not { HasSetup: true } build) yield break;
        yield return new WorkspaceTool(
            "run_setup",
            "Installs packages again after you changed a manifest (package.json, *.csproj, pyproject.toml …), with the package registries reachable; brings lock files in step.",
            ToolEffect.Acts, new ToolSchema(), options.SandboxLimits.Timeout * 10, options.TimeProvider, (_, stop) => SetupAsync(build, stop));
    }

    private async Task<string> CommandAsync(ToolArguments arguments, CancellationToken stop)
    {
        var command = arguments.Text("command");
        if (string.IsNullOrWhiteSpace(command)) throw new McpException("command is empty.");
        if (command.Contains('\0', StringComparison.Ordinal)) throw new McpException("command contains a NUL character.");
        var longest = (int)options.SandboxLimits.Timeout.TotalSeconds;
        var seconds = arguments.OptionalNumber("timeout_seconds") ?? Math.Min(DefaultSeconds, longest);
        if (seconds < 1 || seconds > longest) throw new McpException($"timeout_seconds must be from 1 to {longest}.");
        var result = await RunAsync(command, TimeSpan.FromSeconds(seconds), stop);
        return $"{Outcome(result)}\n{Output(result)}";
    }

    private async Task<string> ChecksAsync(ToolArguments arguments, CancellationToken stop)
    {
        if (options.Checks.Count == 0) return "No checks are configured for this repository; use run_command.";
        var name = arguments.OptionalText("name");
        var checks = name is null ? options.Checks : options.Checks.Where(c => c.Name == name).ToList();
        if (checks.Count == 0) throw new McpException($"There is no check '{name}'; there are {string.Join(", ", options.Checks.Select(c => c.Name))}.");
        var text = new StringBuilder();
        var told = checks.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (check, line, (result, redNeed)) in await RunChecksAsync(checks, arguments.OptionalFlag("whole") ?? false, stop))
        {
            if (redNeed is not null)
            {
                text.Append("check ").Append(check.Name).Append(" was not run: it needs ").Append(redNeed.Name).Append(", which FAILED: ").Append(redNeed.Run).Append(", ").Append(Outcome(result)).Append('\n');
                if (!told.Add(redNeed.Name)) continue;
                text.Append(Output(result));
                continue;
            }

            text.Append("check ").Append(check.Name).Append(result.Succeeded ? " passed" : " FAILED").Append(line == check.Run ? ": " : " (only what the change touches): ").Append(line).Append(", ").Append(Outcome(result)).Append('\n');
            if (!result.Succeeded) text.Append(Output(result));
        }

        return text.ToString();
    }

    private async Task<string> SetupAsync(WorkspaceBuild build, CancellationToken stop)
    {
        await _running.WaitAsync(stop);
        try
        {
            var changed = await build.ChangedInputsAsync(stop);
            if (changed.Count == 0) return "No manifest or lock file has changed since the last set-up; packages are as they were.";
            var (outcome, locks) = await build.RunSetupAsync(stop);
            var text = new StringBuilder();
            if (outcome.Failure is { } failure)
            {
                text.Append("set-up FAILED at ").Append(failure.Step.Name).Append(": ").Append(failure.Line).Append(", ").Append(Outcome(failure.Result)).Append('\n').Append(Output(failure.Result));
            }
            else
            {
                text.Append("set-up done for ").AppendJoin(", ", changed).Append('\n');
                if (locks.Count > 0) text.Append("lock files brought in step, now part of the change: ").AppendJoin(", ", locks).Append('\n');
            }

            foreach (var refused in outcome.Refused) text.Append("refused: ").Append(refused).Append('\n');
            return text.ToString();
        }
        finally
        {
            _running.Release();
        }
    }

    private async Task<IReadOnlyList<(WorkspaceCheck Check, string Line, CheckRun Run)>> RunChecksAsync(
        IReadOnlyList<WorkspaceCheck> checks, bool whole, CancellationToken stop)
    {
        if (options.Build is not { } build)
        {
            var results = new List<(WorkspaceCheck, string, CheckRun)>();
            foreach (var check in checks) results.Add((check, check.Run, new CheckRun(await RunAsync(check.Run, options.SandboxLimits.Timeout, stop), null)));
            return results;
        }

        await _running.WaitAsync(stop);
        try
        {
            var changed = await build.ChangedInputsAsync(stop);
            return changed.Count == 0
                ? await build.RunChecksAsync(options.Checks, checks, whole, stop)
                : throw new McpException($"{string.Join(", ", changed)} changed since packages were set up; call run_setup first, so that the checks see the packages they name.");
        }
        finally
        {
            _running.Release();
        }
    }

    private async Task<SandboxResult> RunAsync(string line, TimeSpan timeout, CancellationToken stop)
    {
        // Two commands at once would trip over each other's build output.
        await _running.WaitAsync(stop);
        try
        {
            var limits = options.SandboxLimits with { Timeout = timeout, OutputBytes = OutputBytes };
            return options.Build is { } build
                ? await build.RunAsync(line, limits, stop)
                : await sandbox.RunAsync(SandboxCommand.Shell(line, options.Workspace.MountedPath, limits) with { Enter = options.Workspace.Enter, OwnPath = options.Workspace.OwnPath, Environment = BuildEnvironment.Variables }, stop);
        }
        finally
        {
            _running.Release();
        }
    }

    private static string Outcome(SandboxResult result) => result.Outcome switch
    {
        SandboxOutcome.TimedOut => $"stopped at its time limit after {result.Duration.TotalSeconds:0} s",
        SandboxOutcome.OutOfMemory => $"killed at its memory limit, exit code {result.ExitCode}",
        _ => $"exit code {result.ExitCode}",
    };

    private static string Output(SandboxResult result)
    {
        if (result.StandardOutput.Length == 0 && result.StandardError.Length == 0) return "(no output)\n";
        var text = new StringBuilder();
        if (result.StandardOutput.Length > 0) text.Append("--- stdout\n").Append(result.StandardOutput.TrimEnd('\n')).Append('\n');
        if (result.StandardError.Length > 0) text.Append("--- stderr\n").Append(result.StandardError.TrimEnd('\n')).Append('\n');
        return Colours().Replace(text.ToString(), "");
    }

    // Programs that colour their output whatever it goes to; written out, each colour would cost more than the word it is on.
    [GeneratedRegex(@"\u001B\[[0-9;]*m", RegexOptions.NonBacktracking)]
    private static partial Regex Colours();
}
