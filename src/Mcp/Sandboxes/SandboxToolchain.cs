namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Something commands need beside <c>/usr</c>: an SDK, its settings. Everything named here is readable by untrusted code.</summary>
/// <param name="Name">Name in messages.</param>
/// <param name="Binds">What is shown, read-only; a bind that is missing on the host is left out.</param>
/// <param name="Environment">Variables it needs, with a network and without.</param>
/// <param name="PathFolders">Folders put before the sandbox's PATH, as commands see them.</param>
public sealed record SandboxToolchain(
    string Name, IReadOnlyList<SandboxBind> Binds, IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> PathFolders)
{
    /// <summary>Variables of a command without a network, beside <see cref="Environment"/>: tools fail at once and in words instead of trying again for minutes.</summary>
    public IReadOnlyDictionary<string, string> OfflineEnvironment { get; init; } = new Dictionary<string, string>();

    /// <summary>Programs it brings, with their versions, the one that is used first; an empty list where the version was not asked for.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Programs { get; init; } = new Dictionary<string, IReadOnlyList<string>>();
}

/// <summary>A host folder or file shown read-only in a sandbox.</summary>
/// <param name="HostPath">Where it is on the host.</param>
/// <param name="SandboxPath">Where commands see it.</param>
public sealed record SandboxBind(string HostPath, string SandboxPath);
