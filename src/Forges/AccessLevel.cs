namespace CodingAgent.Forges;

/// <summary>Real access of an account to a repository, in rising order; <see cref="Write"/> and above may trigger work.</summary>
public enum AccessLevel
{
    /// <summary>No access, or the forge could not tell (fails closed).</summary>
    None,

    /// <summary>May read.</summary>
    Read,

    /// <summary>May manage issues but not push.</summary>
    Triage,

    /// <summary>May push.</summary>
    Write,

    /// <summary>May manage the repository short of administration.</summary>
    Maintain,

    /// <summary>Administrator or owner.</summary>
    Admin,
}
