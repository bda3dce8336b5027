namespace TemporalServer.Endpoints;

/// <summary>
/// Joins the methods of one service with what answers them. The SDK's package has the messages of the protocol, but no service to derive from.
/// </summary>
internal sealed class RpcService
{
    private readonly ServerServiceDefinition.Builder _methods = ServerServiceDefinition.CreateBuilder();

    /// <summary>Joins one method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="answer">Answers a request, given the time the caller allows, if it set one, and a token that ends with the caller or that time.</param>
    public void Map<TRequest, TResponse>(Method<TRequest, TResponse> method, Func<TRequest, TimeSpan?, CancellationToken, Task<TResponse>> answer)
        where TRequest : class
        where TResponse : class =>
        _methods.AddMethod(method, async (request, call) =>
        {
            try
            {
                return await answer(request, Timeout(call), call.CancellationToken);
            }
            catch (OperationCanceledException)
            {
                // Held calls end with their caller, whom nothing reaches any more, or with the server, which clients wait for and try again.
                throw Engine.Errors.Stopping();
            }
        });

    public ServerServiceDefinition Build() => _methods.Build();

    private static TimeSpan? Timeout(ServerCallContext call) =>
        call.Deadline == DateTime.MaxValue ? null : call.Deadline - TimeProvider.System.GetUtcNow().UtcDateTime;
}
