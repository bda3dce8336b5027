using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Agents.Models;

/// <summary>
/// A chat client for OpenAI and the endpoints that speak like it, on the package's protocol methods: raw JSON out and in, because its
/// typed side throws on what many endpoints answer. It never retries (the durable caller does), sends
/// <see cref="ChatOptions.ModelId"/>, instructions, functions, a JSON schema format, the output limit and <see cref="TurnOptions.RequestId"/>,
/// and no other option. What an endpoint refuses to take it says in another way (<see cref="Adaptation"/>): refused requests cost nothing.
/// </summary>
public sealed partial class OpenAiChatClient : IChatClient
{
    private const int MaxRequestId = 512;

    private readonly OpenAiOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ChatClientMetadata _metadata;
    private readonly EndpointAddress _address;
    private readonly OpenAiWire _wire;
    private readonly ConcurrentDictionary<string, bool> _doNotReason = new(StringComparer.Ordinal);

    // What each model's endpoint is told in another way, in the order of its finding.
    private readonly ConcurrentDictionary<string, IReadOnlyList<Adaptation>> _adapted = new(StringComparer.Ordinal);

    /// <summary>Makes the client.</summary>
    /// <param name="options">Endpoint, API and key.</param>
    /// <param name="time">Clock, for <c>retry-after</c> dates.</param>
    /// <param name="http">HTTP client to use; null for an own one.</param>
    /// <param name="logger">Log: what an endpoint does not take, and how it is told instead.</param>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    public OpenAiChatClient(OpenAiOptions options, TimeProvider time, HttpClient? http = null, ILogger<OpenAiChatClient>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (string.IsNullOrWhiteSpace(options.ApiKey))
            throw new ArgumentException("The model endpoint's key is empty: set OPENAI_API_KEY.", nameof(options));
        _options = options;
        _time = time;
        _logger = logger ?? NullLogger<OpenAiChatClient>.Instance;
        _address = new EndpointAddress(options);
        _metadata = new ChatClientMetadata("openai", options.BaseUrl);
        var client = _address.Open(http);
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
        var errors = new OpenAiErrors(_time, _options, model);
        var reasoning = !_doNotReason.ContainsKey(model);
        var adapted = _adapted.GetValueOrDefault(model, []);
        while (true)
        {
            var body = _wire.Write(conversation, options, reasoning);
            foreach (var adaptation in adapted)
                adaptation.Apply(body);
            var request = body.ToJsonString();
            var raw = await PostAsync(request, model, (options as TurnOptions)?.RequestId, errors, cancellationToken);
            var (status, fault) = (raw.Status, raw.IsError ? OpenAiFault.OfError(raw.Content.ToString()) : null);
            UsageDetails? spent = null;
            if (fault is null)
            {
                try
                {
                    var answer = Read(raw.Content.ToString(), request, model, options, errors);
                    Keep(model, adapted);
                    return answer;
                }
                catch (OpenAiFaultException e)
                {
                    (status, fault) = (e.Fault.Status ?? raw.Status, e.Fault);
                    spent = Spent(raw.Content.ToString(), request, e.Said);
                }
            }
            if (status == 400 && reasoning && _wire.IsAboutReasoning(fault))
            {
                // Refused before any work, so this is no retry: the model does not reason, or what it once encrypted cannot be opened any more.
                reasoning = false;
                if (fault.Code != "invalid_encrypted_content")
                    _doNotReason[model] = true;
                continue;
            }
            // What was paid is told to the caller, who books it before anything is asked again.
            var kind = FaultWords.Of(status, fault);
            if (spent is null && kind is null or FaultKind.ContextLength && status is 200 or 400 or 404 or 415 or 422 or 500 or 501
                && Adaptation.For(fault, body, adapted, tooLong: kind is not null) is { } other)
            {
                adapted = [.. adapted, other];
                continue;
            }
            throw raw.IsError ? errors.Refused(raw, request) : errors.Inside(fault, spent);
        }
    }

    /// <summary>What this endpoint is told in another way for a model, a line each, as far as it was found out.</summary>
    public IReadOnlyList<string> AdaptationsFor(string model) => [.. _adapted.GetValueOrDefault(model, []).Select(a => a.Does)];

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

    // Only what led to an answer: a complaint may have been misread.
    private void Keep(string model, IReadOnlyList<Adaptation> adapted)
    {
        var known = _adapted.GetValueOrDefault(model, []);
        if (adapted.Count <= known.Count)
            return;
        _adapted[model] = adapted;
        foreach (var other in adapted.Except(known))
            LogAdapted(_logger, model, other.Does);
    }

    private async Task<PipelineResponse> PostAsync(string body, string model, string? requestId, OpenAiErrors errors, CancellationToken cancellationToken)
    {
        var request = new RequestOptions { CancellationToken = cancellationToken, ErrorOptions = ClientErrorBehaviors.NoThrow };
        // OpenAI logs it for support (its API reference, "Debugging requests").
        if (requestId is { Length: > 0 })
            request.SetHeader("X-Client-Request-Id", new string([.. requestId.Take(MaxRequestId).Select(c => c is > ' ' and < '\x7f' ? c : '_')]));
        if (_address.For(model) is { } policy)
            request.AddPolicy(policy, PipelinePosition.BeforeTransport);
        return await errors.SendAsync(body, content => _wire.SendAsync(content, request), () => TokenEstimate.Complete(null, body, ""), cancellationToken);
    }

    private ChatResponse Read(string body, string request, string model, ChatOptions options, OpenAiErrors errors)
    {
        JsonElement root;
        try
        {
            root = Parse(body);
        }
        catch (JsonException)
        {
            // An answer that was cut was worked for; a page or nothing was not.
            var said = body.AsSpan().TrimStart("\uFEFF \t\r\n") is ['{', ..] or ['[', ..] || EventStream.Is(body) ? body : null;
            throw errors.NotAnAnswer(NotJson(body), said is null ? null : TokenEstimate.Complete(null, request, said));
        }
        var answer = _wire.Read(root, model)
            ?? throw errors.NotAnAnswer($"JSON that is no {_wire.AnswerName}. Check OPENAI_BASE_URL and Models:Api.", Spent(body, request, null));
        var message = Answers.MessageOf(answer);
        answer.Usage = TokenEstimate.Complete(answer.Usage, request, TokenEstimate.TextOf(message));
        if (WrittenCalls.Promote(message, [.. (options.Tools ?? []).Select(t => t.Name)]) is { } calling)
            answer.Messages = [calling];
        return answer;
    }

    private static JsonElement Parse(string body) =>
        EventStream.Is(body) ? EventStream.Whole(body) ?? throw new JsonException("No event holds an answer.") : WireJson.Parse(body);

    // What was said before an error was paid; an error alone costs what is counted beside it, or nothing.
    private static UsageDetails? Spent(string body, string request, ChatMessage? said)
    {
        var counted = OpenAiWire.UsageOf(Parse(body));
        return said is not null ? TokenEstimate.Complete(counted, request, TokenEstimate.TextOf(said))
            : counted is { InputTokenCount: > 0 } or { OutputTokenCount: > 0 } ? counted
            : null;
    }

    private string NotJson(string body) => body.AsSpan().TrimStart("\uFEFF \t\r\n") switch
    {
        [] => "nothing. Check OPENAI_BASE_URL.",
        ['{', ..] or ['[', ..] => $"a {_wire.AnswerName} that was cut short or is no valid JSON.",
        _ when EventStream.Is(body) => $"a stream of events, which was not asked for and holds no {_wire.AnswerName}.",
        _ => OpenAiFault.PageWords(body) is { Length: > 0 } words
            ? $"{words} instead of a {_wire.AnswerName}: something in between, or OPENAI_BASE_URL is not the API's root."
            : $"something that is no {_wire.AnswerName}: something in between, or OPENAI_BASE_URL is not the API's root.",
    };

    [LoggerMessage(EventId = 3102, Level = LogLevel.Warning, Message = "The endpoint of {Model} refused a request as written; from now on {Does}")]
    private static partial void LogAdapted(ILogger logger, string model, string does);
}
