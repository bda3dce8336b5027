using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace CodingAgent.BotHost.Tests.Temporal;

/// <summary>Hears a signal, works, begins a child and goes on as a new run, which does the same once more.</summary>
[Workflow]
public sealed class TracedWorkflow
{
    private bool _told;

    [WorkflowSignal]
    public Task TellAsync()
    {
        _told = true;
        return Task.CompletedTask;
    }

    [WorkflowRun]
    public async Task RunAsync(int run)
    {
        await Workflow.WaitConditionAsync(() => _told || run > 1);
        await Workflow.ExecuteActivityAsync((TracedActivities a) => a.Work(), new ActivityOptions { StartToCloseTimeout = TimeSpan.FromMinutes(1) });
        await Workflow.ExecuteChildWorkflowAsync((TracedChildWorkflow w) => w.RunAsync(), new ChildWorkflowOptions { Id = $"{Workflow.Info.WorkflowId}/{run}" });
        if (run == 1)
            throw Workflow.CreateContinueAsNewException((TracedWorkflow w) => w.RunAsync(2));
    }
}

/// <summary>Does what fails, and lives with it.</summary>
[Workflow]
public sealed class TracedChildWorkflow
{
    [WorkflowRun]
    public async Task RunAsync()
    {
        try
        {
            await Workflow.ExecuteActivityAsync((TracedActivities a) => a.Fail(), new ActivityOptions { StartToCloseTimeout = TimeSpan.FromMinutes(1) });
        }
        catch (ActivityFailureException)
        {
            // As expected.
        }
    }
}
