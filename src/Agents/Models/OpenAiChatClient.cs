using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using OpenAI;

namespace CodingAgent.Agents.Models;

/// <summary>
/// A chat client for OpenAI and the endpoints that speak like it, on the package's protocol methods: raw JSON out and in, because its
/// typed side throws on what many endpoints answer. It asks once and never retries (the durable caller does), sends
/// <see cref="ChatOptions.ModelId"/>, instructions, functions, a JSON schema format, the output limit and <see cref="TurnOptions.RequestId"/>,
/// and no other option.
/// </summary>
public sealed class OpenAiChatClient : IChatClient
{
    private const int MaxRequestId = 512;

    private readonly ChatClientMetadata _metadata;
    private readonly OpenAiErrors _errors;
    private readonly OpenAiWire _wire;
    private readonly ConcurrentDictionary<string, bool> _doNotReason = new(StringComparer.Ordinal);

    /// <summary>Makes the client.</summary>
    /// <param name="options">Endpoint, API and key.</param>
    /// <param name="time">Clock, for <c>retry-after</c> dates.</param>
    /// <param name="http">HTTP client to use; null for an own one.</param>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    public OpenAiChatClient(OpenAiOptions options, TimeProvider time, HttpClient? http = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (string.IsNullOrWhiteSpace(options.ApiKey))
            throw new ArgumentException("The model endpoint's key is empty: set OPENAI_API_KEY.", nameof(options));
        _errors = new OpenAiErrors(time, options);
        _metadata = new ChatClientMetadata("openai", options.BaseUrl);
        var settings = new OpenAIClientOptions
        {
            Endpoint = options.BaseUrl,
            NetworkTimeout = options.NetworkTimeout,
            RetryPolicy = new ClientRetryPolicy(0),
            // Our own transport: the default one is shared by the process, and its timeout would cut long answers.
            Transport = new HttpClientPipelineTransport(http ?? new HttpClient { Timeout = Timeout.InfiniteTimeSpan }),
        };
        var client = new OpenAIClient(new ApiKeyCredential(options.ApiKey), settings);
#pragma warning disable OPENAI001 // See ResponsesWire.
        _wire = options.Api == OpenAiApi.Responses
            ? new ResponsesWire(client.GetResponsesClient())
            : new ChatCompletionsWire(client.GetChatClient("named-in-each-request"));
#pragma warning restore OPENAI001
    }

    /// <inheritdoc/>
    /// <exception cref="ModelUnavailableException">Worth trying again: overload, rate limit, network, not an answer.</exception>
    /// <exception cref="ModelRejectedException">Somebody must mend something: request, key, name, credit.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (options?.ModelId is not { Length: > 0 } model)
            throw new ArgumentException("The options name no model.", nameof(options));
        IReadOnlyList<ChatMessage> conversation = [.. messages];
        var reasoning = !_doNotReason.ContainsKey(model);
        while (true)
        {
            var raw = await PostAsync(_wire.Write(conversation, options, reasoning).ToJsonString(), (options as TurnOptions)?.RequestId, cancellationToken);
            if (!raw.IsError)
                return Read(raw.Content.ToString(), model);
            var fault = OpenAiFault.OfError(raw.Content.ToString());
            if (raw.Status != 400 || !reasoning || !_wire.IsAboutReasoning(fault))
                throw _errors.Refused(raw);
            // Refused before any work, so this is no retry: the model does not reason, or what it once encrypted cannot be opened any more.
            reasoning = false;
            if (fault.Code != "invalid_encrypted_content")
                _doNotReason[model] = true;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Whole answers only: a turn is journalled as one.
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
            yield return update;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceType?.IsInstanceOfType(this) == true ? this
        : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        // The package's clients hold nothing that must be given back.
    }

    private async Task<PipelineResponse> PostAsync(string body, string? requestId, CancellationToken cancellationToken)
    {
        var request = new RequestOptions { CancellationToken = cancellationToken, ErrorOptions = ClientErrorBehaviors.NoThrow };
        // OpenAI logs it for support (its API reference, "Debugging requests").
        if (requestId is { Length: > 0 })
            request.SetHeader("X-Client-Request-Id", new string([.. requestId.Take(MaxRequestId).Select(c => c is > ' ' and < '\x7f' ? c : '_')]));
        try
        {
            using var content = BinaryContent.Create(BinaryData.FromString(body));
            return (await _wire.SendAsync(content, request)).GetRawResponse();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (_errors.Sort(e) is { } sorted)
        {
#pragma warning disable MA0027 // Another exception than the one caught.
            throw sorted;
#pragma warning restore MA0027
        }
    }

    private ChatResponse Read(string body, string model)
    {
        try
        {
            return _wire.Read(WireJson.Parse(body), model)
                ?? throw _errors.NotAnAnswer($"JSON that is no {_wire.AnswerName}. Check OPENAI_BASE_URL and Models:Api.");
        }
        catch (OpenAiFaultException e)
        {
            throw _errors.Inside(e.Fault);
        }
        catch (JsonException)
        {
            throw _errors.NotAnAnswer(NotJson(body));
        }
    }

    private string NotJson(string body) => body.AsSpan().TrimStart() switch
    {
        [] => "nothing.",
        ['{', ..] or ['[', ..] => $"a {_wire.AnswerName} that was cut short or is no valid JSON.",
        ['d', 'a', 't', 'a', ':', ..] or ['e', 'v', 'e', 'n', 't', ':', ..] => "a stream of events, which was not asked for.",
        _ => OpenAiFault.PageWords(body) is { Length: > 0 } words
            ? $"{words} instead of a {_wire.AnswerName}: something in between, or OPENAI_BASE_URL is not the API's root."
            : $"something that is no {_wire.AnswerName}: something in between, or OPENAI_BASE_URL is not the API's root.",
    };
}
