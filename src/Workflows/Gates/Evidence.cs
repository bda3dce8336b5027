namespace CodingAgent.Workflows.Gates;

/// <summary>The results of all checks on one tree: the only thing "it works" is computed from.</summary>
/// <param name="TreeId">Tree the checks ran on.</param>
/// <param name="Checks">Results; empty when no check is known.</param>
public sealed record Evidence(string TreeId, IReadOnlyList<CheckEvidence> Checks)
{
    /// <summary>True when at least one check ran and all passed.</summary>
    public bool Green => Checks.Count > 0 && Checks.All(c => c.Passed);
}
