namespace Temporalio.Common;

/// <summary>Awaits tasks whose result type is known only at run time.</summary>
internal static class TaskResults
{
    /// <summary>Awaits on the current scheduler; gives null for a task without a result.</summary>
    public static async Task<object?> AwaitAsync(Task task, Type declaredType)
    {
        await task;
        return ResultType(declaredType) is null ? null : task.GetType().GetProperty("Result")!.GetValue(task);
    }

    /// <summary>The result type of a method: null for void and plain tasks.</summary>
    public static Type? ResultType(Type declaredType)
    {
        if (declaredType == typeof(void) || declaredType == typeof(Task))
        {
            return null;
        }

        for (var type = declaredType; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>))
            {
                return type.GetGenericArguments()[0];
            }
        }

        return declaredType;
    }
}
