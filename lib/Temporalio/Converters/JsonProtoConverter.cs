using Google.Protobuf;
using Temporalio.Api.Common.V1;

namespace Temporalio.Converters;

/// <summary>Encoding <c>json/protobuf</c>: protobuf messages as JSON.</summary>
public class JsonProtoConverter : IEncodingConverter
{
    private static readonly ByteString EncodingBytes = ByteString.CopyFromUtf8("json/protobuf");

    /// <inheritdoc />
    public string Encoding => "json/protobuf";

    /// <inheritdoc />
    public bool TryToPayload(object? value, out Payload? payload)
    {
        payload = value is IMessage message
            ? ProtoMessages.ToPayload(EncodingBytes, message, ByteString.CopyFromUtf8(JsonFormatter.Default.Format(message)))
            : null;
        return payload is not null;
    }

    /// <inheritdoc />
    public object? ToValue(Payload payload, Type type) =>
        JsonParser.Default.Parse(payload.Data.ToStringUtf8(), ProtoMessages.Descriptor(type));
}
