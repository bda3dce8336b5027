using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>Whether commits can be made as the policy asks.</summary>
public static class CommitsGate
{
    /// <summary>What its verdicts are called.</summary>
    public const string Name = "commits";

    /// <summary>What the operator can do where no verified commit can be made.</summary>
    public const string Advice = "The service's operator lets it act as an App, whose commits the forge signs, or gives it a signing key (Commits:SigningKeyFile); or take commits.verified out of the policy.";

    /// <summary>The verdict; none where the policy asks for nothing.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="forgeSigns">Whether the forge signs the commits.</param>
    /// <param name="hasKey">Whether the service has a key to sign them with.</param>
    public static IReadOnlyList<GateVerdict> Judge(RepositoryPolicy policy, bool forgeSigns, bool hasKey) => (policy.Commits.Verified, forgeSigns, hasKey) switch
    {
        (false, _, _) => [],
        (_, true, _) => [new(Name, true, "The forge itself makes and signs the commits; a branch moves only to those that it shows as verified.")],
        (_, _, true) => [new(Name, true, "The commits are signed with the service's key.")],
        _ => [new(Name, false, $"The policy asks for verified commits, and none can be made here. {Advice}") { IsForPeople = true }],
    };

    /// <summary>The verdict about commits that the forge made otherwise than it was asked.</summary>
    /// <param name="why">What is otherwise: the forge's words.</param>
    public static GateVerdict NotVerified(string why) =>
        new(Name, false, $"The policy asks for verified commits, and the forge made one that is not ({why}); the branch was not moved. On a server of your own its administrator turns on the signing of such commits.") { IsForPeople = true };
}
