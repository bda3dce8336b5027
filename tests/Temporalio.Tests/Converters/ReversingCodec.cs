using Google.Protobuf;
using Temporalio.Api.Common.V1;
using Temporalio.Converters;

namespace Temporalio.Tests.Converters;

/// <summary>Turns JSON strings around and marks what it has touched, so that a payload that escapes it is seen at once.</summary>
internal sealed class ReversingCodec : IPayloadCodec
{
    public Task<IReadOnlyCollection<Payload>> EncodeAsync(IReadOnlyCollection<Payload> payloads) =>
        Task.FromResult<IReadOnlyCollection<Payload>>([.. payloads.Select(p =>
        {
            p.Metadata.ContainsKey("reversed").ShouldBeFalse();
            return new Payload(p) { Data = Reverse(p.Data), Metadata = { ["reversed"] = ByteString.CopyFromUtf8("yes") } };
        })]);

    public Task<IReadOnlyCollection<Payload>> DecodeAsync(IReadOnlyCollection<Payload> payloads) =>
        Task.FromResult<IReadOnlyCollection<Payload>>([.. payloads.Select(p =>
        {
            p.Metadata.ContainsKey("reversed").ShouldBeTrue();
            var decoded = new Payload(p) { Data = Reverse(p.Data) };
            decoded.Metadata.Remove("reversed");
            return decoded;
        })]);

    private static ByteString Reverse(ByteString data) => ByteString.CopyFrom([.. data.ToByteArray().Reverse()]);
}
