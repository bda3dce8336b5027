using System.Net;
using CodingAgent.Forges;

namespace CodingAgent.Workflows.Activities;

/// <summary>Whose words count in a repository: people with write access, asked of the forge once for each, and bots that the operator named.</summary>
/// <param name="forge">The forge.</param>
/// <param name="repo">The repository.</param>
/// <param name="allowsBot">Whether a bot was named, by its login.</param>
internal sealed class Writers(IForgeRepositories forge, RepoRef repo, Func<RepoRef, string, bool> allowsBot)
{
    private readonly Dictionary<string, bool> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>True where they count. A bot that nobody named repeats what anybody wrote somewhere; and what we may not ask nobody has.</summary>
    public async Task<bool> HaveAsync(Actor author, CancellationToken cancellationToken)
    {
        if (author.Kind == ActorKind.Bot)
        {
            if (!allowsBot(repo, author.Login))
                return false;
            if (!ForgeTerms.Of(repo).BotsAreMembers)
                return true;
        }

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
