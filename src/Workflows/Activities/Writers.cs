using System.Net;
using CodingAgent.Forges;

namespace CodingAgent.Workflows.Activities;

/// <summary>Whose words count in a repository: people with write access, asked of the forge once for each.</summary>
internal sealed class Writers(IForgeRepositories forge, RepoRef repo)
{
    private readonly Dictionary<string, bool> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>True for a person with write access. A bot with it repeats what anybody wrote somewhere; and what we may not ask nobody has.</summary>
    public async Task<bool> HaveAsync(Actor author, CancellationToken cancellationToken)
    {
        if (author.Kind == ActorKind.Bot)
            return false;
        if (_known.TryGetValue(author.Login, out var known))
            return known;
        try
        {
            return _known[author.Login] = await forge.GetAccessAsync(repo, author.Login, cancellationToken) >= AccessLevel.Write;
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            return _known[author.Login] = false;
        }
    }
}
