using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Commands;
using Temporalio.Protocol.Histories;
using Temporalio.Protocol.Messages;
using Temporalio.Protocol.Queries;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;
using Wire = Temporalio.Protocol.Common;

namespace Temporalio.Worker;

/// <summary>
/// One run of a workflow and the scheduler its code lives on: a queue that runs one task at a time, in order, on the thread
/// that drives it. Nothing is ever inlined, so the order of steps depends on the history alone.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle; workflow code may hold its token as long as it likes.")]
internal sealed partial class WorkflowInstance : TaskScheduler
{
    public static readonly AsyncLocal<WorkflowUpdateInfo?> CurrentUpdateLocal = new();

    private readonly WorkflowDefinition _definition;
    private readonly DataConverter _converter;
    private readonly IReadOnlyCollection<Type> _failureTypes;
    private readonly bool _legacyLoop;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly List<WorkflowJob> _followUps = [];
    private readonly WorkflowExecutionStartedEventAttributes _start;
    private readonly EscapeWatch? _watch;
    private Exception? _taskFailure;
    private object? _instance;
    private bool _mainStarted;
    private bool _readOnly;

    public WorkflowInstance(
        WorkflowDefinition definition,
        WorkflowInfo info,
        WorkflowExecutionStartedEventAttributes start,
        DataConverter converter,
        IReadOnlyCollection<Type> failureTypes,
        ILoggerFactory loggerFactory,
        bool legacyLoop,
        IReadOnlyCollection<IWorkerInterceptor> interceptors,
        EscapeWatch? watch)
    {
        _definition = definition;
        _converter = converter;
        _failureTypes = [.. failureTypes, .. definition.FailureExceptionTypes ?? []];
        _legacyLoop = legacyLoop;
        _interceptors = interceptors;
        _start = start;
        _watch = watch;
        Info = info;
        Memo = start.Memo?.Fields.ToRawValues() ?? new Dictionary<string, IRawValue>();
        TypedSearchAttributes = SearchAttributeCollection.FromProto(start.SearchAttributes);
        Random = SeededBy(start.OriginalExecutionRunId);
        Logger = new ReplaySafeLogger(loggerFactory.CreateLogger($"Temporalio.Workflow.{info.WorkflowType}"), this);
    }

    public WorkflowInfo Info { get; }

    public ILogger Logger { get; }

    public IReadOnlyDictionary<string, IRawValue> Memo { get; private set; }

    public SearchAttributeCollection TypedSearchAttributes { get; private set; }

    public DeterministicRandom Random { get; private set; }

    public IPayloadConverter PayloadConverter => _converter.PayloadConverter;

    public CancellationToken CancellationToken => _cancellation.Token;

    public bool AllHandlersFinished => _handlers.Count == 0;

    public object Instance => _instance ?? throw new InvalidOperationException("The workflow object has not been made yet.");

    public bool IsReplaying { get; private set; }

    public bool IsReadOnly => _readOnly;

    public DateTime UtcNow { get; private set; }

    public bool ContinueAsNewSuggested { get; private set; }

    public int CurrentHistoryLength { get; private set; }

    public int CurrentHistorySize { get; private set; }

    /// <summary>Whether a command that closes the run has been issued.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Commands issued since the last call of <see cref="TakeCommands" />.</summary>
    private List<PendingCommand> Batch { get; set; } = [];

    private List<Message> Messages { get; set; } = [];

    /// <summary>Runs the workflow until it waits for something that has not happened yet.</summary>
    /// <param name="jobs">What happened.</param>
    /// <param name="started">The workflow task's started event.</param>
    /// <param name="isReplaying">Whether the task was done before.</param>
    public void Activate(List<WorkflowJob> jobs, HistoryEvent started, bool isReplaying)
    {
        UtcNow = started.EventTime.ToDateTime();
        ContinueAsNewSuggested = started.WorkflowTaskStartedEventAttributes.SuggestContinueAsNew;
        CurrentHistorySize = (int)started.WorkflowTaskStartedEventAttributes.HistorySizeBytes;
        CurrentHistoryLength = (int)started.EventId;
        IsReplaying = isReplaying;
        _watch?.Settle();
        RunJobs(jobs);

        // Calls cancelled without waiting for the server are resolved at once, in an activation of their own.
        while (_followUps.Count > 0)
        {
            List<WorkflowJob> followUps = [.. _followUps];
            _followUps.Clear();
            RunJobs(followUps);
        }

        _watch?.Settle();
    }

    /// <summary>Answers a query. Changes nothing.</summary>
    /// <param name="query">The query.</param>
    /// <param name="id">Its id within the task; a query that is a task of its own has none.</param>
    public WorkflowQueryResult Query(WorkflowQuery query, string id = "legacy_query")
    {
        _readOnly = true;
        try
        {
            WorkflowQueryResult? result = null;
            using (_watch?.Enter())
            {
                Enqueue(() => result = AnswerQuery(query, id));
                Drain();
            }

            _watch?.Settle();
            return result!;
        }
        finally
        {
            _readOnly = false;
        }
    }

    /// <summary>Hands over what was issued: commands in order, closing one last.</summary>
    /// <param name="keepAfterClose">False drops what was issued after the closing command, as SDKs did before they moved it to the end.</param>
    public (List<PendingCommand> Commands, List<Message> Messages) TakeCommands(bool keepAfterClose)
    {
        var (commands, messages) = (Batch, Messages);
        (Batch, Messages) = ([], []);
        var close = commands.FindIndex(c => c.IsTerminal);
        if (close >= 0)
        {
            var terminal = commands[close];
            commands = keepAfterClose
                ? [.. commands.Where(c => !c.IsTerminal), terminal]
                : commands[..(close + 1)];
        }

        return (commands, messages);
    }

    public void Reseed(string runId) => Random = SeededBy(runId);

    private static DeterministicRandom SeededBy(string runId) =>
        new(BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(runId))));

    /// <summary>Calls a function that may leave the scheduler, because nothing of the workflow depends on when it ends.</summary>
    public T WithTracingEventListenerDisabled<T>(Func<T> fn)
    {
        var commands = Batch.Count;
        using var pause = EscapeWatch.Pause();
        var result = fn();
        return Batch.Count == commands
            ? result
            : throw new InvalidOperationException("A function called with the tracing event listener disabled may not issue workflow commands.");
    }

    private void AssertNotReadOnly(string what)
    {
        if (_readOnly)
        {
            throw new InvalidWorkflowOperationException($"A query or update validator may not {what}.");
        }
    }

    private void AddCommand(PendingCommand command)
    {
        AssertNotReadOnly("issue commands");
        Batch.Add(command);
    }

    /// <summary>Takes a command back when it has not been sent yet.</summary>
    private bool TryWithdraw(PendingCommand command) => Batch.Remove(command);

    private bool IsFailure(Exception e) =>
        e is FailureException || TemporalException.IsCanceledException(e) || _failureTypes.Any(t => t.IsInstanceOfType(e));

    /// <summary>Runs the main method or a signal handler: failures close the run, other exceptions fail the task.</summary>
    private async Task RunTopLevelAsync(Func<Task> function)
    {
        try
        {
            try
            {
                await function();
            }
            catch (ContinueAsNewException e)
            {
                ContinueAsNew(e);
            }
            catch (Exception e) when (CancellationToken.IsCancellationRequested && TemporalException.IsCanceledException(e))
            {
                Close(new() { CancelWorkflowExecutionCommandAttributes = new() }, "CancelWorkflowExecution");
            }
            catch (Exception e) when (IsFailure(e))
            {
                var failure = _converter.FailureConverter.ToFailure(e, PayloadConverter);
                Close(new() { FailWorkflowExecutionCommandAttributes = new() { Failure = failure } }, "FailWorkflowExecution");
            }
        }
        catch (Exception e)
        {
            _taskFailure ??= e;
        }
    }

    private void Close(Command command, string description)
    {
        if (IsClosed)
        {
            return;
        }

        IsClosed = true;
        AddCommand(CommandKinds.Closing(command, description));
        if (!IsReplaying)
        {
            WarnAboutHandlers();
        }
    }

    private void ContinueAsNew(ContinueAsNewException e)
    {
        var (workflow, args, options, headers) = e.Input;
        Close(
            new()
            {
                ContinueAsNewWorkflowExecutionCommandAttributes = new()
                {
                    WorkflowType = new() { Name = workflow },
                    TaskQueue = new() { Name = options?.TaskQueue ?? Info.TaskQueue },
                    Input = PayloadConverter.ToWirePayloads(args),
                    Header = headers.ToWire(),
                    WorkflowRunTimeout = options?.RunTimeout.ToDuration(),
                    WorkflowTaskTimeout = options?.TaskTimeout.ToDuration(),
                    BackoffStartInterval = options?.BackoffStartInterval.ToDuration(),
                    RetryPolicy = (options?.RetryPolicy ?? Info.RetryPolicy)?.ToProto(),
                    Initiator = Protocol.Enums.ContinueAsNewInitiator.Workflow,
                    Memo = options?.Memo is { } memo ? PayloadConverter.ToWireMemo(memo) : CurrentMemo(),
                    SearchAttributes = (options?.TypedSearchAttributes ?? TypedSearchAttributes) is { Count: > 0 } attributes
                        ? attributes.ToProto()
                        : null,
                },
            },
            "ContinueAsNewWorkflowExecution");
    }

    private Wire.Memo? CurrentMemo()
    {
        if (Memo.Count == 0)
        {
            return null;
        }

        var memo = new Wire.Memo();
        foreach (var (key, value) in Memo)
        {
            memo.Fields[key] = value.Payload.ToWire();
        }

        return memo;
    }
}
