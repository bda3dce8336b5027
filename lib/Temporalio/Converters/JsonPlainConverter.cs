using System.Text.Json;
using Google.Protobuf;
using Temporalio.Api.Common.V1;

namespace Temporalio.Converters;

/// <summary>Encoding <c>json/plain</c>: everything else, by System.Text.Json.</summary>
public class JsonPlainConverter : IEncodingConverter
{
    private readonly ByteString _encodingBytes;

    /// <summary>Creates the converter.</summary>
    /// <param name="serializerOptions">Options for the serializer.</param>
    public JsonPlainConverter(JsonSerializerOptions serializerOptions)
    {
        SerializerOptions = serializerOptions;
        _encodingBytes = ByteString.CopyFromUtf8("json/plain");
    }

    /// <inheritdoc />
    public virtual string Encoding => "json/plain";

    /// <summary>Options for the serializer.</summary>
    protected JsonSerializerOptions SerializerOptions { get; private init; }

    /// <inheritdoc />
    public virtual bool TryToPayload(object? value, out Payload? payload)
    {
        payload = new()
        {
            Metadata = { ["encoding"] = _encodingBytes },
            Data = UnsafeByteOperations.UnsafeWrap(
                JsonSerializer.SerializeToUtf8Bytes(value, value?.GetType() ?? typeof(object), SerializerOptions)),
        };
        return true;
    }

    /// <inheritdoc />
    public virtual object? ToValue(Payload payload, Type type) =>
        JsonSerializer.Deserialize(payload.Data.Span, type, SerializerOptions);
}
