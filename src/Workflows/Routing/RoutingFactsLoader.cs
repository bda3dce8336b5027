using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Routing;

/// <summary>
/// Reads what <see cref="Router.Decide"/> needs, and no more: an event that cannot matter costs no forge call. One that can is read back
/// from the forge first, and everything else is asked for what the forge has. A pull request without a link is ours when the bot opened
/// it from this repository and its body names a task of this repository or a part that works in it (<see cref="TaskReference"/>); so a review that overtakes the
/// link still finds its task.
/// </summary>
public sealed class RoutingFactsLoader(
    IForgeRepositories repositories, IForgePulls pulls, IForgeRecords records, ReadBack readBack, SubjectReader subjects, IStatementLog statements, ILinkStore links, ITaskProjection tasks, RoutingOptions options)
{
    private readonly ConcurrentDictionary<ForgeKind, Actor> _bots = new();

    /// <summary>
    /// What an event means in single events: of one that only says that somebody may have given a verdict, each verdict that stands; of one that only says that
    /// something may have passed unheard, all that was said and done. What was brought before is known again by its number.
    /// </summary>
    /// <param name="hint">The event as it was delivered.</param>
    /// <param name="receivedAt">When.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ForgeUnavailableException">The forge is away: try again later.</exception>
    /// <exception cref="ForgeRejectedException">The forge refused for good.</exception>
    public async Task<IReadOnlyList<ForgeEvent>> ExpandAsync(ForgeEvent hint, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        switch (hint)
        {
            // Only of what a task owns, or nothing but a call is gained.
            case ForgeEvent.VerdictsChanged x:
                return await FindOwnerAsync(hint, cancellationToken) is null ? []
                    : [.. (await records.ListReviewsAsync(x.Repo, x.Number, DateTimeOffset.MinValue, cancellationToken)).Select(r => new ForgeEvent.ReviewSubmitted(
                        $"{x.DeliveryId}.r{r.Id.ToString(CultureInfo.InvariantCulture)}", x.Repo, r.Author, x.Number, x.Head, r.Id, r.State, r.Body, r.SubmittedAt))];
            case ForgeEvent.SubjectChanged x:
                var facts = await OwnedAsync(x, new RoutingFacts(await BotAsync(x.Repo, cancellationToken), options, receivedAt), cancellationToken);
                return facts.OwnerIsLive || options.Serves(x.Repo) ? await UntoldAsync(await subjects.ReadAsync(x, facts, cancellationToken), cancellationToken) : [];
            default:
                return [hint];
        }
    }

    // Told twice it would count once all the same; but each asks the forge again. What this very look brought may not have reached its task.
    private async Task<IReadOnlyList<ForgeEvent>> UntoldAsync(IReadOnlyList<ForgeEvent> events, CancellationToken cancellationToken)
    {
        var untold = new List<ForgeEvent>();
        foreach (var e in events)
        {
            if (StatementKeys.Of(e).Whole is not { } key || await statements.FindAsync(key, cancellationToken) is not { } by || by == e.DeliveryId)
                untold.Add(e);
        }

        return untold;
    }

    /// <summary>Reads the facts for an event.</summary>
    /// <param name="hint">The event as it was delivered.</param>
    /// <param name="receivedAt">When.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The event to decide on, as the forge has it where it matters, and the facts.</returns>
    /// <exception cref="NotOnRecordException">The forge does not say what the event says, or not yet.</exception>
    /// <exception cref="ForgeUnavailableException">The forge is away: try again later.</exception>
    /// <exception cref="ForgeRejectedException">The forge refused for good.</exception>
    public async Task<(ForgeEvent Event, RoutingFacts Facts)> LoadAsync(ForgeEvent hint, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hint);
        var bot = await BotAsync(hint.Repo, cancellationToken);
        var facts = new RoutingFacts(bot, options, receivedAt);
        if (Router.WhyActorIsIgnored(hint, bot, options) is not null)
            return (hint, facts);
        facts = await OwnedAsync(hint, facts, cancellationToken);
        if (!Router.Matters(hint, facts))
            return (hint, facts);

        ForgeEvent fact;
        try
        {
            fact = await readBack.AskAsync(hint, cancellationToken);
        }
        catch (NotOnRecordException) when (hint is ForgeEvent.Labeled { IsPullRequest: false } && facts.OwnerIsLive)
        {
            // The task has taken the label off as it began, asked by other means: nothing is worth waiting for.
            return (hint, facts with { SaidBefore = true });
        }

        if (Router.WhyActorIsIgnored(fact, bot, options) is not null)
            return (fact, facts);
        if (await SpentAsync(fact, cancellationToken) is not { } spent)
            return (fact, facts with { SaidBefore = true });
        facts = facts with { SpentCommands = spent };
        if (fact != hint)
            facts = await OwnedAsync(fact, facts, cancellationToken);
        return Router.IsSaidByAPerson(fact) && !fact.Actor.IsSame(bot) ? (fact, await WithAccessAsync(fact, facts, cancellationToken)) : (fact, facts);
    }

    private async Task<Actor> BotAsync(RepoRef repo, CancellationToken cancellationToken)
    {
        if (!_bots.TryGetValue(repo.Forge, out var bot))
            _bots[repo.Forge] = bot = await repositories.GetSelfAsync(repo, cancellationToken);
        return bot;
    }

    private async Task<RoutingFacts> WithAccessAsync(ForgeEvent said, RoutingFacts facts, CancellationToken cancellationToken)
    {
        // An app is no collaborator, and the forge has no answer about it: it acts where somebody installed it, and the operator named it.
        if (said.Actor.Kind == ActorKind.Bot && !ForgeTerms.Of(said.Repo).BotsAreMembers)
            return facts with { Access = AccessLevel.Write };
        try
        {
            return facts with { Access = await repositories.GetAccessAsync(said.Repo, said.Actor.Login, cancellationToken) };
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            // Who may not push may not ask who else may.
            return facts with { MayNotAsk = e.Message };
        }
    }

    private async Task<RoutingFacts> OwnedAsync(ForgeEvent e, RoutingFacts facts, CancellationToken cancellationToken)
    {
        facts = facts with { Owner = await FindOwnerAsync(e, cancellationToken), Summary = null };
        if (facts.Owner is { } linked)
            facts = facts with { Summary = await tasks.FindAsync(linked, cancellationToken) };
        return NeedsPull(e, CommandRequest.AllOf(e, facts.ReceivedAt), facts) ? await WithPullAsync(e, facts, cancellationToken) : facts;
    }

    /// <summary>Which commands of an event another delivery brought before, by their place; null when nothing of it is left.</summary>
    private async Task<IReadOnlyCollection<int>?> SpentAsync(ForgeEvent fact, CancellationToken cancellationToken)
    {
        async Task<bool> IsNewAsync(string? key) => key is null || await statements.ClaimAsync(key, fact.DeliveryId, cancellationToken) == fact.DeliveryId;
        var keys = StatementKeys.Of(fact);
        if (!await IsNewAsync(keys.Whole))
            return null;
        var spent = new List<int>();
        foreach (var request in CommandRequest.AllOf(fact, default).Where(_ => !CommandRequest.IsWordless(fact)))
        {
            if (!keys.Commands.TryGetValue(request.Place, out var key) || !await IsNewAsync(key))
                spent.Add(request.Place);
        }

        // An edit overtook it and brought its commands; the verdict of a review is another thing.
        return keys.Commands.Count == 0 || keys.Commands.Keys.Except(spent).Any() || fact is ForgeEvent.ReviewSubmitted { IsEdit: false } ? spent : null;
    }

    private async Task<TaskId?> FindOwnerAsync(ForgeEvent e, CancellationToken cancellationToken)
    {
        if (Router.HeadOf(e) is { } head && head.Repo != e.Repo)
            return null;
        if (await LinkedAsync(e, cancellationToken) is { } linked)
            return linked;
        // A name that was never heard: a new repository, or one that was renamed and whose task knows it by another name.
        return !await links.IsNamedAsync(e.Repo, cancellationToken) && await NameAsync(e.Repo, cancellationToken) ? await LinkedAsync(e, cancellationToken) : null;
    }

    private async Task<bool> NameAsync(RepoRef repo, CancellationToken cancellationToken)
    {
        try
        {
            // The forge's word, not the event's: links of a repository are not to be had by naming its number.
            var repository = await repositories.GetRepositoryAsync(repo, cancellationToken);
            if (repository.Id == 0)
                return false;
            await links.NameAsync(repo, repository.Id, cancellationToken);
            return true;
        }
        catch (ForgeRejectedException rejected) when (rejected.Status != HttpStatusCode.Unauthorized)
        {
            // Not to be seen: whatever the event is about, it is asked for again below, and told.
            return false;
        }
    }

    private async Task<TaskId?> LinkedAsync(ForgeEvent e, CancellationToken cancellationToken)
    {
        if (e is ForgeEvent.CiChanged ci)
        {
            // One that ran on a merged result has another commit, and names whose.
            return await links.FindByHeadAsync(e.Repo, ci.HeadSha, cancellationToken)
                ?? (ci.Pulls is [var only] ? await links.FindByPullAsync(e.Repo, only, cancellationToken) : null);
        }

        return EventOrder.NumberOf(e) is not { } number ? null
            : IsAboutPull(e) ? await links.FindByPullAsync(e.Repo, number, cancellationToken)
            : await links.FindByIssueAsync(e.Repo, number, cancellationToken);
    }

    private bool NeedsPull(ForgeEvent e, IReadOnlyList<CommandRequest> requests, RoutingFacts facts)
    {
        if (!IsAboutPull(e) || e is ForgeEvent.PullChanged { Change: PullChange.Opened })
            return false;
        // To start on it we must know where its head lies.
        if (!facts.OwnerIsLive && requests.Any(r => r.AsksFor<AgentCommand.Fix>()))
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
            pull = facts.Pull ?? await pulls.GetPullAsync(e.Repo, EventOrder.NumberOf(e)!.Value, cancellationToken);
        }
        catch (ForgeRejectedException rejected) when (rejected.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return facts;
        }

        facts = facts with { Pull = pull };
        if (facts.Owner is not null || pull.Head.Repo != e.Repo || !pull.Author.IsSame(facts.Bot)
            || TaskReference.Read(pull.Body) is not { } named)
            return facts;
        var summary = await tasks.FindAsync(named, cancellationToken);
        // A body can be edited: that a part works in another repository than its task is the part's own word alone.
        return named.Repo == e.Repo || summary?.Repo == e.Repo ? facts with { Owner = named, Summary = summary } : facts;
    }

    private static bool IsAboutPull(ForgeEvent e) => e switch
    {
        ForgeEvent.Labeled x => x.IsPullRequest,
        ForgeEvent.Unlabeled x => x.IsPullRequest,
        ForgeEvent.Commented x => x.IsPullRequest,
        ForgeEvent.SubjectChanged x => x.IsPullRequest,
        _ => Router.HeadOf(e) is not null,
    };
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

    [GeneratedRegex("task/[a-z]+:[A-Za-z0-9._/-]+/(issue|pull|goal|part)/[A-Za-z0-9_-]+", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Reference();
}
