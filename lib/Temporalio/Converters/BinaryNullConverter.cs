using Google.Protobuf;
using Temporalio.Api.Common.V1;

namespace Temporalio.Converters;

/// <summary>Encoding <c>binary/null</c>: null.</summary>
public class BinaryNullConverter : IEncodingConverter
{
    private static readonly ByteString EncodingBytes = ByteString.CopyFromUtf8("binary/null");

    /// <inheritdoc />
    public string Encoding => "binary/null";

    /// <inheritdoc />
    public bool TryToPayload(object? value, out Payload? payload)
    {
        payload = value is null ? new() { Metadata = { ["encoding"] = EncodingBytes } } : null;
        return payload is not null;
    }

    /// <inheritdoc />
    public object? ToValue(Payload payload, Type type)
    {
        if (payload.Data.Length > 0)
        {
            throw new ArgumentException("A binary/null payload may not have data.", nameof(payload));
        }

        return type.IsValueType && Nullable.GetUnderlyingType(type) is null
            ? throw new ArgumentException($"Null cannot be read as {type}.", nameof(type))
            : null;
    }
}
