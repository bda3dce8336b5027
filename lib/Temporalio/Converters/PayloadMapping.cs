using Google.Protobuf.Collections;
using Wire = Temporalio.Protocol.Common;

namespace Temporalio.Converters;

/// <summary>Between payloads of the public surface and payloads of the wire. Data is shared, not copied.</summary>
internal static class PayloadMapping
{
    public static Wire.Payload ToWire(this Api.Common.V1.Payload payload) => new() { Metadata = { payload.Metadata }, Data = payload.Data };

    public static Api.Common.V1.Payload ToSurface(this Wire.Payload payload) => new() { Metadata = { payload.Metadata }, Data = payload.Data };

    public static IReadOnlyCollection<Api.Common.V1.Payload> ToSurface(this RepeatedField<Wire.Payload> payloads) =>
        [.. payloads.Select(ToSurface)];

    public static Wire.Payloads ToWire(this IEnumerable<Api.Common.V1.Payload> payloads) =>
        new() { Payloads_ = { payloads.Select(ToWire) } };

    public static Wire.Payload ToWirePayload(this IPayloadConverter converter, object? value) => converter.ToPayload(value).ToWire();

    public static Wire.Payloads? ToWirePayloads(this IPayloadConverter converter, IReadOnlyCollection<object?>? values) =>
        values is null || values.Count == 0 ? null : values.Select(converter.ToPayload).ToWire();

    public static object? FromWire(this IPayloadConverter converter, Wire.Payload payload, Type type) =>
        converter.ToValue(payload.ToSurface(), type);

    /// <summary>First value; the default when there is none or nobody wants it.</summary>
    public static T ReadFirst<T>(this DataConverter converter, Wire.Payloads? payloads) =>
        typeof(T) == typeof(ValueTuple) || payloads is null || payloads.Payloads_.Count == 0
            ? default!
            : (T)converter.PayloadConverter.FromWire(payloads.Payloads_[0], typeof(T))!;

    public static IReadOnlyDictionary<string, IEncodedRawValue> ToEncodedValues(this Wire.Memo? memo, DataConverter converter) =>
        (memo?.Fields ?? []).ToDictionary(f => f.Key, f => (IEncodedRawValue)new EncodedRawValue(converter, f.Value.ToSurface()));

    public static Wire.Memo? ToWireMemo(this IPayloadConverter converter, IReadOnlyDictionary<string, object>? memo)
    {
        if (memo is null)
        {
            return null;
        }

        var wire = new Wire.Memo();
        foreach (var (key, value) in memo)
        {
            wire.Fields[key] = converter.ToWirePayload(value);
        }

        return wire;
    }
}
