using CodingAgent.Forges;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Flows.Refactor;

/// <summary>
/// A change of the inside, held against its base from both sides: the tests of the change run on the base's code, so they describe what was; the
/// base's tests run on the change's code, so that still holds; and what others can use of both is compared.
/// </summary>
/// <param name="Repo">Repository.</param>
/// <param name="BaseSha">Commit the change is computed against.</param>
/// <param name="HeadTree">Tree of the change.</param>
/// <param name="Conditions">Under which conditions the checks ran (<see cref="BuildRecord.ConditionsOf"/>).</param>
/// <param name="Plan">Digest of the plan whose manifests were set up; empty for none.</param>
/// <param name="OldCode">The base's code with the change's tests.</param>
/// <param name="NewCode">The change's code with the base's tests.</param>
public sealed record RefactorProof(RepoRef Repo, string BaseSha, string HeadTree, string Conditions, string Plan, CheckedTree OldCode, CheckedTree NewCode) : IChangeProof
{
    /// <summary>Percent of the base's lines that a change touches and that tests must have run before it.</summary>
    public const int MustBeRun = 80;

    /// <summary>How the public surface differs, a line each; bounded. Outside text.</summary>
    public IReadOnlyList<string> ApiChanges { get; init; } = [];

    /// <summary>How many differences there are.</summary>
    public int ApiChangeCount { get; init; }

    /// <summary>How many public declarations the base has; null where either surface could not be read.</summary>
    public int? ApiSize { get; init; }

    /// <summary>What of the surface was not read, a sentence each.</summary>
    public IReadOnlyList<string> ApiNotes { get; init; } = [];

    /// <summary>Lines of the base's code that the change touches and that can run; null where nothing could be measured.</summary>
    public int? Touched { get; init; }

    /// <summary>How many of them tests ran on the base.</summary>
    public int Run { get; init; }

    /// <summary>Which of them no test ran, as <c>path:lines</c>; bounded. Outside text.</summary>
    public IReadOnlyList<string> NotRun { get; init; } = [];

    /// <summary>Test files of the base that are gone or bear another name. Outside text.</summary>
    public IReadOnlyList<string> GoneTests { get; init; } = [];

    /// <summary>True when enough of what is touched was run, or nothing could be measured.</summary>
    public bool IsCharacterised => Touched is not { } touched || Run * 100 >= touched * MustBeRun;

    /// <inheritdoc/>
    public static string Kind => "refactor-proof";

    /// <inheritdoc/>
    public static RecordRole Role => RecordRole.Checks;
}

/// <summary>What the checks said of one tree.</summary>
/// <param name="TreeId">The tree.</param>
/// <param name="Checks">Results; output of what is red only.</param>
public sealed record CheckedTree(string TreeId, IReadOnlyList<CheckEvidence> Checks);
