namespace Temporalio.Client;

/// <summary>How a workflow is queried.</summary>
public class WorkflowQueryOptions : ICloneable
{
    /// <summary>When the query is rejected; the client's default when null.</summary>
    public Api.Enums.V1.QueryRejectCondition? RejectCondition { get; set; }

    /// <summary>How the call is made.</summary>
    public RpcOptions? Rpc { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
