using CodingAgent.Forges.Webhooks;

namespace CodingAgent.Forges.GitHub.Webhooks;

/// <summary>What a body says it is about, before its signature is judged.</summary>
/// <param name="Repository"><c>owner/name</c>; null when the body names none.</param>
/// <param name="Owner">Owner of the repository, or the account that an event without one is about.</param>
/// <param name="Installation">App installation; null when the body names none.</param>
internal readonly record struct DeliverySubject(string? Repository, string? Owner, long? Installation)
{
    /// <summary>Reads it; null when the body is not the JSON object it should be.</summary>
    public static DeliverySubject? Read(ReadOnlySpan<byte> body)
    {
        if (BodyMembers.Read(body, ("repository", "full_name"), ("organization", "login"), ("installation", "id")) is not [var repository, var organization, var installation])
            return null;
        if (repository.Text is not { } name)
            return new DeliverySubject(null, organization.Text, installation.Number);
        return RepoRef.TryParse($"github:{name}", out var repo) ? new DeliverySubject(repo.FullName, repo.Owner, installation.Number) : null;
    }
}
