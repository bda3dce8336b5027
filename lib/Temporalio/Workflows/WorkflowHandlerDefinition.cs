using System.Reflection;

namespace Temporalio.Workflows;

/// <summary>Handler of a signal, query or update as found by the attributes. A null name is the dynamic one.</summary>
internal sealed record WorkflowHandlerDefinition(
    string? Name, MethodInfo Method, HandlerUnfinishedPolicy UnfinishedPolicy = HandlerUnfinishedPolicy.WarnAndAbandon, MethodInfo? Validator = null);
