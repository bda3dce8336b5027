namespace TemporalServer.Tests.Model;

/// <summary>
/// Plays steps on a real server and on the reference run, and compares what both show after each. Every call is the protocol's own; the
/// clock moves only when a step says so. A crash takes the files as they are at that moment and goes on from the copy.
/// </summary>
public sealed partial class Rehearsal : IAsyncDisposable
{
    private static readonly TimeSpan[] Pauses = [.. new[] { 0.3, 1, 2.5, 5, 11, 31, 70 }.Select(TimeSpan.FromSeconds)];

    private readonly string _folder = Directory.CreateTempSubdirectory("temporal-model-").FullName;
    private readonly ManualClock _clock = new();
    private readonly List<PollWorkflowTaskQueueResponse> _tasks = [];
    private readonly List<PollActivityTaskQueueResponse> _attempts = [];
    private readonly HashSet<EventType> _seen = [];
    private ServerHarness _server = null!;
    private ReferenceRun _model = null!;
    private string _runId = "";
    private int _crashes;
    private int _names;

    /// <summary>Plays a case from a fresh server on.</summary>
    /// <exception cref="ShouldAssertException">Server and reference differ.</exception>
    /// <returns>The types of the events that came about.</returns>
    public static async Task<IReadOnlySet<EventType>> PlayAsync(IReadOnlyList<Step> steps)
    {
        await using var rehearsal = new Rehearsal();
        await rehearsal.StartServerAsync();
        rehearsal.Begin(await rehearsal._server.Start());
        foreach (var step in steps)
        {
            if (!rehearsal._model.IsRunning)
            {
                rehearsal.Begin(await rehearsal._server.Start());
            }

            // No two steps at one instant: what comes first is then a matter of time.
            rehearsal._model.Advance(TimeSpan.FromMilliseconds(1));
            rehearsal._clock.Advance(TimeSpan.FromMilliseconds(1));
            await rehearsal.PlayAsync(step);
            await rehearsal.CompareAsync(step);
        }

        return rehearsal._seen;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task PlayAsync(Step step)
    {
        switch (step.Kind)
        {
            case StepKind.PollTask:
                await PollTaskAsync();
                break;
            case StepKind.CompleteTask when await TakeTaskAsync(step.Pick) is { } task:
                await CompleteTaskAsync(task, new CommandChooser(_model, () => $"n{++_names}").Choose(step.Choices));
                break;
            case StepKind.FailTask when await TakeTaskAsync(step.Pick) is { } task:
                await AnswerAsync(IsCurrent(task), () => _server.FailTask(task), m => m.FailTask(WorkflowTaskFailedCause.WorkflowWorkerUnhandledFailure));
                break;
            case StepKind.PollActivity:
                await PollActivityAsync();
                break;
            case StepKind.CompleteActivity when await TakeAttemptAsync(step.Pick) is { } attempt:
                await AnswerAsync(attempt, () => _server.CompleteActivity(attempt), (m, a) => m.CompleteActivity(a));
                break;
            case StepKind.FailActivity or StepKind.FailActivityForGood when await TakeAttemptAsync(step.Pick) is { } attempt:
                var forGood = step.Kind == StepKind.FailActivityForGood;
                await AnswerAsync(attempt, () => _server.FailActivity(attempt, nonRetryable: forGood), (m, a) => m.FailActivity(a, forGood));
                break;
            case StepKind.ConfirmCanceled when Pick(_attempts.Where(a => StateOf(a) is null or { CancelRequested: true }), step.Pick) is { } attempt:
                await AnswerAsync(attempt, () => ConfirmAsync(attempt), (m, a) => m.ConfirmCanceled(a));
                break;
            case StepKind.Heartbeat when Pick(_attempts, step.Pick) is { } attempt:
                await AnswerAsync(attempt, () => HeartbeatAsync(attempt), (m, a) => m.Heartbeat(a));
                break;
            case StepKind.Signal:
                await _server.Signal($"s{step.Pick % 5}", requestId: $"r{step.Pick % 5}");
                _model.Signal($"s{step.Pick % 5}", $"r{step.Pick % 5}");
                break;
            case StepKind.RequestCancel:
                await _server.Call(WorkflowServiceMethods.RequestCancelWorkflowExecution, new() { Namespace = "default", WorkflowExecution = new() { WorkflowId = "wf" } });
                _model.RequestCancel();
                break;
            case StepKind.Terminate:
                await _server.Call(WorkflowServiceMethods.TerminateWorkflowExecution, new() { Namespace = "default", WorkflowExecution = new() { WorkflowId = "wf" } });
                _model.Terminate();
                break;
            case StepKind.Advance:
                _model.Advance(Pauses[step.Pick % Pauses.Length]);
                _clock.Advance(Pauses[step.Pick % Pauses.Length]);
                break;
            case StepKind.WorkersDie:
                _tasks.Clear();
                _attempts.Clear();
                break;
            case StepKind.ServerDies:
                await RestartFromAsync(CopyFiles(), Pauses[step.Pick % Pauses.Length]);
                break;
            case StepKind.ServerDiesInACall:
                await DieInACallAsync($"x{++_names}");
                break;
        }
    }

    /// <summary>A task that a worker has in hand; when it has none, it polls first.</summary>
    private async Task<PollWorkflowTaskQueueResponse?> TakeTaskAsync(int pick)
    {
        if (_tasks.Count == 0)
        {
            await PollTaskAsync();
        }

        return Take(_tasks, pick);
    }

    private async Task<PollActivityTaskQueueResponse?> TakeAttemptAsync(int pick)
    {
        if (_attempts.Count == 0)
        {
            await PollActivityAsync();
        }

        return Take(_attempts, pick);
    }

    private async Task PollTaskAsync()
    {
        var task = await _server.Poll();
        task.TaskToken.IsEmpty.ShouldBe(!_model.TaskIsOnOffer, "whether there is a workflow task for a worker");
        if (task.TaskToken.IsEmpty)
        {
            return;
        }

        _model.StartTask();
        task.Attempt.ShouldBe(_model.Task!.Attempt);
        task.History.Events.Select(EventWords.Of).ShouldBe(_model.Shown, "the history that the worker is given");
        _tasks.Add(task);
    }

    private async Task CompleteTaskAsync(PollWorkflowTaskQueueResponse task, IReadOnlyList<Command> commands)
    {
        if (!IsCurrent(task))
        {
            (await RefusalOf(() => _server.Complete(task, [.. commands]))).ShouldBe(StatusCode.NotFound);
            return;
        }

        if (_model.CompleteTask(commands) is { } refused)
        {
            (await RefusalOf(() => _server.Complete(task, [.. commands]))).ShouldBe(StatusCode.InvalidArgument, $"{refused}");
            return;
        }

        await _server.Complete(task, [.. commands]);
        if (_model.Status == WorkflowExecutionStatus.ContinuedAsNew)
        {
            await CompareAsync(null);
            Begin((await _server.Describe()).WorkflowExecutionInfo.Execution.RunId);
        }
    }

    private async Task PollActivityAsync()
    {
        var offered = _model.Activities.Where(a => a.IsOnOffer).Select(a => a.Id).ToList();
        var attempt = await _server.PollActivity();
        if (attempt.TaskToken.IsEmpty)
        {
            offered.ShouldBeEmpty("activities on offer, but a poll was answered empty");
            return;
        }

        offered.ShouldContain(attempt.ActivityId);
        _model.StartActivity(attempt.ActivityId);
        attempt.Attempt.ShouldBe(StateOf(attempt)!.Attempt);
        _attempts.Add(attempt);
    }

    private async Task HeartbeatAsync(PollActivityTaskQueueResponse attempt)
    {
        var expected = StateOf(attempt)?.CancelRequested;
        (await _server.Heartbeat(attempt, "d")).CancelRequested.ShouldBe(expected ?? false);
    }

    private Task ConfirmAsync(PollActivityTaskQueueResponse attempt) => _server.Call(
        WorkflowServiceMethods.RespondActivityTaskCanceled, new() { TaskToken = attempt.TaskToken, Identity = "worker" });

    private Task AnswerAsync(PollActivityTaskQueueResponse attempt, Func<Task> call, Action<ReferenceRun, ModelActivity> change) => AnswerAsync(
        StateOf(attempt) is not null, call, m => change(m, m.Activities.Single(a => a.Id == attempt.ActivityId)));

    // What is not current any more is refused and changes nothing.
    private async Task AnswerAsync(bool isCurrent, Func<Task> call, Action<ReferenceRun> change)
    {
        if (isCurrent)
        {
            await call();
            change(_model);
        }
        else
        {
            (await RefusalOf(call)).ShouldBe(StatusCode.NotFound);
        }
    }

    private static async Task<StatusCode> RefusalOf(Func<Task> call) => (await Should.ThrowAsync<RpcException>(call)).StatusCode;

    private bool IsCurrent(PollWorkflowTaskQueueResponse task) =>
        task.WorkflowExecution.RunId == _runId && _model.Task is { Started: { } started } && started.Id == task.StartedEventId && _model.Task.Attempt == task.Attempt;

    /// <summary>The activity as the reference has it, while this attempt is the one that runs.</summary>
    private ModelActivity? StateOf(PollActivityTaskQueueResponse attempt) =>
        attempt.WorkflowExecution.RunId == _runId
            ? _model.Activities.FirstOrDefault(a => a.Id == attempt.ActivityId && a.Attempt == attempt.Attempt && a.StartedAt is not null)
            : null;

    private static T? Pick<T>(IEnumerable<T> from, int pick)
        where T : class => from.ToList() is { Count: > 0 } list ? list[pick % list.Count] : null;

    // Mostly the newest; now and then one that was answered before, or that nobody waits for any more, stays in hand.
    private static T? Take<T>(List<T> from, int pick)
        where T : class
    {
        var taken = pick % 4 == 3 ? Pick(from, pick) : from.LastOrDefault();
        if (taken is not null && pick % 4 != 1)
        {
            from.Remove(taken);
        }

        return taken;
    }

    private void Begin(string runId)
    {
        _runId = runId;
        _model = new(EventWords.SinceStart(_clock.GetUtcNow()));
    }

    private async Task CompareAsync(Step? step)
    {
        (await _server.History(runId: _runId)).Select(EventWords.Of).ShouldBe(_model.History, $"the history after {step}");
        _seen.UnionWith(_model.Types);
        var shown = await _server.Describe(runId: _runId);
        shown.WorkflowExecutionInfo.Status.ShouldBe(_model.Status, $"the status after {step}");
        shown.PendingActivities.Select(a => $"{a.ActivityId} {a.State} {a.Attempt}").ShouldBe(_model.Activities.Select(Words), $"the activities after {step}");
        (shown.PendingWorkflowTask?.Attempt ?? 0).ShouldBe(_model.Task?.Attempt ?? 0, $"the attempt of the workflow task after {step}");
        (shown.PendingWorkflowTask?.State == PendingWorkflowTaskState.Started).ShouldBe(_model.Task?.Started is not null, $"the workflow task after {step}");
    }

    private static string Words(ModelActivity activity)
    {
        var state = activity.StartedAt is null ? PendingActivityState.Scheduled
            : activity.CancelRequested ? PendingActivityState.CancelRequested
            : PendingActivityState.Started;
        return $"{activity.Id} {state} {activity.Attempt}";
    }
}
