using Microsoft.Extensions.Logging;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Enums;
using Temporalio.Protocol.Histories;
using Temporalio.Protocol.Messages;
using Temporalio.Protocol.Sdk;
using Temporalio.Protocol.Updates;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;
using WorkflowDefinition = Temporalio.Workflows.WorkflowDefinition;
using static Temporalio.Protocol.Histories.HistoryEvent;

namespace Temporalio.Worker;

/// <summary>
/// Drives one workflow run through its history: turns events into activations and holds the commands of the code against
/// the events that recorded them. It may be fed a whole history at once, or, when kept in memory, only what is new.
/// </summary>
internal sealed class WorkflowRun(
    string ns,
    string workflowId,
    string runId,
    Func<string, WorkflowDefinition> findDefinition,
    DataConverter converter,
    IReadOnlyCollection<Type> failureTypes,
    ILoggerFactory loggerFactory,
    IReadOnlyCollection<IWorkerInterceptor> interceptors,
    bool watchEscapes)
{
    // Numbers of behaviours agreed between SDKs; they travel in the completion of each workflow task.
    private const uint CoreMovesTerminalCommands = 3;
    private const uint LangReordersCompletion = 1;
    private const uint LangModernLoop = 2;

    private readonly Queue<PendingCommand> _unrecorded = new();
    private readonly Dictionary<string, Request> _admitted = new(StringComparer.Ordinal);
    private WorkflowInstance? _instance;
    private bool _legacyLoop;
    private bool _movesTerminalCommands;

    /// <summary>Behaviours to declare with a completed task.</summary>
    public static WorkflowTaskCompletedMetadata Metadata => new()
    {
        CoreUsedFlags = { CoreMovesTerminalCommands },
        LangUsedFlags = { LangModernLoop },
        SdkName = Client.SdkVersion.Name,
        SdkVersion = Client.SdkVersion.Version,
    };

    /// <summary>The last event seen; a continued run wants the one after it.</summary>
    public long LastEventId { get; private set; }

    /// <summary>The started event of the last task done; the server must agree before a run is continued.</summary>
    public long LastTaskStartedId { get; private set; }

    /// <summary>Whether a later task can go on from here: the run is open, and all that was seen has been applied.</summary>
    public bool CanContinue { get; private set; }

    public WorkflowInstance? Instance => _instance;

    /// <summary>Processes events up to the current task, if there is one.</summary>
    /// <param name="events">Events not seen before, in order.</param>
    /// <param name="messages">Messages of the current task: updates to begin.</param>
    /// <returns>Commands and messages of the current task; empty when the events end otherwise.</returns>
    /// <exception cref="WorkflowNondeterminismException">The code does not fit the history.</exception>
    public WorkflowTaskResult Process(IReadOnlyList<HistoryEvent> events, IReadOnlyCollection<Message>? messages = null)
    {
        var result = new WorkflowTaskResult();
        var (chunks, tail) = HistoryEvents.Split(events);
        for (var i = 0; i < chunks.Count; i++)
        {
            var next = i + 1 < chunks.Count ? chunks[i + 1] : tail;
            var completion = next.Find(e => e.EventType == EventType.WorkflowTaskCompleted);
            if (_instance is null)
            {
                _legacyLoop = completion is not null && IsLegacy(completion);
            }

            var jobs = Read(chunks[i], completion is not null);
            LookAhead(next, jobs);
            var isCurrent = completion is null;
            if (isCurrent)
            {
                BeginUpdates(messages ?? [], jobs);
            }

            if (jobs.Count > 0)
            {
                // Stable by rank; signals and updates also by the event they follow.
                _instance!.Activate(
                    [.. jobs.OrderBy(j => j.Rank).ThenBy(j => j.Rank == WorkflowJobRank.SignalOrUpdate ? j.Position : 0)],
                    chunks[i][^1],
                    !isCurrent);
            }

            var (commands, outgoing) = _instance!.TakeCommands(isCurrent || MovesTerminalCommands(completion!));
            commands.ForEach(_unrecorded.Enqueue);
            if (isCurrent)
            {
                result.Commands.AddRange(commands.Select(c => c.Wire));
                result.Messages.AddRange(outgoing);
            }

            LastTaskStartedId = chunks[i][^1].EventId;
            result.IsReplay = !isCurrent;
        }

        // What follows the last task: when a query is asked, the records of its commands or of the end.
        if (tail.Count > 0)
        {
            Read(tail, hasCompletion: false);
        }

        CanContinue = _instance is { IsClosed: false } && tail.TrueForAll(e => e.IsCommandEvent() || e.EventType == EventType.WorkflowTaskCompleted);
        return result;
    }

    /// <summary>Steps back before the current task, which the server has dropped from the history with its scheduled and started events.</summary>
    /// <param name="lastTaskStartedId">The started event of the task before it.</param>
    public void DropCurrentTask(long lastTaskStartedId)
    {
        LastTaskStartedId = lastTaskStartedId;
        LastEventId -= 2;
    }

    /// <summary>Whether the task was done by a worker that moves the closing command to the end. Once declared it holds for the run.</summary>
    private bool MovesTerminalCommands(HistoryEvent completion)
    {
        _movesTerminalCommands |= completion.WorkflowTaskCompletedEventAttributes.SdkMetadata is { } metadata
            && (metadata.CoreUsedFlags.Contains(CoreMovesTerminalCommands) || metadata.LangUsedFlags.Contains(LangReordersCompletion));
        return _movesTerminalCommands;
    }

    private static bool IsLegacy(HistoryEvent completion) =>
        completion.WorkflowTaskCompletedEventAttributes.SdkMetadata?.LangUsedFlags.Contains(LangModernLoop) != true;

    /// <summary>Reads events: commands are held against them, the rest become jobs.</summary>
    private List<WorkflowJob> Read(List<HistoryEvent> events, bool hasCompletion)
    {
        var jobs = new List<WorkflowJob>();
        HistoryEvent? completion = null;
        foreach (var e in events)
        {
            LastEventId = e.EventId;
            if (e.EventType == EventType.WorkflowTaskCompleted)
            {
                completion = e;
            }
            else if (e.IsCommandEvent())
            {
                Match(e);
            }
            else
            {
                ReadExternal(e, events, hasCompletion, jobs);
            }
        }

        if (completion is not null && _unrecorded.TryPeek(out var left))
        {
            throw new WorkflowNondeterminismException(
                $"[TMPRL1100] Nondeterminism error: the workflow code issued {left.Description}, but the history has no event for it after {completion.Describe()}");
        }

        return jobs;
    }

    private void ReadExternal(HistoryEvent e, List<HistoryEvent> chunk, bool hasCompletion, List<WorkflowJob> jobs)
    {
        void Add(WorkflowJobRank rank, Action apply) => jobs.Add(new(rank, e.EventId, apply));
        switch (e.AttributesCase)
        {
            case AttributesOneofCase.WorkflowExecutionStartedEventAttributes:
                Start(e, chunk);
                Add(WorkflowJobRank.Initialize, _instance!.Initialize);
                break;
            case AttributesOneofCase.WorkflowTaskFailedEventAttributes:
                if (e.WorkflowTaskFailedEventAttributes is { Cause: WorkflowTaskFailedCause.ResetWorkflow, NewRunId: { Length: > 0 } newRun })
                {
                    Add(WorkflowJobRank.RandomSeed, () => _instance!.Reseed(newRun));
                }

                break;
            case AttributesOneofCase.WorkflowExecutionSignaledEventAttributes:
                Add(WorkflowJobRank.SignalOrUpdate, () => _instance!.Signal(e.WorkflowExecutionSignaledEventAttributes));
                break;
            case AttributesOneofCase.WorkflowExecutionUpdateAdmittedEventAttributes:
                var request = e.WorkflowExecutionUpdateAdmittedEventAttributes.Request;
                if (hasCompletion)
                {
                    // Its acceptance says whether it was begun; a rejection left nothing behind.
                    _admitted[request.Meta.UpdateId] = request;
                    break;
                }

                Add(
                    WorkflowJobRank.SignalOrUpdate,
                    () => _instance!.Update(request, $"{request.Meta.UpdateId}/request", e.EventId, validate: true));
                break;
            case AttributesOneofCase.WorkflowExecutionCancelRequestedEventAttributes:
                Add(WorkflowJobRank.Resolve, _instance!.Cancel);
                break;
            case AttributesOneofCase.TimerFiredEventAttributes:
                Add(WorkflowJobRank.Resolve, () => _instance!.FireTimer(e.TimerFiredEventAttributes.TimerId));
                break;
            case AttributesOneofCase.ActivityTaskCompletedEventAttributes:
            case AttributesOneofCase.ActivityTaskFailedEventAttributes:
            case AttributesOneofCase.ActivityTaskTimedOutEventAttributes:
            case AttributesOneofCase.ActivityTaskCanceledEventAttributes:
                Add(WorkflowJobRank.Resolve, () => _instance!.ResolveActivity(e));
                break;
            case AttributesOneofCase.StartChildWorkflowExecutionFailedEventAttributes:
            case AttributesOneofCase.ChildWorkflowExecutionStartedEventAttributes:
            case AttributesOneofCase.ChildWorkflowExecutionCompletedEventAttributes:
            case AttributesOneofCase.ChildWorkflowExecutionFailedEventAttributes:
            case AttributesOneofCase.ChildWorkflowExecutionCanceledEventAttributes:
            case AttributesOneofCase.ChildWorkflowExecutionTimedOutEventAttributes:
            case AttributesOneofCase.ChildWorkflowExecutionTerminatedEventAttributes:
                Add(WorkflowJobRank.Resolve, () => _instance!.ResolveChild(e));
                break;
            case AttributesOneofCase.ExternalWorkflowExecutionSignaledEventAttributes:
            case AttributesOneofCase.SignalExternalWorkflowExecutionFailedEventAttributes:
            case AttributesOneofCase.ExternalWorkflowExecutionCancelRequestedEventAttributes:
            case AttributesOneofCase.RequestCancelExternalWorkflowExecutionFailedEventAttributes:
                Add(WorkflowJobRank.Resolve, () => _instance!.ResolveExternal(e));
                break;
            case AttributesOneofCase.None when !e.WorkerMayIgnore:
                throw new InvalidOperationException($"Event {e.EventId} has the type {e.EventType}, which this SDK does not know.");
        }
    }

    private void Start(HistoryEvent e, List<HistoryEvent> chunk)
    {
        var start = e.WorkflowExecutionStartedEventAttributes;
        var firstTask = chunk.FindLast(x => x.EventType == EventType.WorkflowTaskStarted) ?? e;
        var info = new WorkflowInfo(
            Attempt: Math.Max(1, start.Attempt),
            ContinuedRunId: start.ContinuedExecutionRunId.NullIfEmpty(),
            CronSchedule: start.CronSchedule.NullIfEmpty(),
            ExecutionTimeout: start.WorkflowExecutionTimeout.ToTimeSpanOrNull(),
            FirstExecutionRunId: start.FirstExecutionRunId,
            Headers: start.Header.ToSurface(),
            LastFailure: start.ContinuedFailure is null ? null : converter.FailureConverter.ToException(start.ContinuedFailure, converter.PayloadConverter),
            LastResult: start.LastCompletionResult?.Payloads_.Select(p => (IRawValue)new RawValue(p.ToSurface())).ToList(),
            Namespace: ns,
            Parent: start.ParentWorkflowExecution is null
                ? null
                : new(start.ParentWorkflowNamespace, start.ParentWorkflowExecution.RunId, start.ParentWorkflowExecution.WorkflowId),
            Priority: start.Priority.ToSurface(),
            RetryPolicy: start.RetryPolicy is null ? null : Common.RetryPolicy.FromProto(start.RetryPolicy),
            Root: start.RootWorkflowExecution is null ? null : new(start.RootWorkflowExecution.RunId, start.RootWorkflowExecution.WorkflowId),
            RunId: runId,
            RunTimeout: start.WorkflowRunTimeout.ToTimeSpanOrNull(),
            StartTime: firstTask.EventTime.ToDateTime(),
            TaskQueue: start.TaskQueue.Name,
            TaskTimeout: start.WorkflowTaskTimeout?.ToTimeSpan() ?? TimeSpan.FromSeconds(10),
            WorkflowId: workflowId,
            WorkflowStartTime: e.EventTime.ToDateTime(),
            WorkflowType: start.WorkflowType.Name);
        _instance = new(
            findDefinition(start.WorkflowType.Name), info, start, converter, failureTypes, loggerFactory, _legacyLoop, interceptors, watchEscapes ? new() : null);
    }

    private void LookAhead(List<HistoryEvent> next, List<WorkflowJob> jobs)
    {
        foreach (var e in next)
        {
            if (e.Patch() is { } patch)
            {
                jobs.Add(new(WorkflowJobRank.Patch, e.EventId, () => _instance!.NotePatch(patch.Id)));
            }
            else if (e.WorkflowExecutionUpdateAcceptedEventAttributes is { } accepted
                && (accepted.AcceptedRequest ?? _admitted.GetValueOrDefault(accepted.ProtocolInstanceId)) is { } request)
            {
                _admitted.Remove(accepted.ProtocolInstanceId);

                // The update was begun in the task before the one whose completion records its acceptance.
                jobs.Add(new(
                    WorkflowJobRank.SignalOrUpdate,
                    accepted.AcceptedRequestSequencingEventId,
                    () => _instance!.Update(
                        request, accepted.AcceptedRequestMessageId, accepted.AcceptedRequestSequencingEventId, validate: false)));
            }
        }
    }

    private void BeginUpdates(IReadOnlyCollection<Message> messages, List<WorkflowJob> jobs)
    {
        foreach (var message in messages)
        {
            if (message.Body is { } body && body.TryUnpack<Request>(out var request))
            {
                jobs.Add(new(
                    WorkflowJobRank.SignalOrUpdate,
                    message.EventId,
                    () => _instance!.Update(request, message.Id, message.EventId, validate: true)));
            }
        }
    }

    private void Match(HistoryEvent e)
    {
        if (_unrecorded.TryPeek(out var command) && command.Matches(e))
        {
            _unrecorded.Dequeue();
            command.Recorded?.Invoke(e);
            return;
        }

        // The marker of a deprecated patch may stay behind when the call is gone, and the attribute that lists patches comes and goes.
        if (e.Patch() is { Deprecated: true } || e.IsChangeVersionUpsert())
        {
            return;
        }

        throw new WorkflowNondeterminismException(command is null
            ? $"[TMPRL1100] Nondeterminism error: the history has {e.Describe()}, but the workflow code issued no command for it"
            : $"[TMPRL1100] Nondeterminism error: the history has {e.Describe()}, but the workflow code issued {command.Description}");
    }
}
