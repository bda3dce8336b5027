namespace Temporalio.Workflows;

/// <summary>Marks a signal handler. Its name is the method's, less a trailing <c>Async</c>.</summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class WorkflowSignalAttribute : Attribute
{
    /// <summary>Names the signal after the method.</summary>
    public WorkflowSignalAttribute()
    {
    }

    /// <summary>Names the signal.</summary>
    /// <param name="name">Its name.</param>
    public WorkflowSignalAttribute(string name) => Name = name;

    /// <summary>Its name; null to derive it.</summary>
    public string? Name { get; }

    /// <summary>What it is for.</summary>
    public string? Description { get; set; }

    /// <summary>Takes every signal that no other handler takes: a name and raw values.</summary>
    public bool Dynamic { get; set; }

    /// <summary>What happens when the workflow closes while the handler runs.</summary>
    public HandlerUnfinishedPolicy UnfinishedPolicy { get; set; } = HandlerUnfinishedPolicy.WarnAndAbandon;
}
