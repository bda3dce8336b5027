using System.Net;
using System.Text.RegularExpressions;
using CodingAgent.BotHost.Tests.Api;

namespace CodingAgent.BotHost.Tests.Pages;

/// <summary>A browser without eyes: it keeps cookies, sends forms with their token, and follows no redirect by itself.</summary>
internal sealed partial class PageClient(Uri service) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, Expect100ContinueTimeout = TimeSpan.FromMinutes(2) });

    /// <summary>Where the service is.</summary>
    public Uri Service { get; set; } = service;

    public static async Task<PageClient> SignedInAsync(ApiHost host, string key = ApiHost.Key)
    {
        var client = new PageClient(host.Address);
        (await client.SignInAsync(key)).Status.ShouldBe(HttpStatusCode.Redirect);
        return client;
    }

    public Task<Page> SignInAsync(string key, string next = "") => PostAsync("/ui/sign-in" + next, "/ui/sign-in" + next, ("Key", key), ("_handler", "sign-in"));

    public async Task<Page> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(Service, path));
        return await ReadAsync(answer);
    }

    /// <summary>Sends a form with the token of a page that shows it.</summary>
    public async Task<Page> PostAsync(string path, string shownAt, params (string Name, string Value)[] fields)
    {
        var token = Token().Match((await GetAsync(shownAt)).Markup).Groups["token"].Value;
        return await SendAsync(path, [.. fields, ("__RequestVerificationToken", token)]);
    }

    public async Task<Page> SendAsync(string path, params (string Name, string Value)[] fields)
    {
        using var content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        // What is refused for its size is not sent, or the refusal would be lost with the connection.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Service, path)) { Content = content, Headers = { ExpectContinue = true } };
        using var answer = await _http.SendAsync(request);
        return await ReadAsync(answer);
    }

    public void Dispose() => _http.Dispose();

    private static async Task<Page> ReadAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        return new Page(answer.StatusCode, WebUtility.HtmlDecode(text), text, answer.Headers.Location?.ToString(), answer.Headers.TryGetValues("Content-Security-Policy", out var policy) ? policy.Single() : "")
        {
            Cookies = answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? [.. cookies] : [],
        };
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Token();

    /// <summary>What came back.</summary>
    internal sealed record Page(HttpStatusCode Status, string Text, string Markup, string? Location, string ContentPolicy)
    {
        public IReadOnlyList<string> Cookies { get; init; } = [];
    }
}
