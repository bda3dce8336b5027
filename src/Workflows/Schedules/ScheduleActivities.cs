using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using CodingAgent.Forges;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Logging;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Schedules;

/// <summary>
/// The steps of schedules: they are made to stand as the policies of the default branches have them, and begin tasks as those have them when the time has come.
/// Each step may run twice.
/// </summary>
public sealed partial class ScheduleActivities(
    IForge forge, ITaskProjection tasks, ITaskGateway gateway, ITaskSchedules schedules, RoutingOptions routing, TimeProvider time, ILogger<ScheduleActivities> logger)
{
    private static readonly TaskState[] Open = [.. Enum.GetValues<TaskState>().Where(s => !s.IsOver())];

    // What this process saw to, and said: what is so as it was last time costs Temporal no call, and is not said again.
    private readonly ConcurrentDictionary<ScheduleKey, string> _standing = new();
    private readonly ConcurrentDictionary<RepoRef, string> _told = new();

    /// <summary>Makes, changes and takes away schedules, until they are those of the policies. One whose policy cannot be read now, or at all, stays.</summary>
    /// <param name="repositories">The repositories that are looked through.</param>
    [Activity]
    public Task<Report> ReconcileAsync(IReadOnlyList<RepoRef> repositories) => ActivityGuard.RunAsync(time, async context =>
    {
        var ct = context.CancellationToken;
        var listed = await schedules.ListAsync(ct);
        var (wanted, kept, changed, failed) = (new Dictionary<ScheduleKey, PolicySchedule>(), new HashSet<RepoRef>(), 0, 0);
        foreach (var repo in repositories)
        {
            try
            {
                var read = await ReadAsync(repo, ct);
                foreach (var entry in read.Entries)
                    wanted[new ScheduleKey(read.Repo, entry.Name)] = entry;
                if (read.Mistake is not { } mistake)
                {
                    _told.TryRemove(read.Repo, out _);
                    continue;
                }

                kept.Add(read.Repo);
                if (listed.Any(k => k.Repo.Equals(read.Repo)) && _told.GetValueOrDefault(read.Repo) != mistake)
                    LogBroken(read.Repo.FullName, mistake);
                _told[read.Repo] = mistake;
            }
            catch (Exception e) when (e is ForgeUnavailableException or ForgeRejectedException)
            {
                kept.Add(repo);
                failed++;
                LogNotRead(repo.FullName, e.Message);
            }
        }

        foreach (var (key, entry) in wanted)
        {
            if (listed.Contains(key) && _standing.GetValueOrDefault(key) == entry.Digest)
                continue;
            try
            {
                var standing = await schedules.EnsureAsync(key, entry, ct);
                var next = standing.IsPaused ? "paused" : standing.Next is { } at ? $"next {Shown(at)}" : "not due";
                LogStands(key.Repo.FullName, key.Name, entry.Cron, entry.TimeZone, entry.Job, next);
                changed += standing.Outcome == ScheduleOutcome.Same ? 0 : 1;
            }
            catch (ScheduleRefusedException e)
            {
                failed++;
                LogRefused(key.Repo.FullName, key.Name, e.Message);
            }

            _standing[key] = entry.Digest;
        }

        foreach (var key in listed.Where(k => !wanted.ContainsKey(k) && !kept.Contains(k.Repo)))
        {
            await schedules.DeleteAsync(key, ct);
            _standing.TryRemove(key, out _);
            LogGone(key.Repo.FullName, key.Name);
            changed++;
        }

        return new Report(changed, failed);
    });

    /// <summary>Begins the task of an entry that came due, unless the policy has it no longer as it was, or the task of an earlier time is still open.</summary>
    /// <param name="due">The entry.</param>
    /// <param name="at">When it came due.</param>
    /// <returns>What came of it, in words.</returns>
    [Activity]
    public Task<string> BeginAsync(ScheduledTask due, DateTimeOffset at) => ActivityGuard.RunAsync(time, async context =>
    {
        ArgumentNullException.ThrowIfNull(due);
        var ct = context.CancellationToken;
        if (time.GetUtcNow() - at > ScheduledTaskWorkflow.Window)
            return No(due, at, "it came due longer than a day ago");
        var read = await ReadAsync(due.Repo, ct);
        if (read.WhyNot is { } why)
            return No(due, at, why);
        if (read.Mistake is { } mistake)
            return No(due, at, mistake);
        if (read.Entries.FirstOrDefault(e => e.Name == due.Name && e.Digest == due.Digest) is not { } entry)
            return No(due, at, "the policy on the default branch does not have it as it was any more");
        if (entry.IsSecondReading(at))
            return No(due, at, "the clock was put back, and it has been this time before");

        var id = new TaskId(read.Repo, TaskAnchor.Goal, string.Create(CultureInfo.InvariantCulture, $"schedule-{entry.Name}-{at.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}"));
        // By what tasks keep of themselves too: Temporal forgets those that have ended.
        if (await gateway.FindStandingAsync(id, ct) != TaskStanding.Unknown || await tasks.FindAsync(id, ct) is not null)
            return $"began {id}";
        // No account of a forge is called so: nobody has rights by it, and no commit is theirs.
        var by = new Actor($"the schedule {entry.Name}", 0, ActorKind.Other);
        foreach (var open in await tasks.ListAsync(new TaskQuery(10) { Repo = read.Repo, RequestedBy = by.Login, States = Open }, ct))
        {
            if (await gateway.FindStandingAsync(open.Id, ct) == TaskStanding.Running)
                return No(due, at, $"{open.Id}, which it began earlier, is still open");
        }

        var verb = entry.Job == "plan" ? "implement" : entry.Job;
        var input = new CodingTaskInput(id, read.Repo, FlowList.Of(verb, onPull: false)!.Kind, null, null, by, $"schedule:{id.Key}", time.GetUtcNow())
        {
            Goal = entry.Goal,
            Words = entry.Words,
            AsksForPlan = entry.Job == "plan",
            AcceptanceCriteria = entry.AcceptanceCriteria,
            Constraints = entry.Constraints,
        };
        await gateway.StartAsync(input, new CodingTaskSignal.CommandGiven(input.DeliveryId, by.Login, input.RequestedAt, CommandParser.Begin(verb), null), ct);
        var began = id.ToString();
        LogBegan(read.Repo.FullName, entry.Name, began);
        return $"began {began}";
    });

    private string No(ScheduledTask due, DateTimeOffset at, string why)
    {
        var when = Shown(at);
        LogNotBegun(due.Repo.FullName, due.Name, when, why);
        return $"began nothing: {why}";
    }

    private static string Shown(DateTimeOffset at) => string.Create(CultureInfo.InvariantCulture, $"{at.UtcDateTime:yyyy-MM-dd HH:mm} UTC");

    /// <summary>What the default branch says now.</summary>
    private async Task<Reading> ReadAsync(RepoRef repo, CancellationToken ct)
    {
        Repository repository;
        try
        {
            repository = await forge.GetRepositoryAsync(repo, ct);
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.Forbidden)
        {
            return Reading.Not(repo, "the forge does not show the repository to the bot's account");
        }

        // By its present name and spelling.
        var name = repository.Ref;
        if (!routing.Serves(name))
            return Reading.Not(name, "the repository is not among those that this service works on");
        if (repository.IsArchived)
            return Reading.Not(name, "the repository is archived");
        if (repository.MayWrite == false)
            return Reading.Not(name, "the bot's account may not push to the repository");
        var path = ForgeTerms.Of(name).PolicyPath;
        // At a commit: what a branch's name is asked for, forges may answer from a moment ago.
        if (await forge.GetBranchHeadAsync(name, repository.DefaultBranch, ct) is not { } head)
            return Reading.Not(name, $"the default branch {repository.DefaultBranch} has no commit");
        var reading = PolicyParser.Parse((await forge.GetFileAsync(name, path, head, ct))?.Text);
        return reading.Policy is { } policy
            ? new Reading(name, policy.Schedules, null, null)
            : new Reading(name, [], $"{path} on {repository.DefaultBranch} cannot be used: line {reading.Errors[0].Line}: {reading.Errors[0].Message}", null);
    }

    [LoggerMessage(EventId = 2301, Level = LogLevel.Information, Message = "{Repo}: the schedule {Name} stands: {Job} at {Cron} ({Zone}), {Next}")]
    private partial void LogStands(string repo, string name, string cron, string zone, string job, string next);

    [LoggerMessage(EventId = 2302, Level = LogLevel.Information, Message = "{Repo}: the schedule {Name} is gone, as its entry in the policy is, or the repository")]
    private partial void LogGone(string repo, string name);

    [LoggerMessage(EventId = 2303, Level = LogLevel.Warning, Message = "{Repo}: its schedules begin nothing: {Mistake}")]
    private partial void LogBroken(string repo, string mistake);

    [LoggerMessage(EventId = 2304, Level = LogLevel.Warning, Message = "{Repo}: its schedules stay as they are, because its policy cannot be read now: {Reason}")]
    private partial void LogNotRead(string repo, string reason);

    [LoggerMessage(EventId = 2305, Level = LogLevel.Error, Message = "{Repo}: Temporal does not take the schedule {Name}: {Reason}")]
    private partial void LogRefused(string repo, string name, string reason);

    [LoggerMessage(EventId = 2306, Level = LogLevel.Information, Message = "{Repo}: the schedule {Name} began {Task}")]
    private partial void LogBegan(string repo, string name, string task);

    [LoggerMessage(EventId = 2307, Level = LogLevel.Warning, Message = "{Repo}: the schedule {Name}, due {At}, began nothing: {Reason}")]
    private partial void LogNotBegun(string repo, string name, string at, string reason);

    /// <summary>What was done to schedules.</summary>
    /// <param name="Changed">How many were made, changed or taken away.</param>
    /// <param name="Failed">How many repositories could not be read, and how many schedules Temporal does not take.</param>
    public sealed record Report(int Changed, int Failed);

    // What a default branch says: its entries, or what is wrong with its policy, or why the repository is not worked on.
    private sealed record Reading(RepoRef Repo, IReadOnlyList<PolicySchedule> Entries, string? Mistake, string? WhyNot)
    {
        public static Reading Not(RepoRef repo, string why) => new(repo, [], null, why);
    }
}
