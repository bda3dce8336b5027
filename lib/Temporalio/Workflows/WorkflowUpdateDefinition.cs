using System.Reflection;

namespace Temporalio.Workflows;

/// <summary>An update handler of a workflow.</summary>
public class WorkflowUpdateDefinition
{
    internal WorkflowUpdateDefinition(string? name, string? description, MethodInfo method, MethodInfo? validatorMethod, HandlerUnfinishedPolicy unfinishedPolicy)
    {
        Name = name;
        Description = description;
        Method = method;
        ValidatorMethod = validatorMethod;
        UnfinishedPolicy = unfinishedPolicy;
    }

    /// <summary>Update name; null when dynamic.</summary>
    public string? Name { get; private init; }

    /// <summary>What it is for, for people.</summary>
    public string? Description { get; private init; }

    /// <summary>Whether it takes what no other update handler takes.</summary>
    public bool Dynamic => Name is null;

    internal MethodInfo Method { get; }

    internal MethodInfo? ValidatorMethod { get; }

    internal HandlerUnfinishedPolicy UnfinishedPolicy { get; }
}
