using Temporalio.Api.Common.V1;

namespace Temporalio.Converters;

/// <summary>Typed and codec-aware forms of the converters' calls.</summary>
public static class ConverterExtensions
{
    /// <summary>Converts and encodes values.</summary>
    /// <param name="converter">Converter to use.</param>
    /// <param name="values">Values to convert.</param>
    /// <returns>Payloads as the server holds them.</returns>
    public static async Task<IReadOnlyCollection<Payload>> ToPayloadsAsync(
        this DataConverter converter, IReadOnlyCollection<object?> values)
    {
        var payloads = converter.PayloadConverter.ToPayloads(values);
        return converter.PayloadCodec is { } codec && payloads.Count > 0 ? await codec.EncodeAsync(payloads) : payloads;
    }

    /// <summary>Converts and encodes a value.</summary>
    /// <param name="converter">Converter to use.</param>
    /// <param name="value">Value to convert.</param>
    /// <returns>Payload as the server holds it.</returns>
    public static async Task<Payload> ToPayloadAsync(this DataConverter converter, object? value) =>
        (await converter.ToPayloadsAsync([value])).Single();

    /// <summary>Decodes and converts a payload.</summary>
    /// <typeparam name="T">Type to read it as.</typeparam>
    /// <param name="converter">Converter to use.</param>
    /// <param name="payload">Payload as the server holds it.</param>
    /// <returns>The value.</returns>
    public static async Task<T> ToValueAsync<T>(this DataConverter converter, Payload payload) =>
        (T)(await converter.ToValueAsync(payload, typeof(T)))!;

    /// <summary>Decodes and converts a payload.</summary>
    /// <param name="converter">Converter to use.</param>
    /// <param name="payload">Payload as the server holds it.</param>
    /// <param name="type">Type to read it as.</param>
    /// <returns>The value.</returns>
    public static async Task<object?> ToValueAsync(this DataConverter converter, Payload payload, Type type)
    {
        var decoded = converter.PayloadCodec is { } codec ? (await codec.DecodeAsync([payload])).Single() : payload;
        return converter.PayloadConverter.ToValue(decoded, type);
    }

    /// <summary>Converts values without encoding them.</summary>
    /// <param name="converter">Converter to use.</param>
    /// <param name="values">Values to convert.</param>
    /// <returns>Payloads.</returns>
    public static IReadOnlyCollection<Payload> ToPayloads(this IPayloadConverter converter, IReadOnlyCollection<object?> values) =>
        [.. values.Select(converter.ToPayload)];

    /// <summary>Reads a payload without decoding it.</summary>
    /// <typeparam name="T">Type to read it as.</typeparam>
    /// <param name="converter">Converter to use.</param>
    /// <param name="payload">Payload to read.</param>
    /// <returns>The value.</returns>
    public static T ToValue<T>(this IPayloadConverter converter, Payload payload) => (T)converter.ToValue(payload, typeof(T))!;

    /// <summary>Reads a raw value.</summary>
    /// <typeparam name="T">Type to read it as.</typeparam>
    /// <param name="converter">Converter to use.</param>
    /// <param name="rawValue">Value to read.</param>
    /// <returns>The value.</returns>
    public static T ToValue<T>(this IPayloadConverter converter, IRawValue rawValue) => converter.ToValue<T>(rawValue.Payload);

    /// <summary>Makes a raw value.</summary>
    /// <param name="converter">Converter to use.</param>
    /// <param name="value">Value to convert.</param>
    /// <returns>The raw value.</returns>
    public static RawValue ToRawValue(this IPayloadConverter converter, object? value) => new(converter.ToPayload(value));
}
