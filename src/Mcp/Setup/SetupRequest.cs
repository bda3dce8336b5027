using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Setup;

/// <summary>What is set up, and how: everything a set-up layer is a function of.</summary>
/// <param name="Mirror">Mirror that holds the objects.</param>
/// <param name="BaseSha">Commit the work starts from; its history is what commands see as git.</param>
/// <param name="TreeId">Tree that is set up: the base's own, or one with changed manifests.</param>
/// <param name="Steps">Commands in order; none means there is nothing to set up.</param>
/// <param name="Hosts">Hosts the commands may reach (<c>registry.npmjs.org</c>, <c>*.example.org</c>, <c>host:8443</c>); none closes the network.</param>
/// <param name="Limits">Limits of each command.</param>
public sealed record SetupRequest(
    GitMirror Mirror, string BaseSha, string TreeId, IReadOnlyList<SetupCommand> Steps, IReadOnlyList<string> Hosts, SandboxLimits Limits)
{
    /// <summary>Where the commands run.</summary>
    public required ISandbox Sandbox { get; init; }

    /// <summary>What <see cref="Sandbox"/> is, as far as it decides what set-up leaves: the image, or the worker's toolchains.</summary>
    public required string Platform { get; init; }

    /// <summary>Which files of a tree the result depends on: manifests, lock files, package-manager configuration.</summary>
    public required Func<string, bool> Reads { get; init; }

    /// <summary>Which of them are lock files.</summary>
    public required Func<string, bool> IsLock { get; init; }

    /// <summary>What stands in workspaces beside what the repository's own objects hold.</summary>
    public OutsideContents Outside { get; init; } = OutsideContents.None;

    /// <summary>
    /// Runs the commands that refresh lock files instead of those that only obey them; for a tree whose manifests an agent changed.
    /// </summary>
    public bool RefreshLocks { get; init; }
}

/// <summary>One command of a set-up.</summary>
/// <param name="Name">Short name in messages, such as <c>npm (web)</c>.</param>
/// <param name="Run">Shell line, started at the root of the workspace.</param>
/// <param name="RefreshRun">Shell line that brings lock files in step with changed manifests; null when <paramref name="Run"/> does so itself.</param>
public sealed record SetupCommand(string Name, string Run, string? RefreshRun = null)
{
    /// <summary>False when no check needs it: that it failed is told, and the layer is made without it.</summary>
    public bool Required { get; init; } = true;

    /// <summary>Names of credentials that the egress proxy adds while it runs (<see cref="Egress.SetupSecret"/>); null for none.</summary>
    public IReadOnlyList<string>? Secrets { get; init; }

    /// <summary>What to do instead when it fails, without its credentials; null for nothing.</summary>
    public SetupFallback? Fallback { get; init; }
}

/// <summary>What a set-up command gives way to when it fails: less than was asked for, and told.</summary>
/// <param name="Run">Shell line, on what the failed command left.</param>
/// <param name="Words">What is there now, as a sentence.</param>
public sealed record SetupFallback(string Run, string Words);

/// <summary>What a set-up left behind: frozen, shared copy-on-write by every workspace with the same manifests.</summary>
/// <param name="Key">Digest of everything it is a function of.</param>
/// <param name="WorkPath">Folder with what it made in the workspace, tracked files excluded.</param>
/// <param name="HomePath">Folder with what it left in HOME.</param>
public sealed record SetupLayer(string Key, string WorkPath, string HomePath);

/// <summary>How a set-up ended.</summary>
/// <param name="Layer">The layer; null when there is nothing to set up, or when it failed.</param>
/// <param name="Failure">Why it failed; null when it did not.</param>
/// <param name="Refused">Hosts the commands tried to reach and were refused, a line each: outside text, cleaned and bounded.</param>
/// <param name="Refreshed">Lock files that were made or changed, with their new content; only when that was asked for.</param>
public sealed record SetupOutcome(SetupLayer? Layer, SetupFailure? Failure, IReadOnlyList<string> Refused, IReadOnlyDictionary<string, byte[]> Refreshed)
{
    /// <summary>What failed and does not stop anybody, a line each: commands that no check needs, or that something else stood in for.</summary>
    public IReadOnlyList<string> PassedOver { get; init; } = [];

    /// <summary>There is nothing to set up.</summary>
    public static SetupOutcome Nothing { get; } = new(null, null, [], new Dictionary<string, byte[]>());
}

/// <summary>A set-up command that failed.</summary>
/// <param name="Step">The step.</param>
/// <param name="Line">Shell line that ran.</param>
/// <param name="Result">What it did; its output is untrusted.</param>
public sealed record SetupFailure(SetupCommand Step, string Line, SandboxResult Result);
