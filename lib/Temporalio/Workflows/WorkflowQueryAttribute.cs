namespace Temporalio.Workflows;

/// <summary>Marks a query handler: a method or property that returns a value and changes nothing. Its name is the member's.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Property, Inherited = false)]
public sealed class WorkflowQueryAttribute : Attribute
{
    /// <summary>Names the query after the member.</summary>
    public WorkflowQueryAttribute()
    {
    }

    /// <summary>Names the query.</summary>
    /// <param name="name">Its name.</param>
    public WorkflowQueryAttribute(string name) => Name = name;

    /// <summary>Its name; null to derive it.</summary>
    public string? Name { get; }

    /// <summary>What it is for.</summary>
    public string? Description { get; set; }

    /// <summary>Takes every query that no other handler takes: a name and raw values.</summary>
    public bool Dynamic { get; set; }
}
