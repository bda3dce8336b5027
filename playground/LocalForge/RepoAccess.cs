namespace CodingAgent.Playground.LocalForge;

/// <summary>Access of an account to a repository, in rising order.</summary>
public enum RepoAccess
{
    /// <summary>No access.</summary>
    None,

    /// <summary>May read.</summary>
    Read,

    /// <summary>May manage issues.</summary>
    Triage,

    /// <summary>May push.</summary>
    Write,

    /// <summary>May manage the repository short of administration.</summary>
    Maintain,

    /// <summary>Administrator or owner.</summary>
    Admin,
}
