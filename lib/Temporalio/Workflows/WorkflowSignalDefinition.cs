using System.Reflection;

namespace Temporalio.Workflows;

/// <summary>A signal handler of a workflow.</summary>
public class WorkflowSignalDefinition
{
    internal WorkflowSignalDefinition(string? name, string? description, MethodInfo method, HandlerUnfinishedPolicy unfinishedPolicy)
    {
        Name = name;
        Description = description;
        Method = method;
        UnfinishedPolicy = unfinishedPolicy;
    }

    /// <summary>Signal name; null when dynamic.</summary>
    public string? Name { get; private init; }

    /// <summary>What it is for, for people.</summary>
    public string? Description { get; private init; }

    /// <summary>Whether it takes what no other signal handler takes.</summary>
    public bool Dynamic => Name is null;

    internal MethodInfo Method { get; }

    internal HandlerUnfinishedPolicy UnfinishedPolicy { get; }
}
