using CodingAgent.Forges;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Api;

/// <summary>Tells a task what a person wants of it, by REST or by a page.</summary>
/// <param name="tasks">Where tasks stand.</param>
/// <param name="gateway">Takes signals.</param>
/// <param name="time">Clock.</param>
public sealed class TaskSteering(ITaskProjection tasks, ITaskGateway gateway, TimeProvider time)
{
    /// <summary>Tells it.</summary>
    /// <param name="asked">The task.</param>
    /// <param name="signal">One of <see cref="SignalRequestReader.Names"/>.</param>
    /// <param name="request">What goes with it.</param>
    /// <param name="by">Who.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<Outcome> SteerAsync(TaskId asked, string signal, SignalRequest request, Actor by, CancellationToken cancellationToken)
    {
        var (message, error) = SignalRequestReader.Read(signal, request, by, time.GetUtcNow(), $"{Guid.NewGuid():N}");
        if (message is null)
            return new Outcome(asked, StatusCodes.Status400BadRequest, error);

        // A task that was just created may run before it is listed; one that is listed has its id spelt as the workflow's.
        var task = await tasks.FindAsync(asked, cancellationToken);
        // Signed as what it is: an approval of the very plan that waits as it arrives.
        if (message is CodingTaskSignal.CommandGiven { Command: AgentCommand.Approve { PlanHash: null } } approval && task is { State: TaskState.AwaitingApproval, Plan.Hash: var waiting })
            message = approval with { Command = new AgentCommand.Approve(waiting) };
        // Told at once, for a goal has no page where the task could answer. A call that an agent waits to make, which has such a hash too, is
        // waited for in other states.
        if (message is CodingTaskSignal.CommandGiven { Command: AgentCommand.Approve { PlanHash: { } named } }
            && task is { State: TaskState.AwaitingApproval, Plan: { ApprovedBy: null, Hash: var current } } && named.Length == current.Length && named != current)
        {
            return new Outcome(asked, StatusCodes.Status409Conflict, $"Plan {named} does not wait for approval; the current plan is {current}. Read it and answer again.");
        }

        // The last words come a moment before the end; only a stop may still matter then, to a run that was just started anew.
        var isLate = signal != "stop" && task?.State.IsOver() == true;
        if (!isLate && await gateway.SignalAsync(task?.Id ?? asked, message, cancellationToken))
            return new Outcome(task?.Id ?? asked, StatusCodes.Status202Accepted, null);
        return task is null
            ? NoTask(asked)
            : new Outcome(task.Id, StatusCodes.Status409Conflict, $"The task has ended ({task.State}); start it again with a new request.");
    }

    /// <summary>What becomes of it where there is no such task, or none for who asks.</summary>
    /// <param name="asked">The task.</param>
    public static Outcome NoTask(TaskId asked) => new(asked, StatusCodes.Status404NotFound, "There is no such task.");

    /// <summary>What became of it.</summary>
    /// <param name="Id">The task, spelt as its workflow's id.</param>
    /// <param name="Status">As HTTP has it.</param>
    /// <param name="Refusal">Why it was not told, in a line; null when it was.</param>
    public sealed record Outcome(TaskId Id, int Status, string? Refusal);
}
