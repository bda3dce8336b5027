namespace Temporalio.Client;

/// <summary>How a workflow is closed by force.</summary>
public class WorkflowTerminateOptions : ICloneable
{
    /// <summary>Values recorded with the termination.</summary>
    public IReadOnlyCollection<object?>? Details { get; set; }

    /// <summary>How the call is made.</summary>
    public RpcOptions? Rpc { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
