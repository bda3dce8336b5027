using System.Diagnostics;
using CodingAgent.BotHost.Housekeeping;
using CodingAgent.BotHost.Observability;
using CodingAgent.BotHost.Temporal;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Life;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace CodingAgent.BotHost.Dispatch;

/// <summary><see cref="ITaskGateway"/> on a Temporal client.</summary>
/// <param name="client">The client.</param>
/// <param name="settings">What is passed to new tasks.</param>
/// <param name="taskQueue">The queue new tasks are put in.</param>
/// <param name="keys">Signs what people asked for and approved: nothing but what passes here is.</param>
/// <param name="disk">The disk, which the databases alone may fill; null where nobody watches.</param>
public sealed class TemporalTaskGateway(ITemporalClient client, FlowSettings settings, string taskQueue, IRecordKeys keys, DiskSpace? disk = null) : ITaskGateway
{
    // The dispatcher has its own patience; a call that hangs must not hold up its issue for the client's default half a minute.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task StartAsync(CodingTaskInput input, CodingTaskSignal.CommandGiven command, CancellationToken cancellationToken)
    {
        // A task that is begun says itself that it waits for room; beginning it takes a little, too.
        if (disk?.Emergency is { } shortage) throw new TaskGatewayUnavailableException(shortage);
        ServiceTraces.Concerns(input.Id);
        var options = new WorkflowOptions(input.Id.ToString(), taskQueue) { Rpc = Rpc(cancellationToken) };
        options.SignalWithStart<CodingTaskWorkflow>(workflow => workflow.NotifyAsync(command));
        input = input with
        {
            HeartbeatTimeout = settings.HeartbeatTimeout,
            TraceId = Activity.Current is { Recorded: true } current ? current.TraceId.ToHexString() : null,
            Record = keys.Sign(new RequestRecord(input.Id, input.Kind, input.Issue, input.Pull, input.BaseBranch, input.RequestedBy, input.RequestedAt, input.Statement)),
        };
        try
        {
            await WithinAsync(client.StartWorkflowAsync((CodingTaskWorkflow workflow) => workflow.RunAsync(input), options), cancellationToken);
        }
        catch (RpcException e) when (MayPass(e.Code) || e.Code == RpcException.StatusCode.NotFound)
        {
            // Not found is a namespace that does not exist yet: the operator's to mend.
            throw Unavailable(e);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> SignalAsync(TaskId task, CodingTaskSignal signal, CancellationToken cancellationToken)
    {
        ServiceTraces.Concerns(task);
        if (signal is CodingTaskSignal.CommandGiven { Command: AgentCommand.Approve approve } given)
            signal = given with { Record = keys.Sign(new ApprovalRecord(task, given.Actor, approve.PlanHash, given.Statement)) };
        try
        {
            var handle = client.GetWorkflowHandle<CodingTaskWorkflow>(task.ToString());
            await WithinAsync(handle.SignalAsync(workflow => workflow.NotifyAsync(signal), new WorkflowSignalOptions { Rpc = Rpc(cancellationToken) }), cancellationToken);
            return true;
        }
        catch (RpcException e) when (e.Code == RpcException.StatusCode.NotFound)
        {
            return false;
        }
        catch (RpcException e) when (MayPass(e.Code))
        {
            throw Unavailable(e);
        }
    }

    /// <inheritdoc/>
    public async Task<TaskStanding> FindStandingAsync(TaskId task, CancellationToken cancellationToken)
    {
        try
        {
            var asked = client.GetWorkflowHandle(task.ToString()).DescribeAsync(new WorkflowDescribeOptions { Rpc = Rpc(cancellationToken) });
            await WithinAsync(asked, cancellationToken);
            return (await asked).Status switch
            {
                WorkflowExecutionStatus.Running or WorkflowExecutionStatus.ContinuedAsNew => TaskStanding.Running,
                WorkflowExecutionStatus.Completed => TaskStanding.Ended,
                WorkflowExecutionStatus.Terminated or WorkflowExecutionStatus.TimedOut or WorkflowExecutionStatus.Failed or WorkflowExecutionStatus.Canceled => TaskStanding.Cut,
                _ => TaskStanding.Unknown,
            };
        }
        catch (RpcException e) when (e.Code == RpcException.StatusCode.NotFound)
        {
            return TaskStanding.Unknown;
        }
        catch (RpcException e) when (MayPass(e.Code))
        {
            throw Unavailable(e);
        }
    }

    // While a client makes its first connection it honours neither token nor timeout.
    private async Task WithinAsync(Task call, CancellationToken cancellationToken)
    {
        try
        {
            await call.WaitAsync(CallTimeout * 2, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException || TemporalClients.IsAway(e, client))
        {
            throw Unavailable(e);
        }
    }

    private static RpcOptions Rpc(CancellationToken cancellationToken) => new() { CancellationToken = cancellationToken, Timeout = CallTimeout };

    private static TaskGatewayUnavailableException Unavailable(Exception e) =>
        new($"Temporal cannot be reached: {(e is RpcException rpc ? $"{rpc.Code} " : "")}{e.Message}", e);

    // Credentials are the operator's to mend; what the server calls invalid stays invalid.
    private static bool MayPass(RpcException.StatusCode code) =>
        code is not (RpcException.StatusCode.InvalidArgument or RpcException.StatusCode.NotFound or RpcException.StatusCode.AlreadyExists
            or RpcException.StatusCode.FailedPrecondition or RpcException.StatusCode.OutOfRange or RpcException.StatusCode.Unimplemented);
}
