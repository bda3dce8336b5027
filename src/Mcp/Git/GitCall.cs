namespace CodingAgent.Mcp.Git;

/// <summary>One call of the git program.</summary>
/// <param name="GitDirectory">Git directory, always named.</param>
/// <param name="Arguments">Command and its arguments.</param>
internal sealed record GitCall(string GitDirectory, params string[] Arguments)
{
    public string? WorkTree { get; init; }

    /// <summary>Folder to run in; the work tree or the git directory when null.</summary>
    public string? At { get; init; }

    public string? IndexFile { get; init; }

    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Set for calls that use the network.</summary>
    public GitRemote? Remote { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
