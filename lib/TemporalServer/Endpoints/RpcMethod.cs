using Google.Protobuf;

namespace TemporalServer.Endpoints;

/// <summary>A unary method with the messages on both sides, which are written to the wire and read from it without a copy between.</summary>
/// <typeparam name="TRequest">The request message.</typeparam>
/// <typeparam name="TResponse">The response message.</typeparam>
/// <param name="service">The full service name.</param>
/// <param name="name">The method name.</param>
internal sealed class RpcMethod<TRequest, TResponse>(string service, string name)
    : Method<TRequest, TResponse>(MethodType.Unary, service, name, Marshalled<TRequest>(), Marshalled<TResponse>())
    where TRequest : class, IMessage<TRequest>, new()
    where TResponse : class, IMessage<TResponse>, new()
{
    private static Marshaller<T> Marshalled<T>()
        where T : class, IMessage<T>, new()
    {
        var parser = new MessageParser<T>(static () => new T());
        return Marshallers.Create(
            static (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
    }
}
