using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Temporalio.Client;
using Temporalio.Worker;

namespace Temporalio.Extensions.Hosting;

/// <summary>Runs a worker for as long as its host runs. A worker that cannot go on ends the host, unless the host is told otherwise.</summary>
public class TemporalWorkerService : BackgroundService
{
    private readonly TemporalClientConnectOptions? _clientOptions;
    private readonly ITemporalClient? _client;
    private readonly TemporalWorkerOptions _workerOptions;

    /// <summary>A worker with a client of its own.</summary>
    /// <param name="options">What it runs; how it connects is required.</param>
    public TemporalWorkerService(TemporalWorkerServiceOptions options)
        : this(options.ClientOptions ?? throw new ArgumentException("ClientOptions are required.", nameof(options)), options)
    {
    }

    /// <summary>A worker with a client of its own.</summary>
    /// <param name="clientOptions">How it connects.</param>
    /// <param name="workerOptions">What it runs.</param>
    public TemporalWorkerService(TemporalClientConnectOptions clientOptions, TemporalWorkerOptions workerOptions) =>
        (_clientOptions, _workerOptions) = (clientOptions, workerOptions);

    /// <summary>A worker with a given client.</summary>
    /// <param name="client">The client; a lazy one is connected.</param>
    /// <param name="workerOptions">What it runs.</param>
    public TemporalWorkerService(ITemporalClient client, TemporalWorkerOptions workerOptions) =>
        (_client, _workerOptions) = (client, workerOptions);

    /// <summary>A worker by its registered options.</summary>
    /// <param name="serviceId">Which one.</param>
    /// <param name="optionsMonitor">Options of all.</param>
    /// <param name="existingClient">Client to use when the options say nothing about a client.</param>
    /// <param name="loggerFactory">Where to log, unless the options say so.</param>
    /// <exception cref="InvalidOperationException">There is no client, or the options are another worker's.</exception>
    [ActivatorUtilitiesConstructor]
    public TemporalWorkerService(
        TemporalWorkerServiceIdentifier serviceId,
        IOptionsMonitor<TemporalWorkerServiceOptions> optionsMonitor,
        ITemporalClient? existingClient = null,
        ILoggerFactory? loggerFactory = null)
    {
        var options = (TemporalWorkerServiceOptions)optionsMonitor.Get(serviceId.TaskQueue).Clone();
        if (options.TaskQueue != serviceId.TaskQueue)
        {
            throw new InvalidOperationException(
                $"The worker of task queue '{serviceId.TaskQueue}' is configured for '{options.TaskQueue}': leave TaskQueue as it is.");
        }

        options.LoggerFactory ??= loggerFactory;
        _workerOptions = options;
        _clientOptions = options.ClientOptions;
        if (_clientOptions is null)
        {
            _client = existingClient ?? throw new InvalidOperationException(
                $"The worker of task queue '{serviceId.TaskQueue}' has no client: set ClientOptions, or add a client with AddTemporalClient.");
        }
        else if (options.LoggerFactory is { } factory)
        {
            _clientOptions.LoggerFactory = factory;
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var client = _client ?? await TemporalClient.ConnectAsync(_clientOptions!);
        await client.Connection.ConnectAsync();
        using var worker = new TemporalWorker(client, _workerOptions);
        await worker.ExecuteAsync(stoppingToken);
    }
}
