namespace CodingAgent.Forges;

/// <summary>Outcome of one check or status.</summary>
public enum CiState
{
    /// <summary>Queued or running.</summary>
    Pending,

    /// <summary>Concluded successfully (success, neutral or skipped).</summary>
    Passed,

    /// <summary>Concluded any other way: failure, error, timed out, cancelled, action required, stale.</summary>
    Failed,
}
