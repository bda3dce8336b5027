namespace Temporalio.Workflows;

/// <summary>Marks the constructor that receives the arguments of the main method, so that handlers see them before it runs.</summary>
[AttributeUsage(AttributeTargets.Constructor, Inherited = false)]
public sealed class WorkflowInitAttribute : Attribute
{
}
