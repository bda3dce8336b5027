namespace Temporalio.Client;

/// <summary>How a workflow is updated.</summary>
public class WorkflowUpdateOptions : ICloneable
{
    /// <summary>A new update id.</summary>
    public WorkflowUpdateOptions()
    {
    }

    /// <summary>A given update id, under which the server runs the update once only.</summary>
    /// <param name="id">Update id.</param>
    public WorkflowUpdateOptions(string id) => Id = id;

    /// <summary>Update id; a new one when null.</summary>
    public string? Id { get; set; }

    /// <summary>How the call is made.</summary>
    public RpcOptions? Rpc { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
