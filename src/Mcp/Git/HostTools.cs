using CodingAgent.Mcp.Processes;

namespace CodingAgent.Mcp.Git;

/// <summary>Core utilities for whole folders: unlike path-based calls they hold open folders, follow no link and manage any depth.</summary>
internal sealed class HostTools(TimeSpan timeout, TimeProvider time)
{
    /// <summary>Deletes folders and files with all that is in them, staying on their file system; nothing happens for what is not there.</summary>
    public async Task RemoveAsync(IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        var there = paths.Where(Path.Exists).ToArray();
        if (there.Length == 0) return;
        string[] arguments = ["-rf", "--one-file-system", "--", .. there];
        if (await TryAsync("rm", arguments, cancellationToken) is null) return;
        // Without root, a folder that its maker closed to itself has to be opened first.
        await TryAsync("chmod", ["-R", "u+rwX", "--", .. there.Where(Path.Exists)], cancellationToken);
        await RunAsync("rm", arguments, cancellationToken);
    }

    /// <summary>Deletes all that is in a folder, which stays, because it may be bound somewhere.</summary>
    public async Task EmptyAsync(string folder, CancellationToken cancellationToken)
    {
        string[] arguments = [folder, "-xdev", "-mindepth", "1", "-delete"];
        if (await TryAsync("find", arguments, cancellationToken) is null) return;
        await TryAsync("chmod", ["-R", "u+rwX", "--", folder], cancellationToken);
        await RunAsync("find", arguments, cancellationToken);
    }

    /// <summary>Runs a program; a failure throws.</summary>
    public async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        if (await TryAsync(program, arguments, cancellationToken) is { } words) throw new GitFailedException($"{program} failed: {words}");
    }

    private async Task<string?> TryAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin", ["LC_ALL"] = "C" };
        var error = new HeadTailBuffer(4096);
        var command = new ChildCommand(program, arguments, environment, timeout);
        var exit = await ChildProcess.RunAsync(command, new HeadTailBuffer(4096), error, time, cancellationToken);
        return exit.ExitCode == 0 ? null : GitProcess.Tail(error.ToText());
    }
}
