using System.Net;
using CodingAgent.BotHost.Configuration;
using CodingAgent.Forges;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Api;

/// <summary>
/// Whether a task asked for over REST can work at all, asked of the forge before it is accepted: who asks over REST has no issue on which to read
/// of it later. What passes here may still be refused when it begins; what the forge cannot tell passes.
/// </summary>
/// <param name="forge">The forge.</param>
/// <param name="served">The repositories that are served.</param>
public sealed class TaskAdmission(IForge forge, ServedRepositories served)
{
    /// <summary>The input with the repository's name as the forge spells it, or the refusal.</summary>
    /// <param name="input">The input.</param>
    /// <param name="ticketUrl">The issue's address as it was given; null for a goal.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ForgeUnavailableException">The forge is away, or takes our credentials for wrong: nothing is known.</exception>
    public async Task<(CodingTaskInput? Input, int Status, string Refusal)> AdmitAsync(CodingTaskInput input, string? ticketUrl, CancellationToken cancellationToken)
    {
        try
        {
            return await JudgeAsync(input, ticketUrl, cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Unauthorized)
        {
            // The operator's to mend, and no reason to take a request for a bad one.
            throw new ForgeUnavailableException($"The forge does not accept this service's token: {e.Message}", null, e);
        }
    }

    private async Task<(CodingTaskInput? Input, int Status, string Refusal)> JudgeAsync(CodingTaskInput input, string? ticketUrl, CancellationToken cancellationToken)
    {
        if (!served.Patterns.ContainsKey(input.Repo.Forge))
            return No($"{input.Repo.FullName} is on {ForgeTerms.Of(input.Repo).Name}, which this service does not serve (Forge:{input.Repo.Forge}:Token).");
        if (!served.Serves(input.Repo))
            return No($"{input.Repo.FullName} is not among the repositories this service works on ({ServedRepositories.KeyOf(input.Repo.Forge)}).");
        if (await FindAsync(() => forge.GetRepositoryAsync(input.Repo, cancellationToken)) is not { } repository)
            return (null, StatusCodes.Status404NotFound, $"The forge shows no repository {input.Repo.FullName} to the bot's account: check the spelling and the account's access.");
        var name = repository.Ref.FullName;
        // A repository that was renamed is another name of one that is served, or is not.
        if (!served.Serves(repository.Ref))
            return No($"{input.Repo.FullName} is now {name}, which is not among the repositories this service works on ({ServedRepositories.KeyOf(input.Repo.Forge)}).");
        if (repository.IsArchived)
            return (null, StatusCodes.Status400BadRequest, $"{name} is archived and takes no changes.");
        if (repository.MayWrite == false)
            return No($"The bot's account ({(await forge.GetSelfAsync(input.Repo, cancellationToken)).Login}) has no write access to {name}: give it the role Write there.");
        if (ticketUrl is not null && !IsOf(repository, new Uri(ticketUrl)))
            return No($"ticketUrl is on {ApiText.Shown(new Uri(ticketUrl).Authority)}, but {name} is on {repository.CloneUrl.Authority}: only issues of the repository's own forge are understood.");
        if (ticketUrl is not null && new Uri(ticketUrl).Scheme != Uri.UriSchemeHttps && repository.CloneUrl.Scheme == Uri.UriSchemeHttps)
            return No("ticketUrl is not https, which the forge is.");
        if (input.Issue is { } number && await IssueProblemAsync(repository.Ref, number, cancellationToken) is { } problem)
            return No(problem);
        var branch = input.BaseBranch ?? repository.DefaultBranch;
        if (await forge.GetBranchHeadAsync(repository.Ref, branch, cancellationToken) is null)
        {
            return No(input.BaseBranch is null
                ? $"The default branch {branch} of {name} has no commit: push a first one."
                : $"{name} has no branch {ApiText.Shown(branch)}: name one that is there as baseBranch, or leave it out for {repository.DefaultBranch}.");
        }

        return (input with { Repo = repository.Ref, Id = input.Id with { Repo = repository.Ref } }, 0, "");
    }

    private async Task<string?> IssueProblemAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        await FindAsync(() => forge.GetIssueAsync(repo, Subject.Issue(number), cancellationToken)) switch
        {
            null => $"{repo.FullName} has no issue {number}, or it was deleted, or issues are off.",
            { IsPullRequest: true } => $"{repo.FullName}#{number} is a {ForgeTerms.Of(repo).Pull}, not an issue: comment /agent fix there.",
            { IsOpen: false } => $"{repo.FullName}#{number} is closed: reopen it first.",
            { IsLocked: true } => $"{repo.FullName}#{number} is locked: unlock its conversation first, the task is talked about there.",
            _ => null,
        };

    private static async Task<T?> FindAsync<T>(Func<Task<T>> read)
        where T : class
    {
        try
        {
            return await read();
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return null;
        }
    }

    // The page of an issue is where its repository is cloned from; "www." leads there, too.
    private static bool IsOf(Repository repository, Uri ticket) =>
        Bare(ticket.IdnHost).Equals(Bare(repository.CloneUrl.IdnHost), StringComparison.OrdinalIgnoreCase)
        && (ticket.Port == repository.CloneUrl.Port || (ticket.IsDefaultPort && repository.CloneUrl.IsDefaultPort));

    private static string Bare(string host) => (host.StartsWith("www.", StringComparison.OrdinalIgnoreCase) ? host[4..] : host).TrimEnd('.');

    private static (CodingTaskInput?, int, string) No(string why) => (null, StatusCodes.Status422UnprocessableEntity, why);
}
