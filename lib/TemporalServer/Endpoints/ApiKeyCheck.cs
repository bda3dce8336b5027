using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Primitives;
using Temporalio.Protocol.Methods;

namespace TemporalServer.Endpoints;

/// <summary>Asks every caller for the API key.</summary>
internal static class ApiKeyCheck
{
    private const string Scheme = "Bearer ";

    // As with the real server's default authorizer: what tells nothing of anybody's workflows is open. Everything else, known or not, is closed.
    private static readonly HashSet<string> Open = new(StringComparer.Ordinal) { HealthMethods.Check.Path, WorkflowServiceMethods.GetSystemInfo.Path };

    /// <summary>Refuses calls without the key, before anything of them is read.</summary>
    public static void UseApiKey(this IApplicationBuilder app, string key)
    {
        var wanted = Hash(key);
        app.Use((context, next) =>
        {
            if (Open.Contains(context.Request.Path.Value ?? string.Empty) || Matches(context.Request.Headers.Authorization, wanted))
            {
                return next(context);
            }

            GrpcEndpoints.WriteFailure(
                context.Response, new RpcStatusException(GrpcStatusCode.Unauthenticated, "Request unauthorized: send the server's API key as 'authorization: Bearer KEY'."));
            return Task.CompletedTask;
        });
    }

    // Hashes have one length whatever was sent, so the time of the comparison tells nothing of the key.
    private static bool Matches(StringValues header, byte[] wanted) =>
        header is [{ } given]
        && given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Hash(given[Scheme.Length..]), wanted);

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
