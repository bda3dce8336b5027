using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Tests.Sweeps;

/// <summary>
/// Tasks as Temporal runs them, without their agents: each takes what it is told once, says its status, shows its state by a label, has a pull request, and ends
/// as a task does. They act when they are let, not when they are told.
/// </summary>
internal sealed class TasksInMemory(IForge forge, ITaskProjection projection, ILinkStore links, TimeProvider time) : ITaskGateway
{
    private readonly Dictionary<TaskId, Run> _running = [];

    public bool IsAway { get; set; }

    private bool KnowsEnds { get; set; } = true;

    /// <summary>Every run, also those that have ended, in the order they began.</summary>
    public List<Run> Runs { get; } = [];

    /// <summary>Ended behind its back.</summary>
    public HashSet<TaskId> Cut { get; } = [];

    /// <summary>Another Temporal, or another namespace.</summary>
    public void Forget()
    {
        _running.Clear();
        KnowsEnds = false;
    }

    public Task StartAsync(CodingTaskInput input, CodingTaskSignal.CommandGiven command, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        if (!_running.TryGetValue(input.Id, out var run))
            Runs.Add(_running[input.Id] = run = new Run(input, time.GetUtcNow()));
        run.Tell(command);
        return Task.CompletedTask;
    }

    public Task<bool> SignalAsync(TaskId task, CodingTaskSignal signal, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        if (!_running.TryGetValue(task, out var run))
            return Task.FromResult(false);
        run.Tell(signal);
        return Task.FromResult(true);
    }

    public Task<TaskStanding> FindStandingAsync(TaskId task, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        return Task.FromResult(Cut.Contains(task) ? TaskStanding.Cut : _running.ContainsKey(task) ? TaskStanding.Running : KnowsEnds ? TaskStanding.Ended : TaskStanding.Unknown);
    }

    /// <summary>Everything that waits is dealt with.</summary>
    public async Task WorkAsync()
    {
        foreach (var run in _running.Values.ToList())
        {
            if (run.Version == 0)
                await BeginAsync(run);
            while (run.End is null && run.Waiting.TryDequeue(out var signal))
                await TakeAsync(run, signal);
        }
    }

    private async Task BeginAsync(Run run)
    {
        var (repo, input) = (run.Input.Repo, run.Input);
        await links.LinkAsync(input.Id, repo, input.Issue, input.Pull, null, default);
        if (!(await forge.GetIssueAsync(repo, run.Page, default)).IsOpen)
        {
            await EndAsync(run, TaskState.Failed);
            return;
        }

        await TellAsync(run, TaskState.Planning);
        var pull = input.Pull is { } own ? await forge.GetPullAsync(repo, own, default)
            : await forge.EnsureDraftPullAsync(repo, new NewPullRequest($"coding-agent/issue-{input.Issue}-x", "main", "The change", TaskReference.Write(input.Id)), default);
        run.Pull = pull.Number;
        run.HeadSha = pull.Head.Sha;
        await links.LinkAsync(run.Input.Id, repo, null, pull.Number, pull.Head.Sha, default);
        await TellAsync(run, TaskState.AwaitingReview, withLabels: false);
    }

    private async Task TakeAsync(Run run, CodingTaskSignal signal)
    {
        switch (signal)
        {
            case CodingTaskSignal.CommandGiven { Command: AgentCommand.Stop } or CodingTaskSignal.LabelRemoved or CodingTaskSignal.Unassigned:
                await EndAsync(run, TaskState.Stopped);
                break;
            case CodingTaskSignal.IssueClosed or CodingTaskSignal.PullChanged { Change: PullChange.Closed }:
                await EndAsync(run, TaskState.Closed);
                break;
            case CodingTaskSignal.PullChanged { Change: PullChange.Merged }:
                await EndAsync(run, TaskState.Merged);
                break;
            case CodingTaskSignal.WordsGone:
                await TellAsync(run, run.State);
                break;
        }
    }

    private async Task EndAsync(Run run, TaskState state)
    {
        run.End = time.GetUtcNow();
        await TellAsync(run, state);
        _running.Remove(run.Input.Id);
    }

    private async Task TellAsync(Run run, TaskState state, bool withLabels = true)
    {
        run.State = state;
        var (input, now) = (run.Input, time.GetUtcNow());
        await projection.UpsertAsync(
            new TaskSummary(input.Id, ++run.Version, run.Key, input.Kind, state, "at work", "", "title", input.RequestedBy.Login, input.Issue, run.Pull, null, run.HeadSha, 0, 0, 0, run.Began, now)
            { StartedBy = input.DeliveryId, PullIsDraft = run.Pull is null ? null : true },
            default);
        var on = run.Page;
        await forge.EnsureCommentAsync(input.Repo, on, Markers.Status(run.Key), $"Now: {state}", default);
        if (!withLabels)
            return;
        var (add, remove) = StateLabels.Of(state);
        if (add is not null)
            await forge.AddLabelAsync(input.Repo, on, add, default);
        foreach (var label in remove)
            await forge.RemoveLabelAsync(input.Repo, on, label, default);
    }

    private void ThrowIfAway()
    {
        if (IsAway)
            throw new TaskGatewayUnavailableException("Temporal is away");
    }

    /// <summary>One run of a task.</summary>
    internal sealed class Run(CodingTaskInput input, DateTimeOffset began)
    {
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

        public CodingTaskInput Input => input;

        public DateTimeOffset Began => began;

        /// <summary>Where its status and its label are.</summary>
        public Subject Page => input.About!.Value;

        public string Key { get; } = Guid.NewGuid().ToString("N");

        public DateTimeOffset? End { get; set; }

        public TaskState State { get; set; }

        public int Version { get; set; }

        public int? Pull { get; set; }

        public string? HeadSha { get; set; }

        /// <summary>What it was told, each once.</summary>
        public List<CodingTaskSignal> Told { get; } = [];

        public Queue<CodingTaskSignal> Waiting { get; } = new();

        public void Tell(CodingTaskSignal signal)
        {
            if (!_seen.Add(signal.DeliveryId))
                return;
            Told.Add(signal);
            Waiting.Enqueue(signal);
        }
    }
}
