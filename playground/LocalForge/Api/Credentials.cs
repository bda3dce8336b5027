using System.Text;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Http;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>Who calls: a token as bearer, as <c>token</c>, or as the password of basic authentication; or an app's own signature as bearer.</summary>
internal static class Credentials
{
    /// <summary>The account; null without credentials.</summary>
    /// <exception cref="ApiProblem">401: a token was given that nobody has.</exception>
    public static Caller Read(HttpContext http, World world)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (header.Length == 0)
            return new Caller(null);
        var space = header.IndexOf(' ', StringComparison.Ordinal);
        var scheme = space < 0 ? "" : header[..space].ToLowerInvariant();
        var value = header[(space + 1)..].Trim();
        var token = scheme switch
        {
            "bearer" or "token" => value,
            "basic" => PasswordOf(value),
            _ => null,
        };
        if (token is not null && scheme == "bearer" && token.StartsWith("eyJ", StringComparison.Ordinal))
            return new Caller(null) { App = AppSignature.Verify(token, world) };
        if (token is not null && world.Apps.FindGrant(token) is { } grant)
            return new Caller(grant.Installation.App.Bot) { Grant = grant };
        if (token is not null && world.OAuth.FindGrant(token, isGitLab: false) is { } signIn)
            return new Caller(signIn.Account) { SignIn = signIn };
        var account = token is null ? null : world.FindByToken(token);
        return new Caller(account ?? throw new ApiProblem(401, "Bad credentials"));
    }

    private static string? PasswordOf(string value)
    {
        try
        {
            var pair = Encoding.UTF8.GetString(Convert.FromBase64String(value));
            var colon = pair.IndexOf(':', StringComparison.Ordinal);
            return colon < 0 ? null : pair[(colon + 1)..];
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

/// <summary>Who calls.</summary>
/// <param name="Account">The account it counts as; null for nobody, and for an app by itself.</param>
internal sealed record Caller(Account? Account)
{
    /// <summary>What its token allows; null for an account's own, which allows all.</summary>
    public AppGrant? Grant { get; init; }

    /// <summary>What its token allows, where a person gave it to a program that they signed in by; null for every other.</summary>
    public OAuthGrant? SignIn { get; init; }

    /// <summary>The app that calls as itself.</summary>
    public AppRegistration? App { get; init; }
}
