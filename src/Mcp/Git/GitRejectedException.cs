namespace CodingAgent.Mcp.Git;

/// <summary>A remote or a rule of ours said no; trying the same again will not help.</summary>
public sealed class GitRejectedException(GitRejection reason, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public GitRejection Reason { get; } = reason;
}
