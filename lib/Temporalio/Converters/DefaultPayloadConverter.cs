using System.Text.Json;
using Temporalio.Api.Common.V1;

namespace Temporalio.Converters;

/// <summary>Tries a list of encodings in order. The default order is null, bytes, protobuf JSON, protobuf binary, JSON.</summary>
public class DefaultPayloadConverter : IPayloadConverter
{
    private readonly Dictionary<string, IEncodingConverter> _byEncoding;

    /// <summary>The default encodings with the default JSON options.</summary>
    public DefaultPayloadConverter()
        : this(new JsonSerializerOptions())
    {
    }

    /// <summary>The default encodings.</summary>
    /// <param name="jsonSerializerOptions">Options for plain JSON.</param>
    public DefaultPayloadConverter(JsonSerializerOptions jsonSerializerOptions)
        : this(
            new BinaryNullConverter(),
            new BinaryPlainConverter(),
            new JsonProtoConverter(),
            new BinaryProtoConverter(),
            new JsonPlainConverter(jsonSerializerOptions))
    {
    }

    /// <summary>Own encodings.</summary>
    /// <param name="encodingConverters">Converters in the order they are tried.</param>
    public DefaultPayloadConverter(params IEncodingConverter[] encodingConverters)
    {
        EncodingConverters = encodingConverters;
        _byEncoding = encodingConverters.ToDictionary(c => c.Encoding);
    }

    /// <summary>Converters in the order they are tried.</summary>
    public IReadOnlyCollection<IEncodingConverter> EncodingConverters { get; private init; }

    /// <inheritdoc />
    public Payload ToPayload(object? value)
    {
        if (value is IRawValue raw)
        {
            return raw.Payload;
        }

        foreach (var converter in EncodingConverters)
        {
            if (converter.TryToPayload(value, out var payload))
            {
                return payload!;
            }
        }

        throw new ArgumentException($"No payload encoding accepts a value of type {value?.GetType()}.", nameof(value));
    }

    /// <inheritdoc />
    public object? ToValue(Payload payload, Type type)
    {
        if (type.IsAssignableFrom(typeof(RawValue)) && typeof(IRawValue).IsAssignableFrom(type))
        {
            return new RawValue(payload);
        }

        var encoding = payload.Metadata.TryGetValue("encoding", out var bytes)
            ? bytes.ToStringUtf8()
            : throw new ArgumentException("The payload names no encoding.", nameof(payload));
        return _byEncoding.TryGetValue(encoding, out var converter)
            ? converter.ToValue(payload, type)
            : throw new ArgumentException($"The payload has the unknown encoding \"{encoding}\".", nameof(payload));
    }
}
