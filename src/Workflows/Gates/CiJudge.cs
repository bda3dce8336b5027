using CodingAgent.Forges;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>
/// "CI green" as architecture.md §4 defines it: every check and status on the recorded head except our own has concluded successfully,
/// and there is at least one.
/// </summary>
public static class CiJudge
{
    /// <summary>Judges the results of one head.</summary>
    public static CiVerdict Judge(IEnumerable<CiResult> results)
    {
        var others = results.Where(r => !r.IsOurs).ToArray();
        if (others.Length == 0)
            return CiVerdict.None;
        if (Array.Exists(others, r => r.State == CiState.Pending))
            return CiVerdict.Pending;
        return Array.TrueForAll(others, r => r.State is CiState.Passed or CiState.Skipped) ? CiVerdict.Green : CiVerdict.Red;
    }
}
