using System.Reflection;
using System.Runtime.ExceptionServices;
using Temporalio.Common;

namespace Temporalio.Activities;

/// <summary>An activity as a worker runs it: name, signature and how to call it.</summary>
public class ActivityDefinition
{
    private readonly Func<object?[], object?> _invoker;

    private ActivityDefinition(
        string? name, Type returnType, IReadOnlyCollection<Type> parameterTypes, int required, MethodInfo? method, Func<object?[], object?> invoker)
    {
        Name = name;
        ReturnType = returnType;
        ParameterTypes = parameterTypes;
        RequiredParameterCount = required;
        MethodInfo = method;
        _invoker = invoker;
    }

    /// <summary>Its name; null when dynamic.</summary>
    public string? Name { get; private init; }

    /// <summary>Return type as declared.</summary>
    public Type ReturnType { get; private init; }

    /// <summary>Parameter types in order.</summary>
    public IReadOnlyCollection<Type> ParameterTypes { get; private init; }

    /// <summary>How many parameters have no default.</summary>
    public int RequiredParameterCount { get; private init; }

    /// <summary>Whether it takes every activity that no other definition takes.</summary>
    public bool Dynamic => Name is null;

    /// <summary>The method, when there is one.</summary>
    public MethodInfo? MethodInfo { get; private init; }

    /// <summary>Definition from a delegate whose method is marked.</summary>
    /// <param name="del">The delegate.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="ArgumentException">The method is not marked with <see cref="ActivityAttribute" />.</exception>
    public static ActivityDefinition Create(Delegate del)
    {
        ArgumentNullException.ThrowIfNull(del);
        return Create(del.Method, args => Invoke(del.Method, del.Target, args));
    }

    /// <summary>Definition from a marked method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="invoker">How to call it.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="ArgumentException">The method is not marked with <see cref="ActivityAttribute" />.</exception>
    public static ActivityDefinition Create(MethodInfo method, Func<object?[], object?> invoker)
    {
        ArgumentNullException.ThrowIfNull(method);
        return new(
            Names.OfActivity(method), method.ReturnType, [.. method.GetParameters().Select(p => p.ParameterType)],
            method.GetParameters().Count(p => !p.HasDefaultValue), method, invoker);
    }

    /// <summary>Definition without a method.</summary>
    /// <param name="name">Its name; null for dynamic.</param>
    /// <param name="returnType">Return type.</param>
    /// <param name="parameterTypes">Parameter types in order.</param>
    /// <param name="requiredParameterCount">How many parameters have no default.</param>
    /// <param name="invoker">How to call it.</param>
    /// <returns>The definition.</returns>
    public static ActivityDefinition Create(
        string? name, Type returnType, IReadOnlyCollection<Type> parameterTypes, int requiredParameterCount, Func<object?[], object?> invoker) =>
        new(name, returnType, parameterTypes, requiredParameterCount, null, invoker);

    /// <summary>Definitions of all marked methods of a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="instance">Object that instance methods are called on; may be null when all are static.</param>
    /// <returns>The definitions.</returns>
    public static IReadOnlyCollection<ActivityDefinition> CreateAll<T>(T? instance) => CreateAll(typeof(T), instance);

    /// <summary>Definitions of all marked methods of a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="instance">Object that instance methods are called on; may be null when all are static.</param>
    /// <returns>The definitions.</returns>
    /// <exception cref="ArgumentException">There is none, or an instance is needed.</exception>
    public static IReadOnlyCollection<ActivityDefinition> CreateAll(Type type, object? instance)
    {
        ArgumentNullException.ThrowIfNull(type);
        var methods = type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance)
            .Where(m => m.GetCustomAttribute<ActivityAttribute>() is not null)
            .ToList();
        if (methods.Count == 0)
        {
            throw new ArgumentException($"{type} has no public method marked with [Activity].", nameof(type));
        }

        if (instance is null && methods.Find(m => !m.IsStatic) is { } needy)
        {
            throw new ArgumentException($"{type}.{needy.Name} is not static, so an instance is needed.", nameof(instance));
        }

        return [.. methods.Select(m => Create(m, args => Invoke(m, m.IsStatic ? null : instance, args)))];
    }

    /// <summary>Calls the activity and awaits it when it returns a task.</summary>
    /// <param name="parameters">Arguments in order.</param>
    /// <returns>The result; null when there is none.</returns>
    public async Task<object?> InvokeAsync(object?[] parameters)
    {
        var result = _invoker(parameters);
        return result is Task task ? await TaskResults.AwaitAsync(task, ReturnType) : result;
    }

    private static object? Invoke(MethodInfo method, object? target, object?[] args)
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
