using System.Net;
using CodingAgent.Forges;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Activities;

/// <summary>
/// Whether a task that was asked for in one repository may change another: the operator, the default branches of both, and what the forge says of who
/// asked and who may read them. Asked when a task begins, and again by the applier for each change (docs/decisions/0026-several-repositories.md).
/// </summary>
/// <param name="forge">Forge.</param>
/// <param name="settings">Settings.</param>
internal sealed class OtherRepositories(IForge forge, FlowSettings settings)
{
    private const string NotThere = "I see no repository of that name that the same people may read (both have to be public, internal or private)";

    /// <summary>Reads another repository as it is now.</summary>
    /// <param name="lead">Where the task was asked for.</param>
    /// <param name="leadPolicy">Policy of its default branch.</param>
    /// <param name="other">The other one.</param>
    /// <param name="login">Who asked.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<Reading> ReadAsync(Repository lead, RepositoryPolicy leadPolicy, RepoRef other, string login, CancellationToken cancellationToken)
    {
        if (!settings.MultiRepo)
            return Reading.Not("tasks in several repositories are off in this service (Features:MultiRepo)");
        if (other == lead.Ref)
            return Reading.Not("it is the repository itself");
        if (!leadPolicy.Repositories.Contains(other.FullName, StringComparer.OrdinalIgnoreCase))
            return Reading.Not($"the policy on {lead.Ref.FullName}'s default branch does not name it under 'repositories'");
        if (!settings.Serves(other))
            return Reading.Not("it is not among the repositories this service works on");
        try
        {
            return await ReadAsync(lead, other, login, cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.Forbidden or HttpStatusCode.UnavailableForLegalReasons)
        {
            return Reading.Not(NotThere);
        }
    }

    private async Task<Reading> ReadAsync(Repository lead, RepoRef other, string login, CancellationToken cancellationToken)
    {
        var repository = await forge.GetRepositoryAsync(other, cancellationToken);
        // Plan and pull requests quote each other. What others may not read is not told them either, not even that it is there.
        if (repository.Visibility is null || repository.Visibility != lead.Visibility)
            return Reading.Not(NotThere);
        // Names are what both sides agreed on; a name that leads elsewhere may lead somewhere new tomorrow.
        if (repository.Ref != other)
            return Reading.Not($"it is called {repository.Ref.FullName} now");
        if (repository.IsArchived)
            return Reading.Not("it is archived");
        if (repository.MayWrite == false)
            return Reading.Not("my account has no write access to it");
        if (await forge.GetBranchHeadAsync(other, repository.DefaultBranch, cancellationToken) is not { } head)
            return Reading.Not($"its default branch {repository.DefaultBranch} has no commit");
        var file = await forge.GetFileAsync(other, ForgeTerms.Of(other).PolicyPath, head, cancellationToken);
        if (PolicyParser.Parse(file?.Text).Policy is not { } policy)
            return Reading.Not($"its policy file on {repository.DefaultBranch} cannot be used");
        if (!policy.ChangedFrom.Contains(lead.Ref.FullName, StringComparer.OrdinalIgnoreCase))
            return Reading.Not($"its policy on {repository.DefaultBranch} does not name {lead.Ref.FullName} under 'changed_from'");
        if (await forge.GetAccessAsync(other, login, cancellationToken) < AccessLevel.Write)
            return Reading.Not($"{login} has no write access to it");
        return new Reading(policy, head, file?.BlobSha ?? "", null);
    }

    /// <summary>What was read.</summary>
    /// <param name="Policy">Policy of the other's default branch; null when it may not be changed.</param>
    /// <param name="Head">Head of that branch.</param>
    /// <param name="PolicyBlob">Blob id of the policy file; empty when there is none.</param>
    /// <param name="WhyNot">Why it may not be changed, a clause for people; null when it may.</param>
    public sealed record Reading(RepositoryPolicy? Policy, string Head, string PolicyBlob, string? WhyNot)
    {
        public static Reading Not(string why) => new(null, "", "", why);
    }
}
