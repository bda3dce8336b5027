namespace Temporalio.Workflows;

/// <summary>Marks an update handler. Its name is the method's, less a trailing <c>Async</c>.</summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class WorkflowUpdateAttribute : Attribute
{
    /// <summary>Names the update after the method.</summary>
    public WorkflowUpdateAttribute()
    {
    }

    /// <summary>Names the update.</summary>
    /// <param name="name">Its name.</param>
    public WorkflowUpdateAttribute(string name) => Name = name;

    /// <summary>Its name; null to derive it.</summary>
    public string? Name { get; }

    /// <summary>What it is for.</summary>
    public string? Description { get; set; }

    /// <summary>Takes every update that no other handler takes: a name and raw values.</summary>
    public bool Dynamic { get; set; }

    /// <summary>What happens when the workflow closes while the handler runs.</summary>
    public HandlerUnfinishedPolicy UnfinishedPolicy { get; set; } = HandlerUnfinishedPolicy.WarnAndAbandon;
}
