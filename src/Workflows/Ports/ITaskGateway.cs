using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Ports;

/// <summary>The way from ordinary code to running tasks. Returning means Temporal has accepted durably.</summary>
public interface ITaskGateway
{
    /// <summary>Starts the task unless it runs already, and hands it the command, in one step (signal-with-start).</summary>
    /// <exception cref="TaskGatewayUnavailableException">Temporal is away, or the disk has no room for new work: try again later.</exception>
    Task StartAsync(CodingTaskInput input, CodingTaskSignal.CommandGiven command, CancellationToken cancellationToken);

    /// <summary>Tells a task something; false when no such task is running.</summary>
    /// <exception cref="TaskGatewayUnavailableException">Temporal is away: try again later.</exception>
    Task<bool> SignalAsync(TaskId task, CodingTaskSignal signal, CancellationToken cancellationToken);

    /// <summary>How a task stands as Temporal has it.</summary>
    /// <exception cref="TaskGatewayUnavailableException">Temporal is away: try again later.</exception>
    Task<TaskStanding> FindStandingAsync(TaskId task, CancellationToken cancellationToken);
}

/// <summary>How a task stands as Temporal has it.</summary>
public enum TaskStanding
{
    /// <summary>It runs.</summary>
    Running,

    /// <summary>It came to its end by itself, and said so.</summary>
    Ended,

    /// <summary>Somebody or something ended it without its knowledge: terminated, timed out, failed.</summary>
    Cut,

    /// <summary>Temporal knows no such task.</summary>
    Unknown,
}

/// <summary>Temporal is away or overloaded, or this service has no room for new work: worth trying again.</summary>
public sealed class TaskGatewayUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Names of task queues.</summary>
public static class TaskQueues
{
    /// <summary>Workflows and activities of coding tasks.</summary>
    public const string CodingAgent = "coding-agent";

    /// <summary>The applier's queue beside a queue of tasks: who polls the one need not poll the other.</summary>
    public static string ApplyOf(string tasks) => $"{tasks}-apply";

    /// <summary>The queue of what keeps the service itself in order, beside a queue of tasks: who takes deliveries polls it.</summary>
    public static string ControlOf(string tasks) => $"{tasks}-control";
}
