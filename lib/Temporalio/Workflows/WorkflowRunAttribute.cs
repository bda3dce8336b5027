namespace Temporalio.Workflows;

/// <summary>Marks the main method of a workflow. Exactly one, returning a task.</summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class WorkflowRunAttribute : Attribute
{
}
