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
        Signals = Index(type, "signal", methods.Where(Has<WorkflowSignalAttribute>).Select(Signal), d => d.Name, out var signal);
        DynamicSignal = signal;
        Queries = Index(
            type,
            "query",
            methods.Where(Has<WorkflowQueryAttribute>).Select(m => Query(m, m)).Concat(
                type.GetProperties().Where(Has<WorkflowQueryAttribute>).Select(p => Query(
                    p, p.GetMethod ?? throw Wrong(p, "needs a getter to be a query")))),
            d => d.Name,
            out var query);
        DynamicQuery = query;
        Updates = Index(
            type, "update", methods.Where(Has<WorkflowUpdateAttribute>).Select(m => Update(m, methods)), d => d.Name, out var update);
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

    /// <summary>Signal handlers by name.</summary>
    public IReadOnlyDictionary<string, WorkflowSignalDefinition> Signals { get; private init; }

    /// <summary>Takes what no other signal handler takes; null when there is none.</summary>
    public WorkflowSignalDefinition? DynamicSignal { get; private init; }

    /// <summary>Query handlers by name.</summary>
    public IReadOnlyDictionary<string, WorkflowQueryDefinition> Queries { get; private init; }

    /// <summary>Takes what no other query handler takes; null when there is none.</summary>
    public WorkflowQueryDefinition? DynamicQuery { get; private init; }

    /// <summary>Update handlers by name.</summary>
    public IReadOnlyDictionary<string, WorkflowUpdateDefinition> Updates { get; private init; }

    /// <summary>Takes what no other update handler takes; null when there is none.</summary>
    public WorkflowUpdateDefinition? DynamicUpdate { get; private init; }

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

    private static WorkflowSignalDefinition Signal(MethodInfo method)
    {
        var attribute = method.GetCustomAttribute<WorkflowSignalAttribute>(false)!;
        return method.ReturnType == typeof(Task)
            ? new(Names.OfSignal(method), attribute.Description, method, attribute.UnfinishedPolicy)
            : throw Wrong(method, "must return Task to be a signal");
    }

    private static WorkflowQueryDefinition Query(MemberInfo member, MethodInfo method) =>
        method.ReturnType == typeof(void) || typeof(Task).IsAssignableFrom(method.ReturnType)
            ? throw Wrong(member, "must return a value and no task to be a query")
            : new(Names.OfQuery(member), member.GetCustomAttribute<WorkflowQueryAttribute>(false)!.Description, method);

    private static WorkflowUpdateDefinition Update(MethodInfo method, MethodInfo[] all)
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

        var attribute = method.GetCustomAttribute<WorkflowUpdateAttribute>(false)!;
        return new(Names.OfUpdate(method), attribute.Description, method, validator, attribute.UnfinishedPolicy);
    }

    private static Dictionary<string, T> Index<T>(Type type, string kind, IEnumerable<T> handlers, Func<T, string?> name, out T? dynamic)
        where T : class
    {
        dynamic = null;
        var result = new Dictionary<string, T>();
        foreach (var handler in handlers)
        {
            if (name(handler) is not { } known)
            {
                dynamic = handler;
            }
            else if (!result.TryAdd(known, handler))
            {
                throw new ArgumentException($"{type} has two handlers for the {kind} \"{known}\".", nameof(type));
            }
        }

        return result;
    }

    private static ArgumentException Wrong(MemberInfo member, string rule) => new($"{member.DeclaringType}.{member.Name} {rule}.", nameof(member));
}
