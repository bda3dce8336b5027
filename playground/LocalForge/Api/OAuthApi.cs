using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>
/// Tokens for codes, as each of the two forges gives them. GitHub says what is wrong with a status of success, and answers in the form's own
/// encoding who does not ask for JSON.
/// https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors,
/// https://docs.gitlab.com/api/oauth2/
/// </summary>
internal sealed class OAuthApi(World world, Action<string>? log)
{
    private static readonly TimeSpan GitHubLife = TimeSpan.FromHours(8);
    private static readonly TimeSpan GitLabLife = TimeSpan.FromHours(2);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/login/oauth/access_token", http => ServeAsync(http, ForGitHub));
        routes.MapPost("/oauth/token", http => ServeAsync(http, ForGitLab));
    }

    private async Task ServeAsync(HttpContext http, Func<Func<string, string>, (int Status, JsonObject Body)> answer)
    {
        var given = await ReadAsync(http.Request);
        await world.Gate.WaitAsync(http.RequestAborted);
        int status;
        JsonObject body;
        try
        {
            (status, body) = answer(name => given.GetValueOrDefault(name, ""));
        }
        finally
        {
            world.Gate.Release();
        }

        log?.Invoke($"POST {http.Request.Path} -> {status}{(body["error"] is { } error ? $" {error}" : "")}");
        http.Response.StatusCode = status;
        http.Response.Headers.CacheControl = "no-store";
        var isForm = http.Request.Path.StartsWithSegments("/login", StringComparison.Ordinal) && !http.Request.Headers.Accept.ToString().Contains("json", StringComparison.OrdinalIgnoreCase);
        http.Response.ContentType = isForm ? "application/x-www-form-urlencoded; charset=utf-8" : "application/json; charset=utf-8";
        await http.Response.WriteAsync(isForm ? QueryString.Create(body.Select(p => KeyValuePair.Create(p.Key, p.Value?.ToString()))).Value![1..] : body.ToJsonString(), http.RequestAborted);
    }

    private (int Status, JsonObject Body) ForGitHub(Func<string, string> given)
    {
        if (world.OAuth.Find(given("client_id"), isGitLab: false) is not { } application || application.Secret != given("client_secret"))
            return (200, Error("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."));
        if (world.OAuth.Take(given("code"), application) is not { } code || !OAuthDirectory.Verifies(code, given("code_verifier")))
            return (200, Error("bad_verification_code", "The code passed is incorrect or expired."));
        if (given("redirect_uri") is { Length: > 0 } back && back != code.RedirectUri)
            return (200, Error("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application."));
        // The scope of an App's token is always empty: its permissions say what it may.
        return (200, new JsonObject { ["access_token"] = world.OAuth.NewToken(code, "ghu_", GitHubLife), ["expires_in"] = (int)GitHubLife.TotalSeconds, ["scope"] = "", ["token_type"] = "bearer" });
    }

    private (int Status, JsonObject Body) ForGitLab(Func<string, string> given)
    {
        if (world.OAuth.Find(given("client_id"), isGitLab: true) is not { } application || application.Secret != given("client_secret"))
            return (401, Error("invalid_client", "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method."));
        if (given("grant_type") != "authorization_code")
            return (400, Error("unsupported_grant_type", "The authorization grant type is not supported by the authorization server."));
        if (world.OAuth.Take(given("code"), application) is not { } code || given("redirect_uri") != code.RedirectUri || !OAuthDirectory.Verifies(code, given("code_verifier")))
            return (400, Error("invalid_grant", "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client."));
        return (200, new JsonObject
        {
            ["access_token"] = world.OAuth.NewToken(code, "", GitLabLife),
            ["token_type"] = "Bearer",
            ["expires_in"] = (int)GitLabLife.TotalSeconds,
            ["scope"] = code.Scope,
            ["created_at"] = world.Now.ToUnixTimeSeconds(),
        });
    }

    private static JsonObject Error(string error, string description) => new() { ["error"] = error, ["error_description"] = description };

    // As a form, as JSON, or in the address.
    private static async Task<Dictionary<string, string>> ReadAsync(HttpRequest request)
    {
        var given = request.Query.ToDictionary(p => p.Key, p => p.Value.ToString(), StringComparer.Ordinal);
        if (request.HasFormContentType)
        {
            foreach (var (name, value) in await request.ReadFormAsync(request.HttpContext.RequestAborted))
                given[name] = value.ToString();
        }
        else if (request.ContentType?.StartsWith(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase) == true)
        {
            try
            {
                foreach (var (name, value) in await JsonNode.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted) as JsonObject ?? [])
                    given[name] = value?.ToString() ?? "";
            }
            catch (JsonException)
            {
                // As if nothing had been given.
            }
        }

        return given;
    }
}
