namespace Temporalio.Client;

/// <summary>How a workflow is asked to cancel.</summary>
public class WorkflowCancelOptions : ICloneable
{
    /// <summary>How the call is made.</summary>
    public RpcOptions? Rpc { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
