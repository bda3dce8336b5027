using System.Security.Cryptography;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Web;
using CodingAgent.Storage;
using Microsoft.AspNetCore.DataProtection;

namespace CodingAgent.BotHost.Codec;

/// <summary>
/// A login for browsers, which cannot be told to send an API key: a page asks for it and leaves a cookie that counts for eight hours, in
/// requests from the configured pages alone, and until the service starts anew.
/// </summary>
/// <param name="access">Whose API keys are whose.</param>
/// <param name="origins">Where requests may come from.</param>
internal sealed class CodecLogin(ApiAccess access, IReadOnlyList<string> origins)
{
    private const string Cookie = "coding-agent-codec";
    private const string Content = "codec";
    private const long MaxBytes = 4096;
    private static readonly TimeSpan Lasts = TimeSpan.FromHours(8);

    // No script, nothing from elsewhere; the form goes nowhere but back.
    private const string Page =
        """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>Coding Agent: codec</title>
        <form method="post"><p><label>API key of an administrator: <input type="password" name="key" autocomplete="off" required></label> <button>Log in</button></p><p>{0}</p></form></html>
        """;

    private readonly ITimeLimitedDataProtector _protector = new EphemeralDataProtectionProvider().CreateProtector("codec login").ToTimeLimitedDataProtector();

    /// <summary>Whether a request comes from a browser that logged in, and from a page that may ask.</summary>
    public bool Admits(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        if (origin is not [{ } from] || !origins.Contains(from, StringComparer.Ordinal) || request.Cookies[Cookie] is not { Length: > 0 } cookie)
            return false;
        try
        {
            return _protector.Unprotect(cookie) == Content;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Maps the page.</summary>
    public void Map(IEndpointRouteBuilder routes, string path)
    {
        routes.MapGet(path + "/login", (HttpResponse response) => Show(response, "", StatusCodes.Status200OK));
        routes.MapPost(path + "/login", LogInAsync);
    }

    private async Task<IResult> LogInAsync(HttpRequest request)
    {
        using var body = await BoundedBody.ReadAsync(request, MaxBytes, request.HttpContext.RequestAborted);
        var fields = body is null ? [] : Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(System.Text.Encoding.UTF8.GetString(body.Bytes.Span));
        var given = fields.TryGetValue("key", out var field) ? field.ToString().Trim() : "";
        if (await access.JudgeAsync(given, request.HttpContext.Connection.RemoteIpAddress, request.HttpContext.RequestAborted) is not { Role: ApiRole.Admin })
            return Show(request.HttpContext.Response, "That is no key of an administrator.", StatusCodes.Status401Unauthorized);
        // Pages behind TLS lie on another site and are sent cookies only where these say so; those on this machine are of the same site.
        var isSecure = origins.All(o => o.StartsWith("https://", StringComparison.Ordinal));
        request.HttpContext.Response.Cookies.Append(Cookie, _protector.Protect(Content, Lasts), new CookieOptions
        {
            HttpOnly = true,
            Secure = isSecure,
            SameSite = isSecure ? SameSiteMode.None : SameSiteMode.Lax,
            Path = CodecEndpoints.Path,
            MaxAge = Lasts,
        });
        return Show(request.HttpContext.Response, "Logged in for eight hours: Temporal's pages can show payloads now.", StatusCodes.Status200OK);
    }

    private static IResult Show(HttpResponse response, string words, int status)
    {
        response.Headers.ContentSecurityPolicy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'";
        response.Headers.CacheControl = "no-store";
        return Results.Content(Page.Replace("{0}", words, StringComparison.Ordinal), "text/html; charset=utf-8", statusCode: status);
    }
}
