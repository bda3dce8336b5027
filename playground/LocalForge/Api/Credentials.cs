using System.Text;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Http;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>Who calls: a token as bearer, as <c>token</c>, or as the password of basic authentication.</summary>
internal static class Credentials
{
    /// <summary>The account; null without credentials; <c>BadToken</c> when a token was given that nobody has.</summary>
    public static (Account? Account, bool BadToken) Read(HttpContext http, World world)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (header.Length == 0)
            return (null, false);
        var space = header.IndexOf(' ', StringComparison.Ordinal);
        var scheme = space < 0 ? "" : header[..space].ToLowerInvariant();
        var value = header[(space + 1)..].Trim();
        var token = scheme switch
        {
            "bearer" or "token" => value,
            "basic" => PasswordOf(value),
            _ => null,
        };
        var account = token is null ? null : world.FindByToken(token);
        return (account, account is null);
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
