using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace CodingAgent.Peers.Dotnet;

/// <summary>Activity with retries, signal, query and update.</summary>
[Workflow("dotnetOrder")]
internal sealed class OrderWorkflow
{
    private string? _by;
    private int _sum;

    /// <summary>Where it stands.</summary>
    [WorkflowQuery("stage")]
    public string Stage { get; private set; } = "working";

    /// <summary>Waits for its approval and for a sum of ten.</summary>
    [WorkflowRun]
    public async Task<string> RunAsync(string name)
    {
        var left = await Workflow.ExecuteActivityAsync(
            () => Activities.ResumeAsync(2),
            new()
            {
                StartToCloseTimeout = TimeSpan.FromSeconds(30),
                HeartbeatTimeout = TimeSpan.FromSeconds(20),
                RetryPolicy = new() { InitialInterval = TimeSpan.FromMilliseconds(20) },
            });
        Stage = "waiting";
        await Workflow.WaitConditionAsync(() => _by is not null && _sum >= 10);
        Stage = "done";
        return $"{name}: {left}, approved by {_by}, {_sum}";
    }

    /// <summary>Approves it.</summary>
    [WorkflowSignal("approve")]
    public Task ApproveAsync(string by)
    {
        _by = by;
        return Task.CompletedTask;
    }

    /// <summary>Adds to the sum and returns it.</summary>
    [WorkflowUpdate("add")]
    public async Task<int> AddAsync(int n)
    {
        await Workflow.DelayAsync(10);
        if (n == 13)
            throw new ApplicationFailureException("not thirteen", errorType: "Superstition", details: [n]);
        return _sum += n;
    }

    /// <summary>Refuses to go back.</summary>
    [WorkflowUpdateValidator(nameof(AddAsync))]
    public void ValidateAdd(int n)
    {
        if (n < 0)
            throw new ApplicationFailureException("only forward", errorType: "Backward");
    }

    /// <summary>A query that cannot be answered.</summary>
    [WorkflowQuery("broken")]
    public int Broken() => throw new InvalidOperationException("no answer to that");
}
