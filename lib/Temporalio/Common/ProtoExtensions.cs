using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Temporalio.Converters;
using Temporalio.Protocol.Common;

namespace Temporalio.Common;

/// <summary>Small conversions between .NET and wire types.</summary>
internal static class ProtoExtensions
{
    public static Duration? ToDuration(this TimeSpan? value) => value is { } span ? Duration.FromTimeSpan(span) : null;

    /// <summary>On the wire zero and absent both mean "not set".</summary>
    public static TimeSpan? ToTimeSpanOrNull(this Duration? value) =>
        value is null || (value.Seconds == 0 && value.Nanos == 0) ? null : value.ToTimeSpan();

    public static string? NullIfEmpty(this string value) => value.Length == 0 ? null : value;

    public static IReadOnlyDictionary<string, Api.Common.V1.Payload>? ToSurface(this Header? header) =>
        header is null || header.Fields.Count == 0 ? null : header.Fields.ToDictionary(f => f.Key, f => f.Value.ToSurface());

    public static Header? ToWire(this IDictionary<string, Api.Common.V1.Payload>? headers) => headers is null || headers.Count == 0
        ? null
        : new() { Fields = { headers.ToDictionary(h => h.Key, h => h.Value.ToWire()) } };

    public static IReadOnlyDictionary<string, IRawValue> ToRawValues(this MapField<string, Payload>? fields) =>
        (fields ?? []).ToDictionary(f => f.Key, f => (IRawValue)new RawValue(f.Value.ToSurface()));

    public static Protocol.Common.Priority? ToProto(this Priority? priority) => priority is null ? null : new()
    {
        PriorityKey = priority.PriorityKey ?? 0,
        FairnessKey = priority.FairnessKey ?? string.Empty,
        FairnessWeight = priority.FairnessWeight ?? 0,
    };

    public static Priority ToSurface(this Protocol.Common.Priority? priority) => priority is null
        ? Priority.Default
        : new(
            priority.PriorityKey == 0 ? null : priority.PriorityKey,
            priority.FairnessKey.NullIfEmpty(),
            priority.FairnessWeight == 0 ? null : priority.FairnessWeight);

    public static Protocol.Sdk.UserMetadata? ToUserMetadata(this IPayloadConverter converter, string? summary, string? details = null) =>
        summary is null && details is null ? null : new()
        {
            Summary = summary is null ? null : converter.ToWirePayload(summary),
            Details = details is null ? null : converter.ToWirePayload(details),
        };
}
