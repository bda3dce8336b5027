using System.Collections.Concurrent;
using System.Security.Claims;
using System.Threading.RateLimiting;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Caching.Memory;

namespace CodingAgent.BotHost.Pages.SignIn;

/// <summary>
/// Which tasks somebody sees. Holders of keys see all. A person of a forge sees those whose commands they could give: the forge is asked, by the
/// service itself, for the access of their very account to every repository of the task. What it says holds for five minutes; where it says
/// nothing, they see nothing.
/// </summary>
/// <param name="tasks">Where tasks stand.</param>
/// <param name="forge">Knows who may what.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Log.</param>
public sealed partial class TaskSight(ITaskProjection tasks, IForge forge, TimeProvider time, ILogger<TaskSight> logger) : IDisposable
{
    private const int MostRemembered = 50_000;
    private const int MostRepositories = 1000;

    // Questions of one person in the time that an answer holds: signing in must not be a way to use up the service's share at the forge.
    private const int MostAsked = 300;
    private const int AskedAtOnce = 8;

    private static readonly TimeSpan Holds = TimeSpan.FromMinutes(5);

    // Of a page that is waited for.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly MemoryCache _answers = new(new MemoryCacheOptions { SizeLimit = MostRemembered });
    private readonly PartitionedRateLimiter<ForgePerson> _limit = PartitionedRateLimiter.Create<ForgePerson, (ForgeKind, long)>(person => RateLimitPartition.GetFixedWindowLimiter(
        (person.Forge, person.Account.Id), _ => new FixedWindowRateLimiterOptions { PermitLimit = MostAsked, Window = Holds, QueueLimit = 0 }));

    /// <summary>A task, to who may see it.</summary>
    /// <param name="who">Who looks.</param>
    /// <param name="id">Its id, as it was asked for.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The task; null where there is none, or none for them.</returns>
    public async Task<Sighting?> FindAsync(ClaimsPrincipal who, string id, CancellationToken cancellationToken)
    {
        if (!TaskId.TryParse(id, out var asked) || await tasks.FindAsync(asked, cancellationToken) is not { } task)
            return null;
        if (ForgePerson.Of(who) is not { } person)
            return new Sighting(task, null);
        using var patience = Within(cancellationToken);
        DateTimeOffset? until = null;
        foreach (var repo in RepositoriesOf(task))
        {
            if (await AskAsync(person, repo, patience.Token) is not { MaySee: true, At: var at })
                return null;
            until = until < at + Holds ? until : at + Holds;
        }

        return new Sighting(task, until);
    }

    /// <summary>Whether somebody whom <see cref="Parts.Site.SteerPolicy"/> lets in may steer a task: the forge is asked anew, as it is for a comment's command.</summary>
    /// <param name="who">Who steers.</param>
    /// <param name="id">The task.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<bool> MaySteerAsync(ClaimsPrincipal who, TaskId id, CancellationToken cancellationToken)
    {
        // A key's holder may steer a task that is not listed yet.
        if (ForgePerson.Of(who) is not { } person)
            return true;
        if (await tasks.FindAsync(id, cancellationToken) is not { } task)
            return false;
        foreach (var repo in RepositoriesOf(task))
            _answers.Remove((person.Forge, person.Account, repo));
        return await FindAsync(who, id.ToString(), cancellationToken) is not null;
    }

    /// <summary>What of all tasks somebody sees.</summary>
    /// <param name="who">Who looks.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The repositories whose tasks; null for all. And whether others could not be asked about.</returns>
    public async Task<(IReadOnlyCollection<RepoRef>? Within, bool IsPartial)> LookAsync(ClaimsPrincipal who, CancellationToken cancellationToken)
    {
        if (ForgePerson.Of(who) is not { } person)
            return (null, false);
        var all = await tasks.ListRepositoriesAsync(person.Forge, MostRepositories, cancellationToken);
        var (seen, isPartial) = (new ConcurrentBag<RepoRef>(), all.Count == MostRepositories);
        using var patience = Within(cancellationToken);
        try
        {
            await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = patience.Token }, async (repo, ct) =>
            {
                switch (await AskAsync(person, repo, ct))
                {
                    case null:
                        isPartial = true;
                        // Away for one is away for all.
                        await patience.CancelAsync();
                        break;
                    case { MaySee: true }:
                        seen.Add(repo);
                        break;
                }
            });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            isPartial = true;
        }

        return (seen, isPartial);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _answers.Dispose();
        _limit.Dispose();
    }

    private CancellationTokenSource Within(CancellationToken cancellationToken)
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        return patience;
    }

    // Where it was asked for, and where it works.
    private static IEnumerable<RepoRef> RepositoriesOf(TaskSummary task) => ((RepoRef[])[task.Id.Repo, task.Repo]).Distinct();

    // Null where it is not known.
    private async Task<Answer?> AskAsync(ForgePerson person, RepoRef repo, CancellationToken cancellationToken)
    {
        if (repo.Forge != person.Forge)
            return new Answer(false, time.GetUtcNow());
        var key = (person.Forge, person.Account, repo);
        var now = time.GetUtcNow();
        if (_answers.TryGetValue(key, out Answer? known) && now - known!.At < Holds)
            return known;
        using var lease = _limit.AttemptAcquire(person);
        if (!lease.IsAcquired)
        {
            LogLimited(logger, person.Account.Login, person.Forge);
            return null;
        }

        Answer answer;
        try
        {
            // What the service's own account says is its own doing.
            var maySee = !person.Account.IsSame(await forge.GetSelfAsync(repo, cancellationToken)) && RoutingFacts.Suffices(await forge.GetAccessAsync(repo, person.Account, cancellationToken));
            answer = new Answer(maySee, now);
        }
        catch (ForgeRejectedException)
        {
            // It does not let the service see the repository, or ask.
            answer = new Answer(false, now);
        }
        catch (Exception e) when (e is ForgeUnavailableException || (e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            LogAway(logger, person.Account.Login, repo, e is ForgeUnavailableException ? e.Message : "It did not answer in time.");
            return null;
        }

        return _answers.Set(key, answer, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Holds });
    }

    [LoggerMessage(EventId = 1060, Level = LogLevel.Warning, Message = "What {Login} may see in {Repo} could not be asked, so they see nothing of it: {Why}")]
    private static partial void LogAway(ILogger logger, string login, RepoRef repo, string why);

    [LoggerMessage(EventId = 1061, Level = LogLevel.Warning, Message = "{Login} ({Forge}) looks at more repositories than are asked about for one person in five minutes")]
    private static partial void LogLimited(ILogger logger, string login, ForgeKind forge);

    /// <summary>A task that somebody sees.</summary>
    /// <param name="Task">The task.</param>
    /// <param name="Until">When it must be asked again whether they do; null for never.</param>
    public sealed record Sighting(TaskSummary Task, DateTimeOffset? Until);

    private sealed record Answer(bool MaySee, DateTimeOffset At);
}
