namespace Temporalio.Client;

/// <summary>How workflows are listed.</summary>
public class WorkflowListOptions : ICloneable
{
    /// <summary>Most workflows to return; 0 for all.</summary>
    public int Limit { get; set; }

    /// <summary>How the call is made.</summary>
    public RpcOptions? Rpc { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
