using System.Collections.Concurrent;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Life;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Client;
using Temporalio.Worker;
using Xunit;

namespace CodingAgent.TestKit;

/// <summary>
/// Speaks the domain: label an issue, approve, review, let CI report, merge — against the real workflow on a real embedded server that
/// skips time while the test lets it pass, with a forge and stores in memory.
/// </summary>
public sealed class TaskHarness : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly EmbeddedEnvironment _environment;
    private readonly TemporalWorker _worker;
    private TemporalWorker? _applier;
    private readonly CancellationTokenSource _stop = new();
    private Task _running;
    private readonly Tellings _tellings = new();
    private int _deliveries;

    private readonly ConcurrentDictionary<RepoRef, FakeForge> _others = [];

    private TaskHarness(EmbeddedEnvironment environment, bool multiRepo)
    {
        _environment = environment;
        Forge = new FakeForge(Repo, () => new DateTimeOffset(_environment.GetCurrentTimeAsync().Result, TimeSpan.Zero));
        Work = new FakeWork(ForgeOf, Stores);
        Forge.Access["ann"] = AccessLevel.Write;
        // The deadlock detector would take a busy machine for a workflow that hangs.
        var options = new TemporalWorkerOptions(TaskQueues.CodingAgent) { DebugMode = true, Interceptors = [_tellings] }
            .AddWorkflow<CodingTaskWorkflow>()
            .AddAllActivities(new ForgeActivities(
                FakeForges.Of(ForgeOf), Stores, Stores, Stores, FakeForges.GuidanceOf(ForgeOf), new FlowSettings { PlannerModel = "m", CoderModel = "m", MultiRepo = multiRepo }, TimeProvider.System))
            .AddAllActivities(Work)
            .AddAllActivities(Work.Upgrades);
        _worker = new TemporalWorker(environment.Client, options);
        _running = _worker.ExecuteAsync(_stop.Token);
    }

    public const string AsksForEveryPlan = "version: 1\nplan: { approval: always }\n";

    public static RepoRef Repo { get; } = RepoRef.Parse("github:acme/shop");

    public FakeStores Stores { get; } = new();

    public FakeForge Forge { get; }

    /// <summary>The repository that the task or part that is spoken to works in.</summary>
    public FakeForge Here => ForgeOf(Stores.FindAsync(Id, default).Result?.Repo);

    /// <summary>One more repository, to which ann may write.</summary>
    public FakeForge AddRepository(string name, string policy)
    {
        var forge = _others[RepoRef.Parse($"github:{name}")] = new FakeForge(RepoRef.Parse($"github:{name}"), () => new DateTimeOffset(_environment.GetCurrentTimeAsync().Result, TimeSpan.Zero));
        forge.Access["ann"] = AccessLevel.Write;
        forge.Files[".github/coding-agent.yml"] = policy;
        return forge;
    }

    private FakeForge ForgeOf(RepoRef? repo) => repo is not null && _others.TryGetValue(repo, out var other) ? other : Forge;

    public FakeWork Work { get; }

    public int? HistoryLimit { get; set; }

    public TimeSpan? ApplierPatience { get; set; }

    public TaskId Id { get; private set; } = TaskId.ForIssue(Repo, 7);

    public WorkflowHandle<CodingTaskWorkflow> Handle => _environment.Client.GetWorkflowHandle<CodingTaskWorkflow>(Id.ToString());

    /// <summary>Speaks to a part of the task from here on, or to the whole again (null).</summary>
    public async Task<TaskHarness> OnPartAsync(string? key)
    {
        Id = Id.Whole;
        if (key is null)
            return this;
        var part = (await UntilAsync(t => t.Parts.Any(p => p.Id?.Part?.EndsWith($"-{key}", StringComparison.Ordinal) == true), $"part {key} begins")).Parts[int.Parse(key, System.Globalization.CultureInfo.InvariantCulture) - 1];
        Id = part.Id!;
        return this;
    }

    /// <summary>Speaks to the task of an issue from here on.</summary>
    public void OnTask(int issue) => Id = TaskId.ForIssue(Repo, issue);

    public WorkflowHandle HandleOf(string runId) => _environment.Client.GetWorkflowHandle(Id.ToString(), runId);

    public int Pull => Stores.FindAsync(Id, default).Result?.Pull ?? throw new InvalidOperationException("There is no pull request yet.");

    public string Head => Stores.FindAsync(Id, default).Result?.HeadSha ?? throw new InvalidOperationException("Nothing is pushed yet.");

    /// <summary>Starts.</summary>
    /// <param name="policy">The policy file; null for one that asks for every plan, empty for none.</param>
    /// <param name="withApplier">With who publishes.</param>
    /// <param name="multiRepo">Tasks may change several repositories.</param>
    public static async Task<TaskHarness> StartAsync(string? policy = null, bool withApplier = true, bool multiRepo = false)
    {
        var harness = new TaskHarness(await EmbeddedEnvironment.StartSkippingTimeAsync(), multiRepo);
        if (withApplier)
            harness.StartApplier();
        if (policy is not "")
            harness.Forge.Files[".github/coding-agent.yml"] = policy ?? AsksForEveryPlan;
        return harness;
    }

    /// <summary>Starts who publishes; for a test that began without.</summary>
    public void StartApplier()
    {
        _applier = new TemporalWorker(_environment.Client, new TemporalWorkerOptions(TaskQueues.ApplyOf(TaskQueues.CodingAgent)).AddAllActivities(Work));
        _running = Task.WhenAll(_running, _applier.ExecuteAsync(_stop.Token));
    }

    /// <summary>Labels an issue, the seventh if nobody says otherwise, as the router would act on it; it may be edited before the task comes to read it.</summary>
    public async Task LabelAsync(string title = "Add retries to payment client", string body = "Please.", string? editedBody = null, string? words = null, TaskKind kind = TaskKind.Implement, bool asksForPlan = false, int number = 7)
    {
        Id = TaskId.ForIssue(Repo, number);
        if (!Forge.HasIssue(number))
            Forge.OpenIssue(number, title, editedBody ?? body, "ann", "agent:implement");
        await StartTaskAsync(new CodingTaskInput(Id, Repo, kind, number, null, new Actor("ann", 5, ActorKind.User), Delivery(), await NowAsync())
        {
            Words = words,
            AsksForPlan = asksForPlan,
            Statement = new Statement(StatementKind.Label, number, 1),
            HistoryLimit = HistoryLimit,
            ApplierPatience = ApplierPatience,
            IssueDigest = Issue.DigestOf(title, body),
        });
    }

    /// <summary>Asks for a fix on a person's pull request.</summary>
    public async Task FixPullAsync(int number, string? words = null)
    {
        Id = TaskId.ForPull(Repo, number);
        await StartTaskAsync(new CodingTaskInput(Id, Repo, TaskKind.Fix, null, number, new Actor("ann", 5, ActorKind.User), Delivery(), await NowAsync()) { Words = words });
    }

    public Task ApproveAsync(string? hash = null, DateTimeOffset? at = null) => CommandAsync(new AgentCommand.Approve(hash), at);

    public Task RejectAsync(string why) => CommandAsync(new AgentCommand.Reject(why));

    public Task StopAsync() => CommandAsync(new AgentCommand.Stop());

    public Task FixAsync() => CommandAsync(new AgentCommand.Fix());

    public async Task CommandAsync(AgentCommand command, DateTimeOffset? at = null, string? delivery = null) =>
        await NotifyAsync(new CodingTaskSignal.CommandGiven(delivery ?? Delivery(), "ann", at ?? await NowAsync(), command, 1)
        {
            Record = command is AgentCommand.Approve approve ? Work.Keys.Sign(new ApprovalRecord(Id, "ann", approve.PlanHash, new Statement(StatementKind.Comment, 7, 1))) : null,
        });

    /// <summary>Somebody comments; null speaks as versions did that told no difference.</summary>
    public async Task CommentAsync(string body, bool? isAddressed = true, int? number = null) =>
        await NotifyAsync(new CodingTaskSignal.CommentWritten(Delivery(), "ann", await NowAsync(), 2, body) { IsAddressed = isAddressed, Number = number });

    public async Task<long> ReviewAsync(ReviewState state, string body = "", string author = "ann")
    {
        var id = Here.AddReview(Pull, author, state, body);
        await NotifyAsync(new CodingTaskSignal.ReviewSubmitted(Delivery(), author, await NowAsync(), id, state, Head));
        return id;
    }

    public async Task CiAsync(CiState state, string name = "build")
    {
        Here.SetCi(Head, (name, state));
        await NotifyAsync(new CodingTaskSignal.CiChanged(Delivery(), "ci", await NowAsync(), Head));
    }

    public async Task PushAsync(string sha)
    {
        Here.SetPull(Pull, p => p with { Head = p.Head with { Sha = sha } });
        await NotifyAsync(new CodingTaskSignal.PullChanged(Delivery(), "ann", await NowAsync(), PullChange.Synchronized, sha));
    }

    public async Task MergeAsync()
    {
        Here.SetPull(Pull, p => p with { IsOpen = false, IsMerged = true });
        await NotifyAsync(new CodingTaskSignal.PullChanged(Delivery(), "ann", await NowAsync(), PullChange.Merged, Head));
    }

    public async Task ClosePullAsync()
    {
        Here.SetPull(Pull, p => p with { IsOpen = false });
        await NotifyAsync(new CodingTaskSignal.PullChanged(Delivery(), "ann", await NowAsync(), PullChange.Closed, Head));
    }

    public async Task CloseIssueAsync() => await NotifyAsync(new CodingTaskSignal.IssueClosed(Delivery(), "ann", await NowAsync()));

    public Task NotifyAsync(CodingTaskSignal signal) => Handle.SignalAsync(w => w.NotifyAsync(signal));

    public Task AdvanceAsync(TimeSpan by) => _environment.DelayAsync(by);

    /// <summary>Waits for a state.</summary>
    public Task<TaskSummary> UntilAsync(TaskState state) => UntilAsync(t => t.State == state, state.ToString());

    /// <summary>Waits for a condition, and until people are told of it; when nothing moves, the clock does, a little, so that short waits of the task pass.</summary>
    public async Task<TaskSummary> UntilAsync(Func<TaskSummary, bool> condition, string what)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(deadline) < Patience)
        {
            if (await Stores.WaitAsync(Id, condition, TimeSpan.FromMilliseconds(700)) is { } task)
            {
                await _tellings.EndedAsync();
                return task;
            }

            await AdvanceAsync(TimeSpan.FromSeconds(11));
        }

        var last = await Stores.FindAsync(Id, default);
        Assert.Fail($"The task did not come to '{what}'. It went {string.Join(" > ", Stores.States)}; last: {last}");
        return last!;
    }

    /// <summary>Waits for any condition in the fakes, moving the clock a little.</summary>
    public async Task UntilAsync(Func<bool> condition, string what, TimeSpan? step = null)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Patience)
                Assert.Fail($"Not in time: {what}. States: {string.Join(" > ", Stores.States)}");
            if (await Stores.WaitAsync(Id, _ => condition(), TimeSpan.FromMilliseconds(300)) is null)
                await AdvanceAsync(step ?? TimeSpan.FromSeconds(2));
        }
    }

    /// <summary>The way every task goes up to its pull request.</summary>
    public async Task<TaskSummary> UntilPublishedAsync()
    {
        await LabelAsync();
        await UntilAsync(TaskState.AwaitingApproval);
        await ApproveAsync();
        return await UntilAsync(TaskState.AwaitingCi);
    }

    public async Task<TaskSummary> ResultAsync() => await Handle.GetResultAsync<TaskSummary>();

    public async Task<DateTimeOffset> NowAsync() => new(await _environment.GetCurrentTimeAsync(), TimeSpan.Zero);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }

        _worker.Dispose();
        _applier?.Dispose();
        _stop.Dispose();
        await _environment.DisposeAsync();
    }

    private string Delivery() => $"delivery-{Interlocked.Increment(ref _deliveries)}";

    private Task StartTaskAsync(CodingTaskInput input)
    {
        input = input with { Record = Work.Keys.Sign(new RequestRecord(input.Id, input.Kind, input.Issue, input.Pull, input.BaseBranch, input.RequestedBy, input.RequestedAt, null)) };
        return _environment.Client.StartWorkflowAsync((CodingTaskWorkflow w) => w.RunAsync(input), new WorkflowOptions(input.Id.ToString(), TaskQueues.CodingAgent));
    }
}
