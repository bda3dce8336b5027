using System.Linq.Expressions;
using System.Reflection;
using Temporalio.Workflows;

namespace Temporalio.Common;

/// <summary>Reads names and arguments out of the call expressions of the public surface.</summary>
internal static class Calls
{
    public static (string Name, IReadOnlyCollection<object?> Args) OfActivity(LambdaExpression call)
    {
        var (method, args) = ExpressionUtil.ExtractCall(call);
        return (Names.OfActivity(method) ?? throw Dynamic(method), args);
    }

    public static (string Name, IReadOnlyCollection<object?> Args) OfWorkflow(Type type, LambdaExpression call)
    {
        var (method, args) = ExpressionUtil.ExtractCall(call);
        return method.GetCustomAttribute<WorkflowRunAttribute>(false) is null
            ? throw new ArgumentException($"{method.DeclaringType}.{method.Name} is not marked with [WorkflowRun].", nameof(call))
            : (Names.OfWorkflow(type), args);
    }

    public static (string Name, IReadOnlyCollection<object?> Args) OfSignal(LambdaExpression call)
    {
        var (method, args) = ExpressionUtil.ExtractCall(call);
        return (Names.OfSignal(method) ?? throw Dynamic(method), args);
    }

    public static (string Name, IReadOnlyCollection<object?> Args) OfUpdate(LambdaExpression call)
    {
        var (method, args) = ExpressionUtil.ExtractCall(call);
        return (Names.OfUpdate(method) ?? throw Dynamic(method), args);
    }

    public static (string Name, IReadOnlyCollection<object?> Args) OfQuery(LambdaExpression call)
    {
        if (ExpressionUtil.ExtractProperty(call) is { } property)
        {
            return (Names.OfQuery(property) ?? throw Dynamic(property), []);
        }

        var (method, args) = ExpressionUtil.ExtractCall(call);
        return (Names.OfQuery(method) ?? throw Dynamic(method), args);
    }

    private static ArgumentException Dynamic(MemberInfo member) =>
        new($"{member.DeclaringType}.{member.Name} is dynamic: call it by name.", nameof(member));
}
