namespace CodingAgent.Mcp.Git;

/// <summary>What happened to a file.</summary>
public enum ChangeKind
{
    /// <summary>New file.</summary>
    Added,

    /// <summary>Content or mode changed.</summary>
    Modified,

    /// <summary>Removed.</summary>
    Deleted,
}
