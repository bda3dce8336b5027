using System.Collections.Concurrent;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Tests.Dispatch;

/// <summary>Temporal with tasks in memory that drop repeated delivery ids, as the workflow does; and it can be away.</summary>
internal sealed class FakeTaskGateway : ITaskGateway
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TaskId, List<CodingTaskSignal>> _running = [];

    public volatile bool IsAway;

    /// <summary>Delivery ids in order of arrival, repeats included.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>What started the tasks that run or ran, in order.</summary>
    public ConcurrentQueue<CodingTaskInput> Inputs { get; } = new();

    /// <summary>Runs before a signal arrives.</summary>
    public Func<CodingTaskSignal, Task> OnSignal { get; set; } = _ => Task.CompletedTask;

    public int Refused;

    public int Starts { get; private set; }

    public IReadOnlyList<CodingTaskSignal> MessagesOf(TaskId task)
    {
        lock (_lock)
            return [.. _running.GetValueOrDefault(task) ?? []];
    }

    public void End(TaskId task)
    {
        lock (_lock)
            _running.Remove(task);
    }

    public Task StartAsync(CodingTaskInput input, CodingTaskSignal.CommandGiven command, CancellationToken cancellationToken)
    {
        Arrive(command);
        lock (_lock)
        {
            if (_running.TryAdd(input.Id, []))
            {
                Starts++;
                Inputs.Enqueue(input);
            }

            Add(input.Id, command);
        }

        return Task.CompletedTask;
    }

    public async Task<bool> SignalAsync(TaskId task, CodingTaskSignal signal, CancellationToken cancellationToken)
    {
        await OnSignal(signal);
        Arrive(signal);
        lock (_lock)
        {
            if (!_running.ContainsKey(task))
                return false;
            Add(task, signal);
            return true;
        }
    }

    /// <summary>Tasks that were ended behind their back.</summary>
    public ConcurrentDictionary<TaskId, bool> Cut { get; } = new();

    public Task<TaskStanding> FindStandingAsync(TaskId task, CancellationToken cancellationToken)
    {
        lock (_lock)
            return Task.FromResult(Cut.ContainsKey(task) ? TaskStanding.Cut : _running.ContainsKey(task) ? TaskStanding.Running : TaskStanding.Unknown);
    }

    private void Arrive(CodingTaskSignal signal)
    {
        if (IsAway)
        {
            Interlocked.Increment(ref Refused);
            throw new TaskGatewayUnavailableException("Temporal is away");
        }

        Calls.Enqueue(signal.DeliveryId);
    }

    private void Add(TaskId task, CodingTaskSignal signal)
    {
        if (_running[task].All(known => known.DeliveryId != signal.DeliveryId))
            _running[task].Add(signal);
    }
}
