using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>Tells which app signed a JSON web token, with GitHub's rules and words (RFC 7519, RS256; ten minutes at most).</summary>
internal static class AppSignature
{
    private const int LongestLife = 600;

    /// <summary>The app.</summary>
    /// <exception cref="ApiProblem">401: it is not signed as it should be.</exception>
    public static AppRegistration Verify(string token, World world)
    {
        if (token.Split('.') is not [var header, var payload, var signature] || Parse(header) is not { } head || Parse(payload) is not { } claims || head["alg"]?.ToString() != "RS256")
            throw new ApiProblem(401, "A JSON web token could not be decoded");
        var issuer = claims["iss"]?.ToString() ?? "";
        var app = world.Apps.All.Find(a => issuer == a.ClientId || issuer == $"{a.Id}") ?? throw new ApiProblem(404, "Integration not found");
        using var key = RSA.Create();
        key.ImportFromPem(app.PublicKey);
        if (Bytes(signature) is not { } proof || !key.VerifyData(Encoding.ASCII.GetBytes($"{header}.{payload}"), proof, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
            throw new ApiProblem(401, "A JSON web token could not be decoded");
        var now = world.Now.ToUnixTimeSeconds();
        if (Number(claims, "exp") is not { } ends || ends <= now)
            throw new ApiProblem(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires");
        if (ends > now + LongestLife)
            throw new ApiProblem(401, "'Expiration time' claim ('exp') is too far in the future");
        if (Number(claims, "iat") is not { } begins || begins > now)
            throw new ApiProblem(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
        return app;
    }

    private static long? Number(JsonObject claims, string name) => claims[name] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    private static JsonObject? Parse(string part)
    {
        try
        {
            return Bytes(part) is { } bytes ? JsonNode.Parse(bytes) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[]? Bytes(string part)
    {
        try
        {
            return Convert.FromBase64String(part.Replace('-', '+').Replace('_', '/').PadRight((part.Length + 3) / 4 * 4, '='));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
