using System.Reflection;
using Temporalio.Activities;
using Temporalio.Workflows;

namespace Temporalio.Common;

/// <summary>Names of workflows, activities and handlers as the attributes and conventions give them.</summary>
internal static class Names
{
    public static string OfWorkflow(Type type)
    {
        var attribute = type.GetCustomAttribute<WorkflowAttribute>(false)
            ?? throw new ArgumentException($"{type} is not marked with [Workflow].", nameof(type));
        if (attribute.Dynamic)
        {
            throw new ArgumentException($"{type} is dynamic and has no name of its own.", nameof(type));
        }

        // An interface drops its leading I, so that it can stand in for the class that implements it.
        return attribute.Name
            ?? (type.IsInterface && type.Name is ['I', var second, ..] && char.IsUpper(second) ? type.Name[1..] : Bare(type.Name));
    }

    public static string? OfActivity(MethodInfo method)
    {
        var attribute = method.GetCustomAttribute<ActivityAttribute>(false) ?? throw Unmarked(method, "Activity");
        return attribute.Dynamic ? null : attribute.Name ?? WithoutAsync(method);
    }

    public static string? OfSignal(MethodInfo method)
    {
        var attribute = method.GetCustomAttribute<WorkflowSignalAttribute>(false) ?? throw Unmarked(method, "WorkflowSignal");
        return attribute.Dynamic ? null : attribute.Name ?? WithoutAsync(method);
    }

    public static string? OfQuery(MemberInfo member)
    {
        var attribute = member.GetCustomAttribute<WorkflowQueryAttribute>(false) ?? throw Unmarked(member, "WorkflowQuery");
        return attribute.Dynamic ? null : attribute.Name ?? member.Name;
    }

    public static string? OfUpdate(MethodInfo method)
    {
        var attribute = method.GetCustomAttribute<WorkflowUpdateAttribute>(false) ?? throw Unmarked(method, "WorkflowUpdate");
        return attribute.Dynamic ? null : attribute.Name ?? WithoutAsync(method);
    }

    private static string WithoutAsync(MethodInfo method) =>
        typeof(Task).IsAssignableFrom(method.ReturnType) && method.Name.Length > 5 && method.Name.EndsWith("Async", StringComparison.Ordinal)
            ? method.Name[..^5]
            : method.Name;

    private static string Bare(string name) => name.IndexOf('`', StringComparison.Ordinal) is >= 0 and var tick ? name[..tick] : name;

    private static ArgumentException Unmarked(MemberInfo member, string attribute) =>
        new($"{member.DeclaringType}.{member.Name} is not marked with [{attribute}].", nameof(member));
}
