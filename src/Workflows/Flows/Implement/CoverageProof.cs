using CodingAgent.Forges;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Flows.Implement;

/// <summary>What tests run of a change, and of the whole before and after it. Measured by the repository's own tests, which may say what they like: a help to reviewers, no proof.</summary>
/// <param name="Repo">Repository.</param>
/// <param name="BaseSha">Commit the change is computed against.</param>
/// <param name="HeadTree">Tree of the change.</param>
/// <param name="Conditions">Under which conditions they ran (<see cref="BuildRecord.ConditionsOf"/>).</param>
/// <param name="Plan">Digest of the plan whose manifests were set up; empty for none.</param>
/// <param name="Lines">Changed lines that can run; no tests' own.</param>
/// <param name="Run">How many of them tests ran.</param>
public sealed record CoverageProof(RepoRef Repo, string BaseSha, string HeadTree, string Conditions, string Plan, int Lines, int Run) : IChangeProof
{
    /// <summary>Changed lines that no test ran, as <c>path:ranges</c>. Outside text.</summary>
    public IReadOnlyList<string> NotRun { get; init; } = [];

    /// <summary>Percent of all lines that tests ran on the base; null where nothing could be measured there.</summary>
    public decimal? Before { get; init; }

    /// <summary>The same on the change.</summary>
    public decimal? After { get; init; }

    /// <inheritdoc/>
    public static string Kind => "coverage";

    /// <inheritdoc/>
    public static RecordRole Role => RecordRole.Checks;
}
