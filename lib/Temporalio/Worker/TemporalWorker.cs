using Microsoft.Extensions.Logging;
using Temporalio.Client;
using Temporalio.Exceptions;
using Temporalio.Protocol.Enums;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Service;
using Temporalio.Worker.Interceptors;

namespace Temporalio.Worker;

/// <summary>Runs the workflows and activities of one task queue.</summary>
public partial class TemporalWorker : IDisposable
{
    // A server that ends the polls of a leaving worker does so at once; one that forgets must not hold up the end.
    private static readonly TimeSpan PollsEndWithin = TimeSpan.FromSeconds(5);

    private readonly TemporalClient _client;
    private readonly string _identity;
    private readonly string _instanceKey = Guid.NewGuid().ToString("N");
    private readonly ILogger _logger;
    private readonly WorkflowWorker? _workflows;
    private readonly ActivityWorker? _activities;
    private int _started;

    /// <summary>Creates a worker; it does nothing until executed.</summary>
    /// <param name="client">Client to work with; a <see cref="TemporalClient" />.</param>
    /// <param name="options">What to run.</param>
    /// <exception cref="ArgumentException">The options are not complete or contradict each other.</exception>
    public TemporalWorker(IWorkerClient client, TemporalWorkerOptions options)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        _client = client as TemporalClient ?? throw new ArgumentException("The client must be a TemporalClient.", nameof(client));
        Options = (TemporalWorkerOptions)options.Clone();
        if (string.IsNullOrEmpty(Options.TaskQueue))
        {
            throw new ArgumentException("TaskQueue is required.", nameof(options));
        }

        if (Options.Workflows.Count == 0 && Options.Activities.Count == 0)
        {
            throw new ArgumentException("A worker needs at least one workflow or activity.", nameof(options));
        }

        Options.AllInterceptors = [.. (_client.Options.Interceptors ?? []).OfType<IWorkerInterceptor>(), .. Options.Interceptors ?? []];
        _identity = Options.Identity ?? _client.Connection.Options.Identity!;
        var loggerFactory = Options.LoggerFactory ?? _client.Options.LoggerFactory;
        _logger = loggerFactory.CreateLogger<TemporalWorker>();
        _workflows = Options.Workflows.Count == 0 ? null : new(_client.Service, Options, _identity, _instanceKey, loggerFactory);
        _activities = Options.Activities.Count == 0 ? null : new(_client.Service, Options, _identity, _instanceKey, loggerFactory, _client);
    }

    /// <summary>Options in use.</summary>
    public TemporalWorkerOptions Options { get; }

    /// <summary>Client in use.</summary>
    public IWorkerClient Client => _client;

    /// <summary>Works until stopped, then shuts down gracefully.</summary>
    /// <param name="stoppingToken">Begins the shutdown.</param>
    /// <returns>Never completes successfully: it ends cancelled when stopped.</returns>
    /// <exception cref="OperationCanceledException">It was stopped, and all it ran has ended.</exception>
    /// <exception cref="Exceptions.RpcException">The server will never hand out tasks: no such namespace, or not allowed.</exception>
    public async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Interlocked.Exchange(ref _started, 1) == 1)
        {
            throw new InvalidOperationException("A worker can be executed once only.");
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var abandon = new CancellationTokenSource();
        var watches = _workflows is not null && !Options.DisableWorkflowTracingEventListener;
        if (watches)
        {
            await EscapeListener.AcquireAsync();
        }

        var endsPolls = ServerEndsPollsAsync();
        var leaving = LeaveAsync(endsPolls, abandon, stop.Token);
        try
        {
            await Task.WhenAll(RunAsync(_workflows is null ? null : _workflows.RunAsync), RunAsync(_activities is null ? null : _activities.RunAsync));
        }
        finally
        {
            await stop.CancelAsync();
            await leaving;
            if (watches)
            {
                EscapeListener.Release();
            }
        }

        stoppingToken.ThrowIfCancellationRequested();

        async Task RunAsync(Func<CancellationToken, CancellationToken, Task>? part)
        {
            try
            {
                await (part is null ? Task.CompletedTask : part(stop.Token, abandon.Token));
            }
            catch (Exception)
            {
                // One half that cannot work stops the other.
                await stop.CancelAsync();
                throw;
            }
        }
    }

    /// <summary>Works until a function completes, then shuts down gracefully.</summary>
    /// <param name="untilComplete">Runs while the worker works.</param>
    /// <param name="stoppingToken">Begins the shutdown early.</param>
    /// <returns>Completes when the function has completed and all the worker ran has ended.</returns>
    public Task ExecuteAsync(Func<Task> untilComplete, CancellationToken stoppingToken = default) => ExecuteAsync(
        async () =>
        {
            await untilComplete();
            return default(ValueTuple);
        },
        stoppingToken);

    /// <summary>Works until a function completes, then shuts down gracefully.</summary>
    /// <typeparam name="TResult">Type of the function's result.</typeparam>
    /// <param name="untilComplete">Runs while the worker works.</param>
    /// <param name="stoppingToken">Begins the shutdown early.</param>
    /// <returns>The function's result.</returns>
    public async Task<TResult> ExecuteAsync<TResult>(Func<Task<TResult>> untilComplete, CancellationToken stoppingToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var working = ExecuteAsync(stop.Token);
        var user = Task.Run(untilComplete, CancellationToken.None);
        if (await Task.WhenAny(working, user) == working)
        {
            // The worker cannot go on; what the function waits for may never come.
            await working;
        }

        try
        {
            return await user;
        }
        finally
        {
            await stop.CancelAsync();
            try
            {
                await working;
            }
            catch (OperationCanceledException)
            {
                // Stopped as asked.
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the worker holds.</summary>
    /// <param name="disposing">Whether called by <see cref="Dispose()" />.</param>
    protected virtual void Dispose(bool disposing)
    {
        // Everything lives within ExecuteAsync; the method is part of the official shape.
    }

    [LoggerMessage(1, LogLevel.Debug, "The server could not be told that this worker leaves: {Reason}")]
    private static partial void LogLeftUntold(ILogger logger, string reason);

    /// <summary>Whether the server ends the polls of a worker that says it leaves. Breaking them off loses what is on its way.</summary>
    private async Task<bool> ServerEndsPollsAsync()
    {
        try
        {
            // Asked to the end even when stopped meanwhile: a worker that lives a moment only may have polls open too.
            var response = await _client.Service.CallAsync(
                WorkflowServiceMethods.DescribeNamespace,
                new() { Namespace = _client.Service.Namespace },
                new() { Retry = false, Timeout = PollsEndWithin });
            return response.NamespaceInfo?.Capabilities is { WorkerPollCompleteOnShutdown: true };
        }
        catch (RpcException)
        {
            // What stands in the way of polls is theirs to report.
            return false;
        }
    }

    /// <summary>Tells the server, once stopped, that this worker leaves, so that it ends the polls and gives what is queued to others.</summary>
    private async Task LeaveAsync(Task<bool> endsPolls, CancellationTokenSource abandon, CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stop.Register(stopped.SetResult))
        {
            await stopped.Task;
        }

        var wait = TimeSpan.Zero;
        try
        {
            var request = new ShutdownWorkerRequest
            {
                Namespace = _client.Service.Namespace,
                Identity = _identity,
                Reason = "graceful shutdown",
                WorkerInstanceKey = _instanceKey,
                StickyTaskQueue = _workflows?.StickyQueue ?? string.Empty,
                TaskQueue = Options.TaskQueue,
            };
            request.TaskQueueTypes.AddRange(_workflows is null ? [] : [TaskQueueType.Workflow]);
            request.TaskQueueTypes.AddRange(_activities is null ? [] : [TaskQueueType.Activity]);
            await _client.Service.CallAsync(WorkflowServiceMethods.ShutdownWorker, request, new() { Retry = false, Timeout = PollsEndWithin });
            wait = await endsPolls ? PollsEndWithin : TimeSpan.Zero;
        }
        catch (RpcException e)
        {
            LogLeftUntold(_logger, e.Message);
        }

        if (wait == TimeSpan.Zero)
        {
            await abandon.CancelAsync();
        }
        else
        {
            abandon.CancelAfter(wait);
        }
    }
}
