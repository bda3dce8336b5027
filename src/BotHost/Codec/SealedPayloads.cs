using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Storage;
using Google.Protobuf;
using Temporalio.Api.Common.V1;
using Temporalio.Converters;

namespace CodingAgent.BotHost.Codec;

/// <summary>
/// Seals what workflows hand to Temporal: inputs, results, signals, queries, heartbeats, memos and the words of failures. Each payload is
/// bound to its workflow (namespace and id), which stands beside it, so that it opens for a tool that is not told; whoever knows which
/// workflow it is looking at refuses another's. The runs of a schedule are one workflow: Temporal hands each the result of the one before. What is not
/// sealed, from before or by hand, is taken as it is.
/// </summary>
/// <param name="cipher">The storage keys.</param>
/// <param name="place">The workflow; null where it is not known.</param>
public sealed partial class SealedPayloads(PayloadCipher cipher, string? place = null) : IPayloadCodec, IWithSerializationContext<IPayloadCodec>
{
    /// <summary>What the metadata <c>encoding</c> says of a sealed payload, as in Temporal's own examples.</summary>
    public const string SealedEncoding = "binary/encrypted";

    // Names as in Temporal's own examples; the last is ours.
    private const string EncodingName = "encoding";
    private const string KeyIdName = "encryption-key-id";
    private const string PlaceName = "encryption-place";

    /// <summary>How a client and its workers convert, with these keys.</summary>
    public static DataConverter Converter(PayloadCipher cipher) =>
        DataConverter.Default with { PayloadCodec = new SealedPayloads(cipher), FailureConverter = new DefaultFailureConverter.WithEncodedCommonAttributes() };

    /// <summary>The bytes by which a key's payloads are found in a database.</summary>
    public static byte[] TraceOf(string keyId) => Encoding.ASCII.GetBytes($"storage-{keyId}");

    /// <inheritdoc/>
    public IPayloadCodec WithSerializationContext(ISerializationContext context) =>
        context is ISerializationContext.IHasWorkflow { WorkflowId: { Length: > 0 } id } workflow ? new SealedPayloads(cipher, $"{workflow.Namespace} {RunOfSchedule().Replace(id, "")}") : this;

    /// <inheritdoc/>
    public Task<IReadOnlyCollection<Payload>> EncodeAsync(IReadOnlyCollection<Payload> payloads) =>
        Task.FromResult<IReadOnlyCollection<Payload>>([.. payloads.Select(Encode)]);

    /// <inheritdoc/>
    /// <exception cref="StorageException">One was changed, belongs to another workflow, or its key is not here.</exception>
    public Task<IReadOnlyCollection<Payload>> DecodeAsync(IReadOnlyCollection<Payload> payloads) =>
        Task.FromResult<IReadOnlyCollection<Payload>>([.. payloads.Select(Decode)]);

    private Payload Encode(Payload payload)
    {
        var plain = payload.ToByteArray();
        var encoded = new Payload
        {
            Data = UnsafeByteOperations.UnsafeWrap(cipher.Seal(plain, ContextOf(place))),
            Metadata = { [EncodingName] = ByteString.CopyFromUtf8(SealedEncoding), [KeyIdName] = UnsafeByteOperations.UnsafeWrap(TraceOf(cipher.WritingKeyId)) },
        };
        if (place is not null)
            encoded.Metadata[PlaceName] = ByteString.CopyFromUtf8(place);
        return encoded;
    }

    private Payload Decode(Payload payload)
    {
        if (!payload.Metadata.TryGetValue(EncodingName, out var encoding) || encoding.ToStringUtf8() != SealedEncoding)
            return payload;
        var named = payload.Metadata.TryGetValue(PlaceName, out var bytes) ? bytes.ToStringUtf8() : null;
        if (place is not null && named is not null && named != place)
            throw new StorageException($"A payload in the history of workflow '{place}' was sealed for '{named}': somebody moved it, and it is not used.");
        try
        {
            return Payload.Parser.ParseFrom(cipher.Open(payload.Data.Span, ContextOf(named)));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new StorageException($"{ContextOf(named)} holds no payload: it was sealed by something else.", e);
        }
    }

    // What a schedule adds to the id of what it starts. No id of a task ends so.
    [GeneratedRegex(@"-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex RunOfSchedule();

    private static string ContextOf(string? place) => place is null ? "Temporal payload of no workflow" : $"Temporal payload of workflow '{place}'";
}
