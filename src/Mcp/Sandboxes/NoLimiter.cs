namespace CodingAgent.Mcp.Sandboxes;

/// <summary>No limits beyond wall time; only where the operator allowed it.</summary>
internal sealed class NoLimiter : ILimiter, ILimitScope
{
    public LimitMechanism Mechanism => LimitMechanism.None;

    public IReadOnlyList<string> Groups => [];

    public string Prelude => "";

    public CancellationToken Stop => CancellationToken.None;

    public ILimitScope Open(SandboxLimits limits) => this;

    public void Watch(int processId)
    {
    }

    public bool MemoryExceeded() => false;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
