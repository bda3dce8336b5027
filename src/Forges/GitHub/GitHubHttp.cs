using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace CodingAgent.Forges.GitHub;

/// <summary>HTTP to GitHub: tokens, retries, pages, and errors as our two exceptions.</summary>
internal sealed partial class GitHubHttp
{
    // GitHub documents one minute as the wait after a secondary limit that names no time.
    private static readonly TimeSpan UnnamedLimitWait = TimeSpan.FromMinutes(1);
    private const int MostPages = 100;

    private readonly HttpClient _http;
    private readonly GitHubOptions _options;
    private readonly ITokenSource _tokens;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _repeatable;
    private readonly ResiliencePipeline _onlyWhenRefused;

    public GitHubHttp(HttpClient http, GitHubOptions options, ITokenSource tokens, TimeProvider time, ILogger logger)
    {
        options.Validate();
        (_http, _options, _tokens, _time, _logger) = (http, options, tokens, time, logger);
        _repeatable = Build(e => e is TimeoutRejectedException || (e is ForgeUnavailableException f && Waits(f)));
        _onlyWhenRefused = Build(e => e is ForgeUnavailableException { RetryAfter: not null } f && Waits(f));
    }

    /// <summary>Sends a call, again where that helps.</summary>
    /// <exception cref="ForgeUnavailableException">The forge stayed away, or wants a longer pause than we make here.</exception>
    /// <exception cref="ForgeRejectedException">The forge refused.</exception>
    public async Task<GitHubReply> SendAsync(GitHubRequest request, CancellationToken cancellationToken)
    {
        var pipeline = request.IsRepeatable ? _repeatable : _onlyWhenRefused;
        try
        {
            return await pipeline.ExecuteAsync(async token => await SendOnceAsync(request, token, cancellationToken), cancellationToken);
        }
        catch (TimeoutRejectedException e)
        {
            throw new ForgeUnavailableException($"{Name(request)} got no answer in {_options.AttemptTimeout.TotalSeconds:0} s.", null, e);
        }
    }

    /// <summary>Reads one thing.</summary>
    public async Task<T> GetAsync<T>(RepoRef? repo, string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        Read(await SendAsync(new GitHubRequest(HttpMethod.Get, path, repo), cancellationToken), path, type);

    /// <summary>Reads one thing, or null where GitHub says 404.</summary>
    public async Task<T?> FindAsync<T>(RepoRef repo, string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var reply = await SendAsync(new GitHubRequest(HttpMethod.Get, path, repo) { AlsoFine = [HttpStatusCode.NotFound] }, cancellationToken);
        return reply.IsSuccess ? Read(reply, path, type) : null;
    }

    /// <summary>Reads all pages of a list.</summary>
    public async Task<List<TItem>> ListAsync<TPage, TItem>(
        RepoRef repo, string path, JsonTypeInfo<TPage> type, Func<TPage, IEnumerable<TItem>?> items, CancellationToken cancellationToken)
    {
        var all = new List<TItem>();
        var next = path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "per_page=100";
        for (var page = 0; next is not null; page++)
        {
            if (page == MostPages)
                throw new ForgeRejectedException($"GET {path} has more than {MostPages} pages; that is more than this product reads.", HttpStatusCode.OK);
            var reply = await SendAsync(new GitHubRequest(HttpMethod.Get, next, repo), cancellationToken);
            all.AddRange(items(Read(reply, path, type)) ?? []);
            next = reply.NextPage;
        }

        return all;
    }

    /// <summary>Parses an answer; one that is not GitHub's JSON (a proxy's page, say) counts as the forge being away.</summary>
    public static T Read<T>(GitHubReply reply, string path, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(reply.Body, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new ForgeUnavailableException($"{path} answered {(int)reply.Status} with something that is not the expected JSON ({Short(e.Message)}).", null, e);
        }
    }

    private static string Name(GitHubRequest request) => $"{request.Method} {Short(request.Path)}";

    private bool Waits(ForgeUnavailableException e) => e.RetryAfter is not { } wait || wait <= _options.LongestWait;

    private ResiliencePipeline Build(Func<Exception?, bool> worthRepeating) => new ResiliencePipelineBuilder { TimeProvider = _time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = args => ValueTask.FromResult(worthRepeating(args.Outcome.Exception)),
            MaxRetryAttempts = _options.Retries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = _options.RetryDelay,
            DelayGenerator = args => ValueTask.FromResult((args.Outcome.Exception as ForgeUnavailableException)?.RetryAfter),
            OnRetry = args =>
            {
                LogRetry(args.AttemptNumber + 1, args.RetryDelay, args.Outcome.Exception?.Message ?? "");
                return default;
            },
        })
        .AddTimeout(new TimeoutStrategyOptions { Timeout = _options.AttemptTimeout })
        .Build();

    private async Task<GitHubReply> SendOnceAsync(GitHubRequest request, CancellationToken attempt, CancellationToken caller)
    {
        var token = await _tokens.GetTokenAsync(request.Repo, StepOf(request.Permissions), request.Permissions, attempt);
        using var message = new HttpRequestMessage(request.Method, UriOf(request.Path));
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Secret);
        message.Headers.Accept.ParseAdd("application/vnd.github+json");
        message.Headers.UserAgent.ParseAdd("coding-agent");
        message.Headers.Add("X-GitHub-Api-Version", "2022-11-28");
        if (request.Json is not null)
            message.Content = new StringContent(request.Json, Encoding.UTF8, "application/json");
        try
        {
            using var response = await _http.SendAsync(message, attempt);
            var reply = new GitHubReply(response.StatusCode, await response.Content.ReadAsStringAsync(attempt), NextPageOf(response));
            return reply.IsSuccess || request.AlsoFine.Contains(reply.Status) && LimitWait(response, reply) is null
                ? reply
                : throw Failure(request, response, reply);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            throw new ForgeUnavailableException($"{Name(request)} did not reach the forge: {Short(e.Message)}", null, e);
        }
        catch (TaskCanceledException e) when (!attempt.IsCancellationRequested && !caller.IsCancellationRequested)
        {
            throw new ForgeUnavailableException($"{Name(request)} was given up by the HTTP client: {Short(e.Message)}", null, e);
        }
    }

    private Exception Failure(GitHubRequest request, HttpResponseMessage response, GitHubReply reply)
    {
        var text = $"{Name(request)} answered {(int)reply.Status}: {Explain(reply)}";
        var status = (int)reply.Status;
        if (LimitWait(response, reply) is { } wait)
            return new ForgeUnavailableException(text, wait);
        return status is 408 or >= 500
            ? new ForgeUnavailableException(text, RetryAfter(response))
            : new ForgeRejectedException(text, reply.Status);
    }

    // A limit is a 429, or a 403 that says so in its headers or words; any other 403 is a refusal.
    private TimeSpan? LimitWait(HttpResponseMessage response, GitHubReply reply)
    {
        if (reply.Status is not (HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests))
            return null;
        if (RetryAfter(response) is { } named)
            return named;
        if (Header(response, "x-ratelimit-remaining") == "0"
            && long.TryParse(Header(response, "x-ratelimit-reset"), NumberStyles.None, CultureInfo.InvariantCulture, out var reset))
        {
            var wait = DateTimeOffset.FromUnixTimeSeconds(reset) - _time.GetUtcNow();
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }

        return reply.Status == HttpStatusCode.TooManyRequests || reply.Body.Contains("secondary rate limit", StringComparison.OrdinalIgnoreCase)
            ? UnnamedLimitWait
            : null;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _time.GetUtcNow() is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    // The token must not follow a link to anywhere else.
    private Uri UriOf(string path)
    {
        var uri = path.StartsWith('/') ? new Uri(_options.Root + path) : new Uri(path);
        return Uri.Compare(uri, _options.ApiUrl, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0
            ? uri
            : throw new ForgeRejectedException($"The forge pointed to another server ({uri.Host}); not following.", HttpStatusCode.OK);
    }

    private static string? NextPageOf(HttpResponseMessage response) =>
        Header(response, "Link") is { } link && NextLink().Match(link) is { Success: true } match ? match.Groups["url"].Value : null;

    private static string StepOf(TokenPermissions permissions) => permissions switch
    {
        _ when permissions.HasFlag(TokenPermissions.WriteChecks) => "check",
        _ when permissions.HasFlag(TokenPermissions.WritePulls) => "pull",
        _ when permissions.HasFlag(TokenPermissions.WriteConversation) => "comment",
        _ => "read",
    };

    /// <summary>GitHub's message with the details of a 422, in one line.</summary>
    private static string Explain(GitHubReply reply)
    {
        try
        {
            var problem = JsonSerializer.Deserialize(reply.Body, GitHubJson.Default.Problem);
            var details = problem is { Errors.ValueKind: JsonValueKind.Array } ? problem.Errors.EnumerateArray().Select(Detail) : [];
            return Short(string.Join("; ", details.Prepend(problem?.Message ?? "no message")));
        }
        catch (JsonException)
        {
            return "no message";
        }
    }

    private static string Detail(JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object)
            return error.ToString();
        string Field(string name) => error.TryGetProperty(name, out var value) ? value.ToString() : "";
        return Field("message") is { Length: > 0 } message ? message : $"{Field("resource")}.{Field("field")} {Field("code")}";
    }

    private static string Short(string text)
    {
        var line = new string(text.Select(c => char.IsControl(c) ? ' ' : c).ToArray());
        return line.Length <= 300 ? line : line[..300] + "…";
    }

    [LoggerMessage(EventId = 2001, Level = LogLevel.Warning, Message = "Forge call will be repeated (attempt {Attempt} after {Delay}): {Reason}")]
    private partial void LogRetry(int attempt, TimeSpan delay, string reason);

    [GeneratedRegex(@"<(?<url>[^>]+)>\s*;\s*rel=""next""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex NextLink();
}
