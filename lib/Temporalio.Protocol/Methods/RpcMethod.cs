namespace Temporalio.Protocol.Methods;

/// <summary>A unary method without its types: enough to route and to list.</summary>
/// <param name="Service">The full service name, for example <c>temporal.api.workflowservice.v1.WorkflowService</c>.</param>
/// <param name="Name">The method name.</param>
public abstract record RpcMethod(string Service, string Name)
{
    /// <summary>The request path: slash, service, slash, method.</summary>
    public string Path => $"/{Service}/{Name}";

    /// <summary>True for calls a server holds open until there is something to tell; they get the long deadline.</summary>
    public bool IsLongPoll { get; init; }
}
