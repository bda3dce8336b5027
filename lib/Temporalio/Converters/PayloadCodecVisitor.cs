using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Temporalio.Protocol.Common;

namespace Temporalio.Converters;

/// <summary>
/// Applies a codec to every payload inside a message, in place, by walking the message's descriptor. Search attributes stay
/// as they are: the server must read them.
/// </summary>
internal static class PayloadCodecVisitor
{
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
}
