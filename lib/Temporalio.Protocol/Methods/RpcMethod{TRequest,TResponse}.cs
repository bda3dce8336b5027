using Google.Protobuf;

namespace Temporalio.Protocol.Methods;

/// <summary>A unary method with the types on both sides.</summary>
/// <typeparam name="TRequest">The request message.</typeparam>
/// <typeparam name="TResponse">The response message.</typeparam>
/// <param name="Service">The full service name.</param>
/// <param name="Name">The method name.</param>
public sealed record RpcMethod<TRequest, TResponse>(string Service, string Name) : RpcMethod(Service, Name)
    where TRequest : class, IMessage<TRequest>, new()
    where TResponse : class, IMessage<TResponse>, new()
{
    /// <summary>Reads requests; unknown fields are kept, not refused.</summary>
    public MessageParser<TRequest> RequestParser { get; } = new(static () => new TRequest());

    /// <summary>Reads responses; unknown fields are kept, not refused.</summary>
    public MessageParser<TResponse> ResponseParser { get; } = new(static () => new TResponse());
}
