using CodingAgent.Forges;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Flows.BugFix;

/// <summary>
/// The tests of a change, as they are in the change, run twice: on the base with nothing of the change but them, and on the whole. Both trees have
/// the same tests, so what turns red into green is the code.
/// </summary>
/// <param name="Repo">Repository.</param>
/// <param name="BaseSha">Commit the change is computed against.</param>
/// <param name="HeadTree">Tree of the change.</param>
/// <param name="Conditions">Under which conditions they ran (<see cref="BuildRecord.ConditionsOf"/>).</param>
/// <param name="Plan">Digest of the plan whose manifests were set up; empty for none.</param>
/// <param name="Tests">Changed test files.</param>
public sealed record TestProof(RepoRef Repo, string BaseSha, string HeadTree, string Conditions, string Plan, IReadOnlyList<string> Tests) : IChangeProof
{
    /// <summary>The check whose line ran; empty where none did.</summary>
    public string Check { get; init; } = "";

    /// <summary>The run without the change's code; null where none was red.</summary>
    public TestRun? OnBase { get; init; }

    /// <summary>The same line with it; null where it was not run.</summary>
    public TestRun? OnHead { get; init; }

    /// <summary>Names of the tests that failed without it, as far as their program prints names; outside text.</summary>
    public IReadOnlyList<string> Failed { get; init; } = [];

    /// <summary>Why nothing is proved, a sentence; null when it is.</summary>
    public string? WhyNot { get; init; }

    /// <inheritdoc/>
    public static string Kind => "test-proof";

    /// <inheritdoc/>
    public static RecordRole Role => RecordRole.Checks;
}

/// <summary>One run of a line on a tree.</summary>
/// <param name="TreeId">The tree.</param>
/// <param name="Result">What it did; the output is bounded and may hold anything.</param>
public sealed record TestRun(string TreeId, CheckEvidence Result);
