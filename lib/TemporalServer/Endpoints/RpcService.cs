namespace TemporalServer.Endpoints;

/// <summary>
/// Joins the methods of one service with what answers them. The SDK's package has the messages of the protocol, but no service to derive from.
/// </summary>
internal sealed class RpcService
{
    private readonly ServerServiceDefinition.Builder _methods = ServerServiceDefinition.CreateBuilder();

    /// <summary>Joins one method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="answer">Answers a request.</param>
    public void Map<TRequest, TResponse>(Method<TRequest, TResponse> method, Func<TRequest, ServerCallContext, Task<TResponse>> answer)
        where TRequest : class
        where TResponse : class =>
        _methods.AddMethod(method, async (request, call) =>
        {
            try
            {
                return await answer(request, call);
            }
            catch (OperationCanceledException)
            {
                // Held calls end with their caller, whom nothing reaches any more, or with the server, which clients wait for and try again.
                throw Engine.Errors.Stopping();
            }
        });

    public ServerServiceDefinition Build() => _methods.Build();
}
