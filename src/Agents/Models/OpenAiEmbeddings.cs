using System.Buffers.Text;
using System.ClientModel.Primitives;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Agents.Telemetry;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenAI.Embeddings;
using EmbeddingGenerationOptions = Microsoft.Extensions.AI.EmbeddingGenerationOptions;

namespace CodingAgent.Agents.Models;

/// <summary>
/// Embeddings of OpenAI and the endpoints that speak like it, on the package's protocol method: its typed side reads base64 alone, and many send
/// numbers whatever they are asked for. It never retries, and follows no redirect: what is sent is the repository's code.
/// </summary>
public sealed partial class OpenAiEmbeddings : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly OpenAiOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EndpointAddress _address;
    private readonly EmbeddingClient _client;

    /// <summary>Makes the client.</summary>
    /// <param name="options">Endpoint and key.</param>
    /// <param name="time">Clock.</param>
    /// <param name="http">HTTP client to use; null for an own one.</param>
    /// <param name="logger">Log: why there was no answer, without what was asked.</param>
    public OpenAiEmbeddings(OpenAiOptions options, TimeProvider time, HttpClient? http = null, ILogger<OpenAiEmbeddings>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _time, _logger, _address) = (options, time, logger ?? NullLogger<OpenAiEmbeddings>.Instance, new EndpointAddress(options));
        _client = _address.Open(http).GetEmbeddingClient("named-in-each-request");
    }

    /// <inheritdoc/>
    /// <exception cref="ModelUnavailableException">Worth trying again: overload, rate limit, network, not an answer.</exception>
    /// <exception cref="ModelRejectedException">Somebody must mend something: request, key, name, credit.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (options?.ModelId is not { Length: > 0 } model)
            throw new ArgumentException("The options name no model.", nameof(options));
        string[] texts = [.. values];
        var errors = new OpenAiErrors(_time, _options, model);
        var began = _time.GetTimestamp();
        try
        {
            var body = new JsonObject { ["model"] = model, ["input"] = new JsonArray([.. texts.Select(t => (JsonNode)t)]) };
            if (options.Dimensions is { } dimensions)
                body["dimensions"] = dimensions;
            var answer = Read(await PostAsync(body.ToJsonString(), model, errors, cancellationToken), texts, errors);
            AgentTelemetry.Embedded("openai", model, answer.Usage!.InputTokenCount ?? 0, _time.GetElapsedTime(began));
            return answer;
        }
        catch (Exception e) when (e is ModelUnavailableException or ModelRejectedException)
        {
            LogFailed(_logger, e.Message);
            throw;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("openai", _options.BaseUrl)
        : serviceType?.IsInstanceOfType(this) == true ? this
        : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        // The package's clients hold nothing that must be given back.
    }

    private async Task<string> PostAsync(string body, string model, OpenAiErrors errors, CancellationToken cancellationToken)
    {
        var request = new RequestOptions { CancellationToken = cancellationToken, ErrorOptions = ClientErrorBehaviors.NoThrow };
        if (_address.For(model) is { } policy)
            request.AddPolicy(policy, PipelinePosition.BeforeTransport);
        var raw = await errors.SendAsync(body, content => _client.GenerateEmbeddingsAsync(content, request), null, cancellationToken);
        return raw.IsError ? throw errors.Refused(raw) : raw.Content.ToString();
    }

    private static GeneratedEmbeddings<Embedding<float>> Read(string body, string[] texts, OpenAiErrors errors)
    {
        JsonElement root;
        try
        {
            root = WireJson.Parse(body);
        }
        catch (JsonException)
        {
            throw errors.NotAnAnswer("something that is no JSON. Check OPENAI_BASE_URL.", null);
        }

        if (OpenAiFault.Find(root) is { } fault)
            throw errors.Inside(fault, null);
        var vectors = new float[]?[texts.Length];
        var data = WireJson.Array(root, "data");
        for (var i = 0; i < data.Count; i++)
        {
            // Some name no index and keep the order; others name it and do not.
            var index = WireJson.Count(data[i], "index") ?? i;
            if (index >= vectors.Length || vectors[index] is not null || VectorOf(WireJson.Member(data[i], "embedding")) is not { } vector)
                throw errors.NotAnAnswer("vectors that cannot be read.", null);
            vectors[index] = vector;
        }

        if (Array.IndexOf(vectors, null) >= 0)
            throw errors.NotAnAnswer($"{data.Count} vectors for {texts.Length} texts.", null);
        var tokens = WireJson.Count(WireJson.Object(root, "usage"), "prompt_tokens") is > 0 and var counted ? counted : texts.Sum(TokenEstimate.Of);
        return new GeneratedEmbeddings<Embedding<float>>(vectors.Select(v => new Embedding<float>(v))) { Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens } };
    }

    // Numbers, or base64 of them with the lowest byte first; null for anything else.
    private static float[]? VectorOf(JsonElement? wire)
    {
        switch (wire?.ValueKind)
        {
            case JsonValueKind.Array:
                var numbers = new float[wire.Value.GetArrayLength()];
                var at = 0;
                foreach (var number in wire.Value.EnumerateArray())
                {
                    if (number.ValueKind != JsonValueKind.Number || !number.TryGetSingle(out numbers[at++]))
                        return null;
                }

                return numbers;
            case JsonValueKind.String when wire.Value.GetString() is { } text && Base64.IsValid(text, out var length) && length % sizeof(float) == 0:
                return MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(text)).ToArray();
            default:
                return null;
        }
    }

    [LoggerMessage(EventId = 3103, Level = LogLevel.Warning, Message = "Code is not searched by meaning for now: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
