using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Sockets;
using System.Text.Json;
using OpenAI;

namespace CodingAgent.Agents.Models;

/// <summary>
/// The model port on OpenAI's Chat Completions, which most compatible endpoints speak too. It asks once and never retries (the
/// durable caller does), and it never uses the package's own telemetry.
/// </summary>
public sealed class OpenAiChatModel : IModel
{
    private readonly OpenAIClient _client;
    private readonly OpenAiErrors _errors;

    /// <summary>Makes the adapter.</summary>
    /// <param name="options">Endpoint and key.</param>
    /// <param name="time">Clock, for <c>retry-after</c> dates.</param>
    /// <param name="http">HTTP client to use; null for an own one.</param>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    public OpenAiChatModel(OpenAiOptions options, TimeProvider time, HttpClient? http = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (string.IsNullOrWhiteSpace(options.ApiKey))
            throw new ArgumentException("The model endpoint's key is empty: set OPENAI_API_KEY.", nameof(options));
        _errors = new OpenAiErrors(options, time);
        var settings = new OpenAIClientOptions
        {
            Endpoint = options.BaseUrl,
            NetworkTimeout = options.NetworkTimeout,
            RetryPolicy = new ClientRetryPolicy(0),
            // Our own transport: the default one is shared by the process, and its timeout would cut long answers.
            Transport = new HttpClientPipelineTransport(http ?? new HttpClient { Timeout = Timeout.InfiniteTimeSpan }),
        };
        settings.AddPolicy(new RequestIdPolicy(), PipelinePosition.PerCall);
        _client = new OpenAIClient(new ApiKeyCredential(options.ApiKey), settings);
    }

    /// <inheritdoc/>
    public async Task<ModelResponse> CompleteAsync(ModelRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (messages, options) = OpenAiWire.ToWire(request);
        using var id = RequestIdPolicy.Use(request.RequestId);
        try
        {
            var completion = await _client.GetChatClient(request.Model).CompleteChatAsync(messages, options, cancellationToken);
            return OpenAiWire.FromWire(completion.Value);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (ClientResultException e)
        {
            throw _errors.Classify(e);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException or AggregateException or OperationCanceledException or TimeoutException)
        {
            throw _errors.Unreachable(e);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            // The package throws these while reading an answer that is not a chat completion, such as a proxy's page.
            throw new ModelUnavailableException($"The model endpoint {_errors.Endpoint} answered with something that is not a chat completion.", null, e);
        }
    }
}
