using System.Net;
using CodingAgent.Forges;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Logging;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Sweeps;

/// <summary>
/// The steps of a sweep. They decide nothing: what may have been missed is put into the inbox as a look, and what follows from it the router decides, as from
/// everything else. Each may run twice.
/// </summary>
public sealed partial class SweepActivities(
    IForge forge, IReadOnlyList<IForgeDeliveries> deliveries, IInbox inbox, ILinkStore links, ITaskProjection tasks, ITaskGateway gateway, ISweepMarks marks, RoutingOptions routing,
    SweepSettings settings, TimeProvider time, ILogger<SweepActivities> logger)
{
    private const string AllTasks = "tasks";
    private const string Redelivered = "deliveries";
    private const int MostTasks = 1_000;
    private const int PageOfTasks = 100;
    private const int PagesAtOnce = 5;

    // Forge and service have two clocks, a forge may be late with its own lists, and its times are whole seconds.
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(5);

    // What people said longer ago they have asked for again, or forgotten.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    // A redelivery is a delivery too: what failed shortly before the last sweep may have come since.
    private static readonly TimeSpan Again = TimeSpan.FromHours(1);

    // Of the tasks whose pages did not change all is known; that they run at all is asked now and then.
    private static readonly TimeSpan TasksEvery = TimeSpan.FromHours(1);

    private static readonly TaskState[] Open = [.. Enum.GetValues<TaskState>().Where(s => !s.IsOver())];

    /// <summary>Has forges send again what they could not deliver.</summary>
    [Activity]
    public Task<SweepReport> RedeliverAsync() => ActivityGuard.RunAsync(time, async context =>
    {
        var ct = context.CancellationToken;
        var count = 0;
        var repos = await ServedAsync(ct);
        foreach (var record in deliveries)
        {
            var (what, now) = ($"{Redelivered} {record.Forge}", time.GetUtcNow());
            var since = await marks.FindAsync(what, ct) is { } last && last > now - Longest ? last - Again : now - Longest;
            var asked = await record.RedeliverAsync(new ForgeWishes([.. repos.Where(r => r.Forge == record.Forge)], settings.WebhookPaths.GetValueOrDefault(record.Forge)), since, ct);
            await marks.SetAsync(what, now, ct);
            if (asked > 0)
                LogRedelivered(record.Forge, asked);
            count += asked;
        }

        return new SweepReport(count, 0, 0, 0, 0);
    });

    /// <summary>The repositories to look through.</summary>
    [Activity]
    public Task<IReadOnlyList<RepoRef>> ListRepositoriesAsync() => ActivityGuard.RunAsync(time, context => ServedAsync(context.CancellationToken));

    /// <summary>Puts a look into the inbox at each issue and pull request of the repository that changed since the last sweep.</summary>
    [Activity]
    public Task<SweepReport> SweepRepositoryAsync(RepoRef repo, string sweep) => ActivityGuard.RunAsync(time, async context =>
    {
        var (ct, now) = (context.CancellationToken, time.GetUtcNow());
        try
        {
            // By its present name and spelling.
            repo = (await forge.GetRepositoryAsync(repo, ct)).Ref;
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.Forbidden)
        {
            return new SweepReport(0, 0, 0, 0, 0);
        }

        var what = repo.ToString().ToLowerInvariant();
        if (await marks.FindAsync(what, ct) is not { } last)
        {
            // What was said before anybody listened was not said to us.
            await marks.SetAsync(what, now - Late, ct);
            LogFirst(repo.FullName);
            return new SweepReport(0, 1, 0, 0, 0);
        }

        var since = last > now - Longest ? last : now - Longest;
        // Of a pass that takes several sweeps only how far it came is noted: what somebody said in its time may stand where something was said later again.
        var from = await marks.FindAsync($"{what} so far", ct) is { } soFar && soFar > since ? soFar : since;
        var subjects = 0;
        for (var page = 0; page < PagesAtOnce; page++)
        {
            var changed = await forge.ListChangedAsync(repo, from, ct);
            foreach (var on in changed.Subjects)
                await inbox.AddAsync(SweptDelivery.Of(repo, on, since, sweep, now), ct);
            subjects += changed.Subjects.Count;
            from = changed.Until ?? now - Late;
            await marks.SetAsync($"{what} so far", from, ct);
            if (changed.Until is not null)
                continue;
            await marks.SetAsync(what, from, ct);
            break;
        }

        return new SweepReport(0, 1, subjects, 0, 0);
    });

    /// <summary>
    /// Every hour: a look at the pages of every open task, and whether it runs. One that ended without its own doing says so nowhere; that is made up for here.
    /// </summary>
    [Activity]
    public Task<SweepReport> SweepTasksAsync(string sweep) => ActivityGuard.RunAsync(time, async context =>
    {
        var (ct, now, report) = (context.CancellationToken, time.GetUtcNow(), new SweepReport(0, 0, 0, 0, 0));
        var last = await marks.FindAsync(AllTasks, ct);
        if (now - last < TasksEvery)
            return report;
        // Also for what changed without its issue or pull request being told as changed.
        var since = last > now - Longest ? last.Value - Late : now;
        var (query, unknown) = (new TaskQuery(PageOfTasks) { States = Open }, 0);
        for (var seen = 0; seen < MostTasks && await tasks.ListAsync(query, ct) is { Count: > 0 } page; query = query with { After = TaskPlace.Of(page[^1]) })
        {
            seen += page.Count;
            foreach (var task in page)
            {
                switch (await gateway.FindStandingAsync(task.Id, ct))
                {
                    case TaskStanding.Running:
                        foreach (var on in (Subject?[])[Subject.Of(task.Issue, null), Subject.Of(null, task.Pull)])
                        {
                            if (on is { } subject && await inbox.AddAsync(SweptDelivery.Of(task.Repo, subject, since, sweep, now), ct))
                                report += new SweepReport(0, 0, 1, 0, 0);
                        }

                        break;
                    case TaskStanding.Cut:
                        await EndAsync(task, now, ct);
                        report += new SweepReport(0, 0, 0, 1, 0);
                        break;
                    case TaskStanding.Unknown:
                        unknown++;
                        break;
                }
            }
        }

        // A wrong namespace has none of them: nothing is told to people for that.
        if (unknown > 0)
            LogUnknown(unknown);
        await marks.SetAsync(AllTasks, now, ct);
        return report;
    });

    private async Task EndAsync(TaskSummary task, DateTimeOffset now, CancellationToken ct)
    {
        if (task.Id.Part is { } part)
        {
            var report = new PartReport(TaskState.Failed, Replies.CutReason, task.Pull, task.PullUrl, false, task.CostUsd, task.InputTokens + task.OutputTokens);
            await gateway.SignalAsync(task.Id.Whole, new CodingTaskSignal.PartReported($"sweep/{task.RunId}", task.RequestedBy, now, part, report), ct);
        }

        if (Subject.Of(task.Issue, task.Pull) is { } on)
            await TellEndAsync(task, on, ct);
        // Last: what is listed as over is not looked at again, and the forge may have been away.
        await tasks.UpsertAsync(task with { State = TaskState.Failed, Version = task.Version + 1, Step = "", Reason = Replies.CutReason, UpdatedAt = now }, ct);
        LogEnded($"{task.Id}");
    }

    private async Task TellEndAsync(TaskSummary task, Subject on, CancellationToken ct)
    {
        try
        {
            var (add, remove) = StateLabels.Of(TaskState.Failed);
            if (task.Id.Part is null && add is not null)
                await forge.AddLabelAsync(task.Repo, on, add, ct);
            foreach (var label in task.Id.Part is null ? remove : [])
                await forge.RemoveLabelAsync(task.Repo, on, label, ct);
            await forge.EnsureCommentAsync(task.Repo, on, Markers.Cut(task.RunId), Replies.Failure(task.State, Replies.CutReason, ForgeTerms.Of(task.Repo).Say(Replies.CutWhatToDo), task.Branch, []), ct);
        }
        catch (ForgeRejectedException e) when (e.Status != HttpStatusCode.Unauthorized)
        {
            LogNotTold($"{task.Id}", e.Message);
        }
    }

    private async Task<IReadOnlyList<RepoRef>> ServedAsync(CancellationToken ct)
    {
        var open = await tasks.ListAsync(new TaskQuery(MostTasks) { States = Open }, ct);
        return [.. settings.Named.Concat(await links.ListNamedAsync(ct)).Where(routing.Serves).Concat(open.Select(t => t.Repo)).DistinctBy(r => r.ToString().ToLowerInvariant())];
    }

    [LoggerMessage(EventId = 2201, Level = LogLevel.Information, Message = "{Forge} is to send {Count} deliveries again that it could not deliver")]
    private partial void LogRedelivered(ForgeKind forge, int count);

    [LoggerMessage(EventId = 2205, Level = LogLevel.Information, Message = "{Repo} is looked through from now on for what passed unheard")]
    private partial void LogFirst(string repo);

    [LoggerMessage(EventId = 2202, Level = LogLevel.Warning, Message = "{Task} was ended in Temporal, without its own doing; its page says so now")]
    private partial void LogEnded(string task);

    [LoggerMessage(EventId = 2203, Level = LogLevel.Warning, Message = "{Count} open tasks are not in Temporal: look whether Temporal:Address and Temporal:Namespace are those that they were started in")]
    private partial void LogUnknown(int count);

    [LoggerMessage(EventId = 2204, Level = LogLevel.Warning, Message = "Nobody could be told that {Task} was ended: {Reason}")]
    private partial void LogNotTold(string task, string reason);
}

/// <summary>What a sweep goes by.</summary>
/// <param name="Named">Repositories that the operator named.</param>
/// <param name="WebhookPaths">Where forges send to, by forge.</param>
public sealed record SweepSettings(IReadOnlyList<RepoRef> Named, IReadOnlyDictionary<ForgeKind, string> WebhookPaths);
