namespace CodingAgent.Mcp.Servers;

/// <summary>Knows the calls in flight; disposing cancels them and waits for their end.</summary>
internal sealed class CallCounter : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private int _count;
    private bool _closed;

    public CancellationToken Stop => _stop.Token;

    public void Enter()
    {
        lock (_gate)
        {
            if (_closed) throw new OperationCanceledException("The tools are closed.");
            _count++;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            if (--_count == 0 && _closed) _idle.TrySetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
            if (_count == 0) _idle.TrySetResult();
        }

        await _stop.CancelAsync();
        await _idle.Task;
        _stop.Dispose();
    }
}
