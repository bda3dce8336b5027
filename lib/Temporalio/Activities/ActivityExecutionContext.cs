using Microsoft.Extensions.Logging;
using Temporalio.Client;
using Temporalio.Converters;

namespace Temporalio.Activities;

/// <summary>What the running activity may use. It flows with the activity's asynchronous calls.</summary>
public class ActivityExecutionContext
{
    private static readonly AsyncLocal<ActivityExecutionContext?> CurrentLocal = new();

    private readonly ActivityCancelRef _cancelRef;
    private readonly ITemporalClient? _client;

    internal ActivityExecutionContext(
        ActivityInfo info,
        ILogger logger,
        IPayloadConverter payloadConverter,
        ActivityCancelRef cancelRef,
        Action<object?[]> heartbeater,
        ITemporalClient? client,
        CancellationToken cancellationToken,
        CancellationToken workerShutdownToken)
    {
        Info = info;
        Logger = logger;
        PayloadConverter = payloadConverter;
        _cancelRef = cancelRef;
        Heartbeater = heartbeater;
        _client = client;
        CancellationToken = cancellationToken;
        WorkerShutdownToken = workerShutdownToken;
    }

    /// <summary>Whether this code runs in an activity.</summary>
    public static bool HasCurrent => CurrentLocal.Value is not null;

    /// <summary>The running activity's context.</summary>
    /// <exception cref="InvalidOperationException">This code does not run in an activity.</exception>
    public static ActivityExecutionContext Current =>
        CurrentLocal.Value ?? throw new InvalidOperationException("No activity runs here.");

    /// <summary>What is known about the task.</summary>
    public ActivityInfo Info { get; private init; }

    /// <summary>Logger whose scope names the activity.</summary>
    public ILogger Logger { get; private init; }

    /// <summary>Why <see cref="CancellationToken" /> fired.</summary>
    public ActivityCancelReason CancelReason => _cancelRef.Reason;

    /// <summary>All that is known about why <see cref="CancellationToken" /> fired; null while it has not.</summary>
    public ActivityCancellationDetails? CancellationDetails => _cancelRef.Details;

    /// <summary>Fires when the activity should stop. Requests of the workflow arrive only with heartbeats.</summary>
    public CancellationToken CancellationToken { get; private init; }

    /// <summary>Fires as soon as the worker begins to shut down; <see cref="CancellationToken" /> follows after the grace period.</summary>
    public CancellationToken WorkerShutdownToken { get; private init; }

    /// <summary>Converter in use.</summary>
    public IPayloadConverter PayloadConverter { get; private init; }

    /// <summary>Client of the worker.</summary>
    /// <exception cref="InvalidOperationException">There is none, as in a test environment without one.</exception>
    public ITemporalClient TemporalClient => _client ?? throw new InvalidOperationException("No Temporal client is available here.");

    internal Action<object?[]> Heartbeater { get; set; }

    /// <summary>Says that the activity is alive. Calls are throttled, so it may be called often.</summary>
    /// <param name="details">Values that the next attempt can read.</param>
    public void Heartbeat(params object?[] details) => Heartbeater(details);

    internal static void Enter(ActivityExecutionContext? context) => CurrentLocal.Value = context;
}
