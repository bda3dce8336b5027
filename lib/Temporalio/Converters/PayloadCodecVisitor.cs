using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Updates;

namespace Temporalio.Converters;

/// <summary>
/// Applies a codec to every payload inside a message, in place, by walking the message's descriptor. Search attributes stay
/// as they are: the server must read them.
/// </summary>
internal static class PayloadCodecVisitor
{
    private static readonly MessageDescriptor[] UpdateBodies =
        [Request.Descriptor, Acceptance.Descriptor, Rejection.Descriptor, Response.Descriptor];

    public static Task EncodeAsync(this IPayloadCodec? codec, IMessage? message) =>
        codec is null || message is null ? Task.CompletedTask : VisitAsync(message, codec.EncodeAsync);

    public static Task DecodeAsync(this IPayloadCodec? codec, IMessage? message) =>
        codec is null || message is null ? Task.CompletedTask : VisitAsync(message, codec.DecodeAsync);

    private static async Task VisitAsync(
        IMessage message, Func<IReadOnlyCollection<Api.Common.V1.Payload>, Task<IReadOnlyCollection<Api.Common.V1.Payload>>> apply)
    {
        switch (message)
        {
            case SearchAttributes:
                return;
            case Any any:
                await VisitAnyAsync(any, apply);
                return;
            case Payloads payloads:
                if (payloads.Payloads_.Count > 0)
                {
                    var changed = await apply(payloads.Payloads_.ToSurface());
                    payloads.Payloads_.Clear();
                    payloads.Payloads_.AddRange(changed.Select(p => p.ToWire()));
                }

                return;
            case Payload payload:
                var single = (await apply([payload.ToSurface()])).Single();
                payload.Metadata.Clear();
                payload.Metadata.Add(single.Metadata);
                payload.Data = single.Data;
                return;
        }

        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.FieldType != FieldType.Message || field.Accessor.GetValue(message) is not { } value)
            {
                continue;
            }

            IEnumerable children = field.IsMap ? ((IDictionary)value).Values : field.IsRepeated ? (IList)value : new[] { value };
            foreach (var child in children.OfType<IMessage>())
            {
                await VisitAsync(child, apply);
            }
        }
    }

    /// <summary>Updates travel packed: they are unpacked, visited and packed again.</summary>
    private static async Task VisitAnyAsync(
        Any any, Func<IReadOnlyCollection<Api.Common.V1.Payload>, Task<IReadOnlyCollection<Api.Common.V1.Payload>>> apply)
    {
        if (Any.GetTypeName(any.TypeUrl) is var name && UpdateBodies.FirstOrDefault(d => d.FullName == name) is { } descriptor)
        {
            var body = descriptor.Parser.ParseFrom(any.Value);
            await VisitAsync(body, apply);
            any.Value = body.ToByteString();
        }
    }
}
