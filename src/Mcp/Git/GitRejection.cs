namespace CodingAgent.Mcp.Git;

/// <summary>Why a remote or a rule said no.</summary>
public enum GitRejection
{
    /// <summary>The remote refused for a reason of its own (protected branch, hook, size).</summary>
    Refused,

    /// <summary>The credential is missing, wrong or not allowed to do this.</summary>
    Authentication,

    /// <summary>The repository, commit or branch is not there (or hidden from this credential).</summary>
    NotFound,

    /// <summary>The new commit does not descend from the expected one.</summary>
    NotFastForward,

    /// <summary>The branch moved: it is not at the expected commit.</summary>
    StaleExpectation,

    /// <summary>The push named the default branch.</summary>
    DefaultBranch,
}
