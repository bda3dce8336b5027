namespace TemporalServer.Engine;

/// <summary>A query that waits for its answer. It lives in memory: whoever asked asks again when the server stops.</summary>
internal sealed class PendingQuery(Run run, WorkflowQuery query)
{
    private readonly TaskCompletionSource<Payloads?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Names it in tokens and in the task it is attached to.</summary>
    public string Id { get; } = Guid.NewGuid().ToString();

    /// <summary>The run asked.</summary>
    public Run Run { get; } = run;

    /// <summary>The question.</summary>
    public WorkflowQuery Query { get; } = query;

    /// <summary>Set when a worker took it as a task of its own, or nobody waits for the answer any more.</summary>
    public bool Taken { get; set; }

    /// <summary>Set while only the worker that keeps the workflow in memory may take it.</summary>
    public bool IsSticky { get; set; }

    /// <summary>When it was last offered or taken, as a timestamp of the clock.</summary>
    public long Since { get; set; }

    /// <summary>The answer, or why there is none.</summary>
    public Task<Payloads?> Answer => _answer.Task;

    /// <summary>Ends it with its answer.</summary>
    public void Succeed(Payloads? answer) => _answer.TrySetResult(answer);

    /// <summary>Ends it with an error for whoever asked.</summary>
    public void Fail(RpcException error) => _answer.TrySetException(error);
}
