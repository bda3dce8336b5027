using CodingAgent.Forges;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Phases;

/// <summary>What a job's gates judge.</summary>
/// <param name="Repo">Repository.</param>
/// <param name="BaseSha">Commit that the change is computed against.</param>
/// <param name="Input">The change, as every gate sees it.</param>
/// <param name="Build">How the repository is checked, as it was signed.</param>
/// <param name="Records">What the job's activities signed; nothing of it is opened yet.</param>
/// <param name="Keys">Opens them.</param>
public sealed record FlowCase(RepoRef Repo, string BaseSha, GateInput Input, BuildRecord Build, IReadOnlyList<SignedRecord> Records, IRecordKeys Keys)
{
    /// <summary>True when the base is what people pushed to the branch, so that what this job proves of a base is not theirs to hold to.</summary>
    public bool IsOnPeoplesWork { get; init; }

    /// <summary>The genuine proof of this very change; null when there is none.</summary>
    public T? ProofOf<T>()
        where T : class, IChangeProof =>
        Records.Select(Keys.Open<T>).OfType<T>().FirstOrDefault(p => p.Repo == Repo && p.Conditions == Build.Conditions && p.IsOf(BaseSha, Input.Changes.TreeId, Input.Plan));
}
