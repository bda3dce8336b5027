using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CodingAgent.Forges.Http;

namespace CodingAgent.Forges.GitHub;

/// <summary>One attempt: token, redirects within the forge, the whole answer, and failures as our two exceptions.</summary>
internal sealed class GitHubAttempt(GitHubOptions options, ITokenSource tokens, TimeProvider time) : DelegatingHandler
{
    // GitHub documents one minute as the wait after a secondary limit that names no time.
    private static readonly TimeSpan UnnamedLimitWait = TimeSpan.FromMinutes(1);

    // What is behind a token that was refused may be another one in a moment.
    private static readonly TimeSpan BeforeAnother = TimeSpan.FromSeconds(1);

    // 403s about who asks, not about what is asked.
    private static readonly string[] CredentialTroubles =
        ["bad credentials", "installation has been suspended", "IP allow list enabled", "SAML enforcement", "SAML SSO", "forbids access via a personal access token", "account was suspended", "account is suspended"];

    // A repository that was renamed and then moved is two away.
    private const int MostRedirects = 5;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = GitHubPipeline.CallOf(request);
        call.Doing = NameOf(request);
        var token = call.Token is { } given ? new ForgeToken(given, "") : await tokens.GetTokenAsync(call.Repo, Answers.StepOf(call.Permissions), call.Permissions, cancellationToken);
        // Nobody in particular may ask, too.
        request.Headers.Authorization = token.Secret.Length > 0 ? new AuthenticationHeaderValue("Bearer", token.Secret) : null;
        request.Headers.Accept.Clear();
        request.Headers.Accept.ParseAdd("application/vnd.github+json");
        request.Headers.Remove("X-GitHub-Api-Version");
        request.Headers.Add("X-GitHub-Api-Version", "2022-11-28");
        // Octokit calls what it sends a form.
        if (request.Content is { } content)
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        try
        {
            var response = await FollowAsync(call, request, cancellationToken);
            if (call.AsksWhere && IsRedirect(response))
                return response;
            // Read here, under this attempt's token and limit: Octokit reads what it is given without either.
            await response.Content.LoadIntoBufferAsync(Answers.Largest, cancellationToken);
            if (response.StatusCode != HttpStatusCode.NotModified || request.Headers.IfNoneMatch.Count == 0)
                await JudgeAsync(call, response, token, cancellationToken);
            return response;
        }
        catch (Exception e) when (Answers.IsFailure(e, cancellationToken))
        {
            throw Answers.Failure(call.Doing, e);
        }
    }

    // A repository that was renamed or transferred answers with where it is now. Method and body go along, as GitHub asks.
    private async Task<HttpResponseMessage> FollowAsync(GitHubCall call, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            // Links of a list and redirects alike: the token must not follow them to anywhere else.
            if (Uri.Compare(request.RequestUri, options.ApiUrl, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) != 0)
                throw new ForgeRejectedException($"{call.Doing} was pointed to another server ({request.RequestUri!.Host}); not following.", HttpStatusCode.OK);
            var response = await base.SendAsync(request, cancellationToken);
            if (!IsRedirect(response) || response.Headers.Location is not { } location || (call.AsksWhere && !IsApi(new Uri(request.RequestUri!, location))))
                return response;
            response.Dispose();
            if (redirects == MostRedirects)
                throw new ForgeRejectedException($"{call.Doing} was redirected more than {MostRedirects} times.", response.StatusCode);
            var there = new Uri(request.RequestUri!, location);
            // An issue that was transferred is another one now: what is said of the old one is not said there, nor done to it.
            if (IssueOf(request.RequestUri!) is { } issue && IssueOf(there) is { } other && issue != other)
                throw new ForgeRejectedException($"{call.Doing} was pointed to another issue ({Answers.Line(there.AbsolutePath)}): it was transferred.", HttpStatusCode.Gone);
            request.RequestUri = there;
        }
    }

    private static string? IssueOf(Uri uri) => uri.Segments.AsSpan() is var parts && parts.IndexOf("issues/") is >= 0 and var at && at + 1 < parts.Length ? parts[at + 1].TrimEnd('/') : null;

    private static bool IsRedirect(HttpResponseMessage response) => (int)response.StatusCode is 301 or 302 or 307 or 308;

    private bool IsApi(Uri uri) =>
        Uri.Compare(uri, options.ApiUrl, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0
        && uri.AbsolutePath.StartsWith(options.ApiUrl.AbsolutePath.TrimEnd('/') + "/", StringComparison.Ordinal);

    private async Task JudgeAsync(GitHubCall call, HttpResponseMessage response, ForgeToken token, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
        {
            // A proxy's page, say.
            if (!call.AsksWhere && response.Content.Headers is { ContentLength: not 0, ContentType: var type } && type?.MediaType != "application/json")
                throw new ForgeUnavailableException($"{call.Doing} answered {status} with something that is not JSON.");
            return;
        }

        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        // What answers may repeat what it was sent.
        var text = $"{call.Doing} answered {status}: {(token.Secret.Length > 0 ? Explain(body).Replace(token.Secret, "***", StringComparison.Ordinal) : Explain(body))}";
        if (LimitWait(response, body) is { } wait)
            throw new ForgeUnavailableException(text, wait);
        if (status is 408 or >= 500)
            throw new ForgeUnavailableException(text, Answers.RetryAfter(response, time));
        if (response.StatusCode == HttpStatusCode.Unauthorized && tokens.Drop(token))
            throw new ForgeUnavailableException(text, BeforeAnother);
        throw IsCredentialTrouble(response.StatusCode, body)
            ? new ForgeRejectedException($"{text} (the forge does not accept the service's credential as it is: {options.CredentialSetting}{ClockHint(body)})", HttpStatusCode.Unauthorized)
            : new ForgeRejectedException(text, IsLocked(response.StatusCode, body) ? HttpStatusCode.Locked : response.StatusCode);
    }

    // What is signed names times, and is refused when this machine's clock is wrong.
    private static string ClockHint(string body) => body.Contains("claim", StringComparison.Ordinal) && (body.Contains("iat", StringComparison.Ordinal) || body.Contains("exp", StringComparison.Ordinal))
        ? "; this machine's clock is probably wrong, set it by NTP"
        : "";

    // In a locked conversation collaborators may comment, apps may not, and nobody may react.
    private static bool IsLocked(HttpStatusCode status, string body) =>
        status == HttpStatusCode.Forbidden && (body.Contains("is locked", StringComparison.OrdinalIgnoreCase) || body.Contains("locked conversation", StringComparison.OrdinalIgnoreCase));

    // Whatever is asked, nobody but the operator or the organisation's owner can mend it, and then it is well again.
    private static bool IsCredentialTrouble(HttpStatusCode status, string body) => status == HttpStatusCode.Unauthorized
        || (status == HttpStatusCode.Forbidden && Array.Exists(CredentialTroubles, words => body.Contains(words, StringComparison.OrdinalIgnoreCase)));

    // A limit is a 429, or a 403 that says so in its headers or words; any other 403 is a refusal.
    private TimeSpan? LimitWait(HttpResponseMessage response, string body)
    {
        if (response.StatusCode is not (HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests))
            return null;
        if (Answers.RetryAfter(response, time) is { } named)
            return named;
        if (Header(response, "x-ratelimit-remaining") == "0"
            && long.TryParse(Header(response, "x-ratelimit-reset"), NumberStyles.None, CultureInfo.InvariantCulture, out var reset)
            && reset <= DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            var wait = DateTimeOffset.FromUnixTimeSeconds(reset) - Answers.NowOf(response, time);
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }

        return response.StatusCode == HttpStatusCode.TooManyRequests || body.Contains("secondary rate limit", StringComparison.OrdinalIgnoreCase)
            ? UnnamedLimitWait
            : null;
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private string NameOf(HttpRequestMessage request)
    {
        var uri = request.RequestUri!;
        var root = options.ApiUrl.AbsolutePath.TrimEnd('/');
        return $"{request.Method} {Answers.Line(uri.PathAndQuery.StartsWith(root, StringComparison.Ordinal) ? uri.PathAndQuery[root.Length..] : uri.PathAndQuery)}";
    }

    /// <summary>GitHub's message with the details of a 422, in one line.</summary>
    private static string Explain(string body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            var details = problem.RootElement.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array
                ? errors.EnumerateArray().Select(Detail)
                : [];
            return Answers.Line(string.Join("; ", details.Prepend(problem.RootElement.GetProperty("message").GetString())));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
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
}
