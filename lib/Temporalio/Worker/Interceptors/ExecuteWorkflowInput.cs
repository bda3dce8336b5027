using System.Reflection;

namespace Temporalio.Worker.Interceptors;

/// <summary>Input of <see cref="WorkflowInboundInterceptor.ExecuteWorkflowAsync" />.</summary>
/// <param name="Instance">The workflow object.</param>
/// <param name="RunMethod">Its main method.</param>
/// <param name="Args">Arguments, one for each parameter.</param>
public record ExecuteWorkflowInput(object Instance, MethodInfo RunMethod, object?[] Args);
