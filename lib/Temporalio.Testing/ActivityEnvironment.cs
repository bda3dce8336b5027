using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Temporalio.Activities;
using Temporalio.Api.Common.V1;
using Temporalio.Client;
using Temporalio.Converters;

namespace Temporalio.Testing;

/// <summary>Runs activity code with a context but without worker or server.</summary>
public record ActivityEnvironment
{
    /// <summary>Information an activity sees unless told otherwise.</summary>
    public static readonly ActivityInfo DefaultInfo = new(
        ActivityId: "test",
        ActivityType: "unknown",
        Attempt: 1,
        CurrentAttemptScheduledTime: new(1970, 1, 1, 1, 1, 1, DateTimeKind.Utc),
        DataConverter: DataConverter.Default,
        HeartbeatDetails: Array.Empty<Payload>(),
        HeartbeatTimeout: null,
        IsLocal: false,
        Namespace: "default",
        Priority: new(),
        RetryPolicy: new(),
        ScheduleToCloseTimeout: TimeSpan.FromSeconds(1),
        ScheduledTime: new(1970, 1, 1, 1, 1, 1, DateTimeKind.Utc),
        StartToCloseTimeout: TimeSpan.FromSeconds(1),
        StartedTime: new(1970, 1, 1, 1, 1, 1, DateTimeKind.Utc),
        TaskQueue: "test",
        TaskToken: "test"u8.ToArray(),
        WorkflowId: "test",
        WorkflowNamespace: "default",
        WorkflowRunId: "test-run",
        WorkflowType: "test");

    private readonly ActivityCancelRef _cancelRef = new();

    /// <summary>Information the activity sees.</summary>
    public ActivityInfo Info { get; init; } = DefaultInfo;

    /// <summary>Logger of the activity.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Converter of the activity.</summary>
    public IPayloadConverter PayloadConverter { get; init; } = DataConverter.Default.PayloadConverter;

    /// <summary>Client of the activity.</summary>
    public ITemporalClient? TemporalClient { get; init; }

    /// <summary>Why the activity was cancelled; <see cref="Cancel()" /> and its kin set it.</summary>
    public ActivityCancelReason CancelReason
    {
        get => _cancelRef.Reason;
        set => _cancelRef.Reason = value;
    }

    /// <summary>All that is known about why the activity was cancelled; <see cref="Cancel()" /> and its kin set it.</summary>
    public ActivityCancellationDetails? CancellationDetails
    {
        get => _cancelRef.Details;
        set => _cancelRef.Details = value;
    }

    /// <summary>Cancels the activity; prefer <see cref="Cancel()" />.</summary>
    public CancellationTokenSource CancellationTokenSource { get; init; } = new();

    /// <summary>Tells the activity that its worker is shutting down.</summary>
    public CancellationTokenSource WorkerShutdownTokenSource { get; init; } = new();

    /// <summary>Receives the activity's heartbeats.</summary>
    public Action<object?[]> Heartbeater { get; init; } = static _ => { };

    /// <summary>Runs an activity.</summary>
    /// <param name="activity">What to run.</param>
    /// <returns>Completes with the activity.</returns>
    public Task RunAsync(Action activity) => RunAsync(() =>
    {
        activity();
        return Task.CompletedTask;
    });

    /// <summary>Runs an activity.</summary>
    /// <typeparam name="T">Type of its result.</typeparam>
    /// <param name="activity">What to run.</param>
    /// <returns>The result.</returns>
    public Task<T> RunAsync<T>(Func<T> activity) => RunAsync(() => Task.FromResult(activity()));

    /// <summary>Runs an activity.</summary>
    /// <param name="activity">What to run.</param>
    /// <returns>Completes with the activity.</returns>
    public Task RunAsync(Func<Task> activity) => RunAsync(async () =>
    {
        await activity();
        return default(ValueTuple);
    });

    /// <summary>Runs an activity.</summary>
    /// <typeparam name="T">Type of its result.</typeparam>
    /// <param name="activity">What to run.</param>
    /// <returns>The result.</returns>
    public async Task<T> RunAsync<T>(Func<Task<T>> activity)
    {
        ActivityExecutionContext.Enter(new(
            Info,
            Logger,
            PayloadConverter,
            _cancelRef,
            Heartbeater,
            TemporalClient,
            CancellationTokenSource.Token,
            WorkerShutdownTokenSource.Token));
        try
        {
            return await activity();
        }
        finally
        {
            ActivityExecutionContext.Enter(null);
        }
    }

    /// <summary>Cancels the activity as its workflow would. Only the first cancellation counts.</summary>
    public void Cancel() => Cancel(ActivityCancelReason.CancelRequested);

    /// <summary>Cancels the activity. Only the first cancellation counts.</summary>
    /// <param name="reason">Why; the details say that the workflow asked, whatever the reason.</param>
    public void Cancel(ActivityCancelReason reason) => Cancel(reason, new() { IsCancelRequested = true });

    /// <summary>Cancels the activity. Only the first cancellation counts.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="details">All that is known about why.</param>
    public void Cancel(ActivityCancelReason reason, ActivityCancellationDetails details)
    {
        if (!CancellationTokenSource.IsCancellationRequested)
        {
            _cancelRef.TrySet(reason, details);
            CancellationTokenSource.Cancel();
        }
    }
}
