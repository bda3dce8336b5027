using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;

namespace CodingAgent.Workflows.Records;

/// <summary>What a job proves of one change. It says nothing about any other: not of another base or tree, nor under other conditions or another plan.</summary>
public interface IChangeProof : IRecordContent
{
    /// <summary>Repository.</summary>
    RepoRef Repo { get; }

    /// <summary>Commit the change is computed against.</summary>
    string BaseSha { get; }

    /// <summary>Tree of the change.</summary>
    string HeadTree { get; }

    /// <summary>Under which conditions it was proved (<see cref="BuildRecord.ConditionsOf"/>).</summary>
    string Conditions { get; }

    /// <summary>Digest of the plan whose manifests were set up (<see cref="BuildRecord.DigestOf"/>); empty for none.</summary>
    string Plan { get; }
}

/// <summary>Whether a proof is that of a change.</summary>
public static class ChangeProofs
{
    /// <summary>True when it was made of this tree on this base, set up as this plan says.</summary>
    public static bool IsOf(this IChangeProof proof, string baseSha, string headTree, Plan? plan)
    {
        ArgumentNullException.ThrowIfNull(proof);
        return proof.BaseSha == baseSha && proof.HeadTree == headTree && proof.Plan == BuildRecord.DigestOf(plan);
    }
}
