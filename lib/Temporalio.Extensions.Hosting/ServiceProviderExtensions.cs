using System.Reflection;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.DependencyInjection;
using Temporalio.Activities;

namespace Temporalio.Extensions.Hosting;

/// <summary>Activities whose objects come from a service provider.</summary>
public static class ServiceProviderExtensions
{
    /// <summary>Definitions of all marked methods of a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="provider">Where its objects come from.</param>
    /// <returns>The definitions.</returns>
    public static IReadOnlyCollection<ActivityDefinition> CreateTemporalActivityDefinitions<T>(this IServiceProvider provider) =>
        provider.CreateTemporalActivityDefinitions(typeof(T));

    /// <summary>Definitions of all marked methods of a type.</summary>
    /// <param name="provider">Where its objects come from.</param>
    /// <param name="type">The type.</param>
    /// <returns>The definitions.</returns>
    public static IReadOnlyCollection<ActivityDefinition> CreateTemporalActivityDefinitions(this IServiceProvider provider, Type type) =>
    [
        .. type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance)
            .Where(method => method.IsDefined(typeof(ActivityAttribute)))
            .Select(method => provider.CreateTemporalActivityDefinition(type, method)),
    ];

    /// <summary>Definition of a method. Each call gets a scope of its own, which lives as long as the activity.</summary>
    /// <param name="provider">Where its object comes from.</param>
    /// <param name="instanceType">Type of the object.</param>
    /// <param name="method">The method.</param>
    /// <returns>The definition.</returns>
    public static ActivityDefinition CreateTemporalActivityDefinition(this IServiceProvider provider, Type instanceType, MethodInfo method)
    {
        return ActivityDefinition.Create(method, InvokeAsync);

        async Task<object?> InvokeAsync(object?[] args)
        {
            AsyncServiceScope? own = null;
            if (ActivityScope.ServiceScope is null)
            {
                own = provider.CreateAsyncScope();
                ActivityScope.ServiceScope = own;
            }

            try
            {
                if (!method.IsStatic)
                {
                    ActivityScope.ScopedInstance ??= ActivityScope.ServiceScope!.ServiceProvider.GetRequiredService(instanceType);
                }

                var result = Call(method, ActivityScope.ScopedInstance, args);
                if (result is not Task task)
                {
                    return result;
                }

                await task;
                return typeof(Task).IsAssignableFrom(method.ReturnType) && method.ReturnType.IsGenericType
                    ? task.GetType().GetProperty("Result")!.GetValue(task)
                    : null;
            }
            finally
            {
                ActivityScope.ServiceScope = null;
                ActivityScope.ScopedInstance = null;
                if (own is { } scope)
                {
                    await scope.DisposeAsync();
                }
            }
        }
    }

    private static object? Call(MethodInfo method, object? target, object?[] args)
    {
        try
        {
            return method.Invoke(target, args);
        }
        catch (TargetInvocationException e) when (e.InnerException is { } inner)
        {
            ExceptionDispatchInfo.Capture(inner).Throw();
            throw;
        }
    }
}
