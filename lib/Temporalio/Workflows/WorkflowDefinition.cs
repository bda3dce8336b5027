using System.Reflection;
using System.Runtime.ExceptionServices;
using Temporalio.Common;

namespace Temporalio.Workflows;

/// <summary>A workflow as a worker runs it: name, main method and handlers, checked once.</summary>
public class WorkflowDefinition
{
    private readonly ConstructorInfo? _init;

    private WorkflowDefinition(Type type)
    {
        var attribute = type.GetCustomAttribute<WorkflowAttribute>(false)
            ?? throw new ArgumentException($"{type} is not marked with [Workflow].", nameof(type));
        Type = type;
        Name = attribute.Dynamic ? null : Names.OfWorkflow(type);
        FailureExceptionTypes = attribute.FailureExceptionTypes;
        var methods = type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static);
        RunMethod = FindRun(type, methods);
        _init = FindInit(type, RunMethod);
        Signals = Index(type, "signal", methods.Where(Has<WorkflowSignalAttribute>).Select(Signal), out var signal);
        DynamicSignal = signal;
        Queries = Index(
            type,
            "query",
            methods.Where(Has<WorkflowQueryAttribute>).Select(m => Query(m, m)).Concat(
                type.GetProperties().Where(Has<WorkflowQueryAttribute>).Select(p => Query(
                    p, p.GetMethod ?? throw Wrong(p, "needs a getter to be a query")))),
            out var query);
        DynamicQuery = query;
        Updates = Index(type, "update", methods.Where(Has<WorkflowUpdateAttribute>).Select(m => Update(m, methods)), out var update);
        DynamicUpdate = update;
    }

    /// <summary>Workflow type name; null when dynamic.</summary>
    public string? Name { get; private init; }

    /// <summary>Type that implements it.</summary>
    public Type Type { get; private init; }

    /// <summary>Its main method.</summary>
    public MethodInfo RunMethod { get; private init; }

    /// <summary>Whether a worker can run it: false for interfaces and abstract classes.</summary>
    public bool Instantiable => !Type.IsAbstract && !Type.IsInterface;

    /// <summary>Whether it takes every workflow that no other definition takes.</summary>
    public bool Dynamic => Name is null;

    /// <summary>Exceptions, besides Temporal's failures, that fail the workflow instead of the task.</summary>
    public Type[]? FailureExceptionTypes { get; private init; }

    internal IReadOnlyDictionary<string, WorkflowHandlerDefinition> Signals { get; }

    internal WorkflowHandlerDefinition? DynamicSignal { get; }

    internal IReadOnlyDictionary<string, WorkflowHandlerDefinition> Queries { get; }

    internal WorkflowHandlerDefinition? DynamicQuery { get; }

    internal IReadOnlyDictionary<string, WorkflowHandlerDefinition> Updates { get; }

    internal WorkflowHandlerDefinition? DynamicUpdate { get; }

    /// <summary>Definition of a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <returns>The definition.</returns>
    /// <exception cref="ArgumentException">The type is not a valid workflow; the message says why.</exception>
    public static WorkflowDefinition Create<T>() => Create(typeof(T));

    /// <summary>Definition of a type.</summary>
    /// <param name="type">The type.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="ArgumentException">The type is not a valid workflow; the message says why.</exception>
    public static WorkflowDefinition Create(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new(type);
    }

    /// <summary>Makes the workflow object.</summary>
    /// <param name="workflowArguments">Arguments of the main method, for a constructor marked with <see cref="WorkflowInitAttribute" />.</param>
    /// <returns>The object.</returns>
    public object CreateWorkflowInstance(object?[] workflowArguments)
    {
        try
        {
            return _init is null ? Activator.CreateInstance(Type)! : _init.Invoke(workflowArguments);
        }
        catch (TargetInvocationException e) when (e.InnerException is { } inner)
        {
            ExceptionDispatchInfo.Capture(inner).Throw();
            throw;
        }
    }

    private static bool Has<T>(MemberInfo member)
        where T : Attribute => member.GetCustomAttribute<T>(false) is not null;

    private static MethodInfo FindRun(Type type, MethodInfo[] methods)
    {
        var runs = methods.Where(Has<WorkflowRunAttribute>).ToList();
        if (runs.Count != 1)
        {
            throw new ArgumentException($"{type} needs exactly one public method marked with [WorkflowRun] and has {runs.Count}.", nameof(type));
        }

        return typeof(Task).IsAssignableFrom(runs[0].ReturnType) ? runs[0] : throw Wrong(runs[0], "must return a task");
    }

    private static ConstructorInfo? FindInit(Type type, MethodInfo run)
    {
        var constructors = type.GetConstructors();
        var init = Array.Find(constructors, Has<WorkflowInitAttribute>);
        if (init is null)
        {
            return type.IsInterface || type.IsAbstract || type.IsValueType || constructors.Any(c => c.GetParameters().Length == 0)
                ? null
                : throw new ArgumentException($"{type} needs a public constructor without parameters, or one marked with [WorkflowInit].", nameof(type));
        }

        return init.GetParameters().Select(p => p.ParameterType).SequenceEqual(run.GetParameters().Select(p => p.ParameterType))
            ? init
            : throw new ArgumentException($"The [WorkflowInit] constructor of {type} must have the parameters of {run.Name}.", nameof(type));
    }

    private static WorkflowHandlerDefinition Signal(MethodInfo method) => method.ReturnType == typeof(Task)
        ? new(Names.OfSignal(method), method, method.GetCustomAttribute<WorkflowSignalAttribute>(false)!.UnfinishedPolicy)
        : throw Wrong(method, "must return Task to be a signal");

    private static WorkflowHandlerDefinition Query(MemberInfo member, MethodInfo method) =>
        method.ReturnType == typeof(void) || typeof(Task).IsAssignableFrom(method.ReturnType)
            ? throw Wrong(member, "must return a value and no task to be a query")
            : new(Names.OfQuery(member), method);

    private static WorkflowHandlerDefinition Update(MethodInfo method, MethodInfo[] all)
    {
        if (!typeof(Task).IsAssignableFrom(method.ReturnType))
        {
            throw Wrong(method, "must return a task to be an update");
        }

        var validator = Array.Find(all, m => m.GetCustomAttribute<WorkflowUpdateValidatorAttribute>(false)?.UpdateMethod == method.Name);
        if (validator is not null
            && (validator.ReturnType != typeof(void)
                || !validator.GetParameters().Select(p => p.ParameterType).SequenceEqual(method.GetParameters().Select(p => p.ParameterType))))
        {
            throw Wrong(validator, $"must return nothing and take the parameters of {method.Name} to validate it");
        }

        return new(
            Names.OfUpdate(method), method, method.GetCustomAttribute<WorkflowUpdateAttribute>(false)!.UnfinishedPolicy, validator);
    }

    private static Dictionary<string, WorkflowHandlerDefinition> Index(
        Type type, string kind, IEnumerable<WorkflowHandlerDefinition> handlers, out WorkflowHandlerDefinition? dynamic)
    {
        dynamic = null;
        var result = new Dictionary<string, WorkflowHandlerDefinition>();
        foreach (var handler in handlers)
        {
            if (handler.Name is null)
            {
                dynamic = handler;
            }
            else if (!result.TryAdd(handler.Name, handler))
            {
                throw new ArgumentException($"{type} has two handlers for the {kind} \"{handler.Name}\".", nameof(type));
            }
        }

        return result;
    }

    private static ArgumentException Wrong(MemberInfo member, string rule) => new($"{member.DeclaringType}.{member.Name} {rule}.", nameof(member));
}
