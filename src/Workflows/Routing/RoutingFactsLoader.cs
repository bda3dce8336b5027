using System.Net;
using System.Text.RegularExpressions;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Routing;

/// <summary>
/// Reads what <see cref="Router.Decide"/> needs, and no more: an event that cannot matter costs no forge call. A pull request without
/// a link is ours when the bot opened it from this repository and its body names a task of this repository
/// (<see cref="TaskReference"/>); so a review that overtakes the link still finds its task.
/// </summary>
public sealed class RoutingFactsLoader(
    IForgeRepositories repositories, IForgePulls pulls, ILinkStore links, ITaskProjection tasks, RoutingOptions options)
{
    private Actor? _bot;

    /// <summary>Reads the facts for an event.</summary>
    /// <exception cref="ForgeUnavailableException">The forge is away: try again later.</exception>
    /// <exception cref="ForgeRejectedException">The forge refused for good.</exception>
    public async Task<RoutingFacts> LoadAsync(ForgeEvent e, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        var bot = _bot ??= await repositories.GetSelfAsync(cancellationToken);
        var facts = new RoutingFacts(bot, options, receivedAt);
        if (Router.WhyActorIsIgnored(e, bot, options) is not null)
            return facts;
        var request = CommandRequest.Of(e, receivedAt);
        facts = facts with { Owner = await FindOwnerAsync(e, cancellationToken) };
        if (facts.Owner is { } linked)
            facts = facts with { Summary = await tasks.FindAsync(linked, cancellationToken) };
        if (NeedsPull(e, request, facts))
            facts = await WithPullAsync(e, facts, cancellationToken);
        return request is not null || (facts.Owner is not null && IsSaidByAPerson(e))
            ? facts with { Access = await repositories.GetAccessAsync(e.Repo, e.Actor.Login, cancellationToken) }
            : facts;
    }

    private async Task<TaskId?> FindOwnerAsync(ForgeEvent e, CancellationToken cancellationToken)
    {
        if (Router.HeadOf(e) is { } head && head.Repo != e.Repo)
            return null;
        if (e is ForgeEvent.CiChanged ci)
            return await links.FindByHeadAsync(e.Repo, ci.HeadSha, cancellationToken);
        return EventOrder.NumberOf(e) is not { } number ? null
            : IsAboutPull(e) ? await links.FindByPullAsync(e.Repo, number, cancellationToken)
            : await links.FindByIssueAsync(e.Repo, number, cancellationToken);
    }

    private bool NeedsPull(ForgeEvent e, CommandRequest? request, RoutingFacts facts)
    {
        if (!IsAboutPull(e) || e is ForgeEvent.PullChanged { Change: PullChange.Opened })
            return false;
        // To start on it we must know where its head lies.
        if (!facts.OwnerIsLive && request?.AsksFor<AgentCommand.Fix>() == true)
            return true;
        return facts.Owner is null && e switch
        {
            ForgeEvent.Commented => true,
            ForgeEvent.Unlabeled x => TaskLabels.StopsWhenRemoved(x.Label),
            _ => Router.HeadOf(e) is { } head && head.Repo == e.Repo && head.Branch.StartsWith(TaskBranch.Prefix, StringComparison.Ordinal),
        };
    }

    private async Task<RoutingFacts> WithPullAsync(ForgeEvent e, RoutingFacts facts, CancellationToken cancellationToken)
    {
        PullRequest pull;
        try
        {
            pull = await pulls.GetPullAsync(e.Repo, EventOrder.NumberOf(e)!.Value, cancellationToken);
        }
        catch (ForgeRejectedException rejected) when (rejected.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return facts;
        }

        facts = facts with { Pull = pull };
        if (facts.Owner is not null || pull.Head.Repo != e.Repo || !Router.IsSame(pull.Author, facts.Bot)
            || TaskReference.Read(pull.Body) is not { } named || named.Repo != e.Repo)
            return facts;
        return facts with { Owner = named, Summary = await tasks.FindAsync(named, cancellationToken) };
    }

    private static bool IsAboutPull(ForgeEvent e) => e switch
    {
        ForgeEvent.Labeled x => x.IsPullRequest,
        ForgeEvent.Unlabeled x => x.IsPullRequest,
        ForgeEvent.Commented x => x.IsPullRequest,
        _ => Router.HeadOf(e) is not null,
    };

    private static bool IsSaidByAPerson(ForgeEvent e) => e is ForgeEvent.Commented or ForgeEvent.ReviewSubmitted or ForgeEvent.Unlabeled;
}

/// <summary>
/// Finds the task a pull request names in its body. A review can arrive before the task has written down which pull request is its
/// own; the body names the task from the first moment. Whoever reads it must have checked that the bot is the author and that the
/// head lies in the base repository.
/// </summary>
public static partial class TaskReference
{
    /// <summary>The hidden line that names the task.</summary>
    public static string Write(TaskId task) => $"<!-- agent-task: {task} -->";

    /// <summary>The last task named in the text, hidden or visible; null when there is none. The footer is ours, what stands above may be model text.</summary>
    public static TaskId? Read(string? body)
    {
        // Backslashes are Markdown escapes of characters a repository name may have.
        var found = Reference().Matches((body ?? "").Replace("\\", "", StringComparison.Ordinal));
        return found.Count > 0 && TaskId.TryParse(found[^1].Value, out var id) ? id : null;
    }

    [GeneratedRegex("task/[a-z]+:[A-Za-z0-9._/-]+/(issue|pull|goal)/[A-Za-z0-9_-]+", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Reference();
}
