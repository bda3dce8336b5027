using Microsoft.Extensions.Logging;
using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Service;

namespace Temporalio.Worker;

/// <summary>Polls for activity tasks and runs them.</summary>
internal sealed class ActivityWorker
{
    private readonly WorkflowService _service;
    private readonly TemporalWorkerOptions _options;
    private readonly string _identity;
    private readonly string _instanceKey;
    private readonly ILoggerFactory _loggerFactory;
    private readonly ITemporalClient _client;
    private readonly Dictionary<string, ActivityDefinition> _byName = [];
    private readonly ActivityDefinition? _dynamic;

    public ActivityWorker(
        WorkflowService service,
        TemporalWorkerOptions options,
        string identity,
        string instanceKey,
        ILoggerFactory loggerFactory,
        ITemporalClient client)
    {
        (_service, _options, _identity, _instanceKey, _loggerFactory, _client) = (service, options, identity, instanceKey, loggerFactory, client);
        foreach (var definition in options.Activities)
        {
            if (definition.Name is null)
            {
                _dynamic = definition;
            }
            else if (!_byName.TryAdd(definition.Name, definition))
            {
                throw new ArgumentException($"There are two activities with the name \"{definition.Name}\".", nameof(options));
            }
        }
    }

    /// <summary>Runs until stopped; running activities are cancelled after the grace period and waited for.</summary>
    /// <param name="stop">Ends polling and begins the grace period.</param>
    /// <param name="abandon">Breaks off the polls that are open.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken abandon)
    {
        using var cancelAll = new CancellationTokenSource();
        await using var onStop = stop.Register(() =>
        {
            if (_options.GracefulShutdownTimeout == TimeSpan.Zero)
            {
                cancelAll.Cancel();
            }
            else
            {
                cancelAll.CancelAfter(_options.GracefulShutdownTimeout);
            }
        });
        await new TaskPollers<PollActivityTaskQueueResponse>(
            "activity tasks",
            _options.MaxConcurrentActivities ?? 100,
            _loggerFactory.CreateLogger("Temporalio.Worker.ActivityWorker"),
            cancelAll.CancelAsync)
            .RunAsync(
                Enumerable.Repeat(PollAsync, _options.MaxConcurrentActivityTaskPolls),
                task => new ActivityInvocation(_service, _options, _identity, _loggerFactory, _client, Find, task, cancelAll.Token, stop).RunAsync(),
                stop,
                abandon);
    }

    private async Task<PollActivityTaskQueueResponse?> PollAsync(CancellationToken stop)
    {
        var task = await _service.CallAsync(
            WorkflowServiceMethods.PollActivityTaskQueue,
            new()
            {
                Namespace = _service.Namespace,
                TaskQueue = new() { Name = _options.TaskQueue },
                Identity = _identity,
                WorkerInstanceKey = _instanceKey,
                TaskQueueMetadata = _options.MaxTaskQueueActivitiesPerSecond is { } rate ? new() { MaxTasksPerSecond = rate } : null,
            },
            new() { Retry = false, CancellationToken = stop });
        return task.TaskToken.IsEmpty ? null : task;
    }

    private ActivityDefinition? Find(string name) => _byName.GetValueOrDefault(name) ?? _dynamic;
}
