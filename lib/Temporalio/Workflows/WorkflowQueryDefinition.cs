using System.Reflection;

namespace Temporalio.Workflows;

/// <summary>A query handler of a workflow.</summary>
public class WorkflowQueryDefinition
{
    internal WorkflowQueryDefinition(string? name, string? description, MethodInfo method)
    {
        Name = name;
        Description = description;
        Method = method;
    }

    /// <summary>Query name; null when dynamic.</summary>
    public string? Name { get; private init; }

    /// <summary>What it is for, for people.</summary>
    public string? Description { get; private init; }

    /// <summary>Whether it takes what no other query handler takes.</summary>
    public bool Dynamic => Name is null;

    internal MethodInfo Method { get; }
}
