namespace Temporalio.Workflows;

/// <summary>Marks a workflow. Its name is the type's; an interface drops its leading I.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Interface | AttributeTargets.Struct, Inherited = false)]
public sealed class WorkflowAttribute : Attribute
{
    /// <summary>Names the workflow after the type.</summary>
    public WorkflowAttribute()
    {
    }

    /// <summary>Names the workflow.</summary>
    /// <param name="name">Its name.</param>
    public WorkflowAttribute(string name) => Name = name;

    /// <summary>Its name; null to derive it.</summary>
    public string? Name { get; }

    /// <summary>Takes every workflow that no other definition takes; one parameter of raw values.</summary>
    public bool Dynamic { get; set; }

    /// <summary>Exceptions, besides Temporal's failures, that fail the workflow instead of the task.</summary>
    public Type[]? FailureExceptionTypes { get; set; }
}
