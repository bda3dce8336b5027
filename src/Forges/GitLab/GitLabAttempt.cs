using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CodingAgent.Forges.Http;

namespace CodingAgent.Forges.GitLab;

/// <summary>One attempt: token, redirects within the forge, the whole answer, and failures as our two exceptions.</summary>
internal sealed class GitLabAttempt(GitLabOptions options, ITokenSource tokens, TimeProvider time) : DelegatingHandler
{
    // https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/: a limit names a time; a proxy before it may not.
    private static readonly TimeSpan UnnamedLimitWait = TimeSpan.FromMinutes(1);

    private const int MostRedirects = 5;

    // It may list what is wrong with each field.
    private const int LongestExplanation = 500;

    /// <summary>The call a request belongs to.</summary>
    public static GitLabCall CallOf(HttpRequestMessage request) =>
        request.Options.TryGetValue(new HttpRequestOptionsKey<GitLabCall>(GitLabCall.Key), out var call) ? call : throw new InvalidOperationException("A request without its call.");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = CallOf(request);
        var doing = NameOf(request);
        var token = await tokens.GetTokenAsync(call.Repo, Answers.StepOf(call.Permissions), call.Permissions, cancellationToken);
        // All kinds of access token are taken so, OAuth's among them; PRIVATE-TOKEN takes these not.
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Secret);
        try
        {
            var response = await FollowAsync(doing, request, cancellationToken);
            if (call.ReadsLog && response.IsSuccessStatusCode)
                await CutLogAsync(response, cancellationToken);
            else
                await response.Content.LoadIntoBufferAsync(Answers.Largest, cancellationToken);
            await JudgeAsync(call, doing, response, token, cancellationToken);
            return response;
        }
        catch (Exception e) when (Answers.IsFailure(e, cancellationToken))
        {
            throw Answers.Failure(doing, e);
        }
    }

    // A project that was renamed or transferred answers a GET with where it is now, and refuses everything else.
    private async Task<HttpResponseMessage> FollowAsync(string doing, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            // The token must not follow to anywhere else.
            if (Uri.Compare(request.RequestUri, options.Url, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) != 0)
                throw new ForgeRejectedException($"{doing} was pointed to another server ({request.RequestUri!.Host}); not following.", HttpStatusCode.OK);
            var response = await base.SendAsync(request, cancellationToken);
            if ((int)response.StatusCode is not (301 or 302 or 307 or 308) || response.Headers.Location is not { } location || request.Method != HttpMethod.Get)
                return response;
            response.Dispose();
            if (redirects == MostRedirects)
                throw new ForgeRejectedException($"{doing} was redirected more than {MostRedirects} times.", response.StatusCode);
            request.RequestUri = new Uri(request.RequestUri!, location);
        }
    }

    // A log may be long; GitLab sends it whole. What is between its beginning and its end is passed over.
    private static async Task CutLogAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        response.Content = new StringContent(await LongText.ReadAsync(body, fromEnd: null, cancellationToken), Encoding.UTF8, "text/plain");
    }

    private async Task JudgeAsync(GitLabCall call, string doing, HttpResponseMessage response, ForgeToken token, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
        {
            // A proxy's page, or the sign-in page that somebody put before the API.
            if (!call.ReadsLog && status != 204 && response.Content.Headers is { ContentLength: not 0, ContentType: var type } && type?.MediaType?.EndsWith("json", StringComparison.OrdinalIgnoreCase) != true)
                throw new ForgeUnavailableException($"{doing} answered {status} with something that is not JSON.");
            return;
        }

        // Signing in is a redirect, too, for a page; the API answers so only for what it does not know.
        if (status is >= 300 and < 400)
            throw new ForgeRejectedException($"{doing} answered {status}: the project has another name now, under which it must be asked for.", HttpStatusCode.MovedPermanently);
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        // What answers may repeat what it was sent.
        var text = $"{doing} answered {status}: {Explain(body).Replace(token.Secret, "***", StringComparison.Ordinal)}";
        if (status == 429)
            throw new ForgeUnavailableException(text, WaitOf(response) ?? UnnamedLimitWait);
        if (status is 408 or >= 500)
            throw new ForgeUnavailableException(text, Answers.RetryAfter(response, time));
        // 409 on what another request is just changing says so in its words.
        if (status == 409 && body.Contains("Resource lock", StringComparison.OrdinalIgnoreCase))
            throw new ForgeUnavailableException(text);
        throw status == 401 || (status == 403 && body.Contains("insufficient_scope", StringComparison.OrdinalIgnoreCase))
            ? new ForgeRejectedException($"{text} (the forge does not accept the service's credential as it is: Forge:GitLab:Token, which needs the scope api)", HttpStatusCode.Unauthorized)
            : new ForgeRejectedException(text, response.StatusCode);
    }

    private TimeSpan? WaitOf(HttpResponseMessage response)
    {
        if (Answers.RetryAfter(response, time) is { } named)
            return named;
        return response.Headers.TryGetValues("RateLimit-Reset", out var values) && long.TryParse(values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var reset)
            && reset <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() && DateTimeOffset.FromUnixTimeSeconds(reset) - Answers.NowOf(response, time) is var wait && wait > TimeSpan.Zero ? wait : null;
    }

    private string NameOf(HttpRequestMessage request)
    {
        var path = request.RequestUri!.PathAndQuery;
        var root = options.Url.AbsolutePath.TrimEnd('/') + "/api/v4";
        return $"{request.Method} {Answers.Line(path.StartsWith(root, StringComparison.Ordinal) ? path[root.Length..] : path)}";
    }

    /// <summary>GitLab's words, in one line: a text, a list, or lists by field; under one of two names.</summary>
    private static string Explain(string body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            if (problem.RootElement.ValueKind != JsonValueKind.Object)
                return "no message";
            var words = new[] { "message", "error_description", "error" }.Select(name => problem.RootElement.TryGetProperty(name, out var value) ? Words(value) : "").FirstOrDefault(w => w.Length > 0);
            return words is null ? "no message" : Answers.Line(words, LongestExplanation);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "no message";
        }
    }

    private static string Words(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() ?? "",
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(Words)),
        JsonValueKind.Object => string.Join("; ", value.EnumerateObject().Select(p => $"{p.Name}: {Words(p.Value)}")),
        _ => value.ToString(),
    };
}
