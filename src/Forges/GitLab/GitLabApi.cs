using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodingAgent.Forges.Http;
using Microsoft.Extensions.Logging;
using Polly.Timeout;
using Refit;

namespace CodingAgent.Forges.GitLab;

/// <summary>Refit's client on one HTTP pipeline; what leaves here are our two exceptions, cancellation, or an answer.</summary>
internal sealed class GitLabApi : IDisposable
{
    private const int MostPages = 100;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly GitLabOptions _options;
    private readonly HttpClient _http;
    private readonly IGitLabApi _client;

    public GitLabApi(HttpMessageHandler transport, GitLabOptions options, ITokenSource tokens, TimeProvider time, ILogger logger)
    {
        options.Validate();
        _options = options;
        var pipeline = RepeatingPipeline.Build(
            new GitLabAttempt(options, tokens, time) { InnerHandler = transport },
            new RepeatingPipeline.Patience(options.Retries, options.RetryDelay, options.LongestWait, options.AttemptTimeout),
            request => GitLabAttempt.CallOf(request).IsRepeatable, time, logger);
        // Attempts have their own limit, and a call with its pauses may take longer than HttpClient's.
        _http = new HttpClient(pipeline) { BaseAddress = new Uri(options.Root), Timeout = Timeout.InfiniteTimeSpan };
        _client = RestService.For<IGitLabApi>(_http, new RefitSettings(new SystemTextJsonContentSerializer(Json)));
    }

    /// <summary>Runs one call.</summary>
    /// <exception cref="ForgeUnavailableException">The forge stayed away, wants a longer pause than we make here, or its answer cannot be read.</exception>
    /// <exception cref="ForgeRejectedException">The forge refused.</exception>
    public async Task<T> RunAsync<T>(string doing, Func<IGitLabApi, Task<ApiResponse<T>>> run, CancellationToken cancellationToken)
        where T : class => (await SendAsync(doing, run, cancellationToken)).Value;

    /// <summary>Likewise; null where there is no such thing, or none that we may see.</summary>
    public async Task<T?> FindAsync<T>(string doing, Func<IGitLabApi, Task<ApiResponse<T>>> run, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await RunAsync(doing, run, cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return null;
        }
    }

    /// <summary>All pages of a list.</summary>
    public async Task<List<T>> ListAsync<T>(string doing, Func<IGitLabApi, int, Task<ApiResponse<List<T>>>> run, CancellationToken cancellationToken)
    {
        var all = new List<T>();
        for (var page = 1; ;)
        {
            var (items, next) = await SendAsync(doing, c => run(c, page), cancellationToken);
            all.AddRange(items);
            // The header is there for every list, empty on its last page.
            if (next is not { } following || following <= page)
                return all;
            if (following > MostPages)
                throw new ForgeRejectedException($"{doing} has more than {MostPages} pages; that is more than this product reads.", HttpStatusCode.OK);
            page = following;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<(T Value, int? Next)> SendAsync<T>(string doing, Func<IGitLabApi, Task<ApiResponse<T>>> run, CancellationToken cancellationToken)
        where T : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        ApiResponse<T> response;
        try
        {
            response = await run(_client);
        }
        catch (TimeoutRejectedException e)
        {
            throw new ForgeUnavailableException($"{doing} got no answer in {_options.AttemptTimeout.TotalSeconds:0} s.", null, e);
        }

        using (response)
        {
            // Failures of the forge leave the pipeline as exceptions, which Refit hands on in the response.
            if (response.Error is { } error)
                throw Failure(doing, error, cancellationToken);
            var next = response.Headers is { } headers && headers.TryGetValues("x-next-page", out var values) && int.TryParse(values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var page) ? page : (int?)null;
            return response.Content is { } content ? (content, next) : throw Unreadable(doing, null);
        }
    }

    private Exception Failure(string doing, Exception error, CancellationToken cancellationToken)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            if (e is ForgeUnavailableException unavailable)
                return unavailable;
            if (e is ForgeRejectedException rejected)
                return rejected;
            if (e is TimeoutRejectedException)
                return new ForgeUnavailableException($"{doing} got no answer in {_options.AttemptTimeout.TotalSeconds:0} s.", null, e);
            if (e is OperationCanceledException)
                return new OperationCanceledException(cancellationToken);
        }

        return Unreadable(doing, error);
    }

    private static ForgeUnavailableException Unreadable(string doing, Exception? e) =>
        new($"{doing} was answered with something that is not the expected JSON ({(e?.InnerException ?? e)?.GetType().Name ?? "nothing in it"}).", null, e);
}
