using System.Collections.Concurrent;
using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Temporalio.Converters;

/// <summary>What both protobuf encodings share: metadata and the descriptor of a message type.</summary>
internal static class ProtoMessages
{
    private static readonly ConcurrentDictionary<Type, MessageDescriptor> Descriptors = new();

    public static MessageDescriptor Descriptor(Type type) => Descriptors.GetOrAdd(type, static t =>
        t.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as MessageDescriptor
            ?? throw new ArgumentException($"A protobuf payload cannot be read as {t}: it is not a message type.", nameof(type)));

    public static Api.Common.V1.Payload ToPayload(ByteString encoding, IMessage message, ByteString data) => new()
    {
        Metadata = { ["encoding"] = encoding, ["messageType"] = ByteString.CopyFromUtf8(message.Descriptor.FullName) },
        Data = data,
    };
}
