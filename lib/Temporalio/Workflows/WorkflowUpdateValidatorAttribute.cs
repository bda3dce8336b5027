namespace Temporalio.Workflows;

/// <summary>Marks the validator of an update: it takes the handler's parameters, returns nothing, and throws to reject.</summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class WorkflowUpdateValidatorAttribute : Attribute
{
    /// <summary>Names the update handler.</summary>
    /// <param name="updateMethod">Name of the handler's method, as by <c>nameof</c>.</param>
    public WorkflowUpdateValidatorAttribute(string updateMethod) => UpdateMethod = updateMethod;

    /// <summary>Name of the handler's method.</summary>
    public string UpdateMethod { get; private init; }
}
