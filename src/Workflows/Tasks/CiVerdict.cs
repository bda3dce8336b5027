namespace CodingAgent.Workflows.Tasks;

/// <summary>What the forge's CI says about a head commit.</summary>
public enum CiVerdict
{
    /// <summary>No result but our own.</summary>
    None,

    /// <summary>Some check has not concluded.</summary>
    Pending,

    /// <summary>At least one check, and all concluded successfully.</summary>
    Green,

    /// <summary>All concluded, at least one not successfully.</summary>
    Red,
}
