using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace CodingAgent.Peers.Dotnet;

/// <summary>Runs children written in the other language.</summary>
[Workflow("dotnetParent")]
internal sealed class ParentWorkflow
{
    /// <summary>One child that returns, one that is signalled, one that fails.</summary>
    [WorkflowRun]
    public async Task<string> RunAsync()
    {
        var options = new ChildWorkflowOptions { TaskQueue = TypeScript.Queue, Memo = new Dictionary<string, object>(StringComparer.Ordinal) { ["from"] = "parent" } };
        var doubled = await Workflow.ExecuteChildWorkflowAsync<int>("child", [21], options);
        var listener = await Workflow.StartChildWorkflowAsync("listener", [1], options);
        await listener.SignalAsync("note", ["hello from .NET"]);
        var heard = await listener.GetResultAsync<string[]>();
        try
        {
            await Workflow.ExecuteChildWorkflowAsync("failing", ["application"], options);
            return "the failing child did not fail";
        }
        catch (ChildWorkflowFailureException e) when (e.InnerException is ApplicationFailureException inner)
        {
            return $"{doubled}, {heard[0]}, {e.WorkflowType}: {inner.ErrorType} {inner.Message} {inner.NonRetryable}, below {inner.InnerException?.Message}";
        }
    }
}
