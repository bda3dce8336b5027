using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.Forges;
using CodingAgent.Forges.GitHub;
using CodingAgent.Storage;

namespace CodingAgent.BotHost.Setup;

/// <summary>
/// Two pages: one whose form has GitHub make the App, one that GitHub sends back to. The first takes the key that the terminal shows, and the
/// second the state that the first handed out, so that nobody else can have this service work for an App of theirs.
/// </summary>
/// <param name="settings">What is made, and for where.</param>
/// <param name="convert">Takes the credentials for a code.</param>
/// <param name="keep">Keeps them; told once.</param>
internal sealed class SetupPages(SetupSettings settings, Func<string, CancellationToken, Task<CreatedApp>> convert, Action<CreatedApp> keep) : IDisposable
{
    private const string Path = "/setup";

    private const string BackPath = "/setup/done";

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly string _state = NewSecret();
    private CreatedApp? _converted;
    private CreatedApp? _made;

    /// <summary>The first page's addresses, with the key that opens it in this run alone: on the machine itself, and as the public has it last.</summary>
    public IEnumerable<string> Links => Origins.Select((origin, i) => string.Create(CultureInfo.InvariantCulture, $"{origin}{Path}?key={Key}&at={i}"));

    /// <summary>Where this listens, and the public address last.</summary>
    public IReadOnlyList<string> Origins { get; set; } = [settings.PublicUrl.GetLeftPart(UriPartial.Authority)];

    private string Key { get; } = NewSecret();

    /// <summary>Maps both pages.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, BeginAsync);
        routes.MapGet(BackPath, EndAsync);
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task BeginAsync(HttpContext http)
    {
        if (!Same(http.Request.Query["key"], Key))
            await WriteAsync(http, 403, "A key is needed", "<p>Open the whole address that <code>codingagent setup github</code> shows in its terminal.</p>");
        else if (_made is { } made)
            await WriteAsync(http, 200, "The App is made", Next(made));
        else
            await WriteAsync(http, 200, "Make the GitHub App", Form(OriginOf(http.Request.Query["at"])), settings.GitHub.WebUrl);
    }

    private async Task EndAsync(HttpContext http)
    {
        if (!Same(http.Request.Query["state"], _state))
        {
            await WriteAsync(http, 403, "This did not begin here", "<p>Begin at the address that <code>codingagent setup github</code> shows in its terminal.</p>");
            return;
        }

        await _one.WaitAsync(http.RequestAborted);
        try
        {
            // A page that is loaded again says the same again, and keeps what could not be kept before: no code works twice.
            if (_made is null)
            {
                _converted ??= await convert(http.Request.Query["code"].ToString(), http.RequestAborted);
                keep(_converted);
                _made = _converted;
            }

            await WriteAsync(http, 200, "The App is made", Next(_made));
        }
        catch (Exception e) when (e is ForgeRejectedException or ForgeUnavailableException or ArgumentException or StorageException or IOException or UnauthorizedAccessException)
        {
            await WriteAsync(http, 502, "That did not work", $"<p>{Encode(e.Message)}</p><p>Begin again at the address in the terminal. If GitHub made an App all the same, delete it there.</p>");
        }
        finally
        {
            _one.Release();
        }
    }

    private string Form(string origin)
    {
        var manifest = AppManifest.Json(settings.Name, new Uri(settings.PublicUrl, settings.WebhookPath), new Uri(origin + BackPath), new Uri(settings.PublicUrl, settings.SignInPath));
        return $"""
            <p>GitHub asks you for the App's name and makes it {(settings.Organization is { } organization ? $"for the organisation <b>{Encode(organization)}</b>" : "for your own account")}.
            Its events go to <code>{Encode(new Uri(settings.PublicUrl, settings.WebhookPath).AbsoluteUri)}</code>. It may:</p>
            <ul>{string.Concat(AppManifest.Permissions.Select(p => $"<li>{Encode(p.Key)}: {Encode(p.Value)}</li>"))}</ul>
            <p>Its private key and secrets come back to this service alone, and are kept sealed in its data folder.</p>
            <form method="post" action="{Encode(AppManifest.FormAddress(settings.GitHub, settings.Organization, _state).AbsoluteUri)}">
            <input type="hidden" name="manifest" value="{Encode(manifest)}">
            <button type="submit">Make the App on {Encode(new Uri(settings.GitHub.WebUrl).Host)}</button>
            </form>
            """;
    }

    private static string Next(CreatedApp app) => $"""
        <p><b>{Encode(app.Slug)}</b> is made, and its credentials are kept.</p>
        <ol>
        <li><a href="{Encode(InstallAddress(app))}">Install it</a> on the repositories it shall work on.</li>
        <li>Start the service: <code>codingagent serve</code>. It finds the credentials by itself; <code>codingagent doctor</code> says what is still missing.</li>
        <li>Put the label <code>agent:implement</code> on an issue, or write <code>/agent implement</code> there.</li>
        </ol>
        """;

    /// <summary>Where an App is installed.</summary>
    public static string InstallAddress(CreatedApp app) => $"{app.WebUrl.TrimEnd('/')}/installations/new";

    // By the link that was opened, and not by the request's host, which proxies write as they like.
    private string OriginOf(string? at) =>
        int.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < Origins.Count ? Origins[index] : Origins[^1];

    private static bool Same(string? given, string secret) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given ?? "")), SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private static Task WriteAsync(HttpContext http, int status, string title, string body, string? formTo = null)
    {
        var headers = http.Response.Headers;
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/html; charset=utf-8";
        headers.ContentSecurityPolicy = $"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action {(formTo is null ? "'none'" : new Uri(formTo).GetLeftPart(UriPartial.Authority))}";
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        // The address holds the key. The form's origin is told, because servers refuse forms of nobody.
        headers["Referrer-Policy"] = "strict-origin";
        return http.Response.WriteAsync(
            $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title} · Coding Agent</title></head><body><h1>{title}</h1>{body}</body></html>\n", http.RequestAborted);
    }
}

/// <summary>What <c>codingagent setup github</c> makes.</summary>
/// <param name="GitHub">Which GitHub.</param>
/// <param name="PublicUrl">Where GitHub and people reach this service.</param>
/// <param name="WebhookPath">Where it takes events.</param>
/// <param name="SignInPath">Where it takes people who signed in at GitHub.</param>
/// <param name="Organization">The organisation that is to own the App; null for the person who makes it.</param>
/// <param name="Name">What it is to be called; GitHub lets the person change it.</param>
internal sealed record SetupSettings(GitHubOptions GitHub, Uri PublicUrl, string WebhookPath, string SignInPath, string? Organization, string Name);
