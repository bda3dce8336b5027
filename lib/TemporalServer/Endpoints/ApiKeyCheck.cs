using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Primitives;

namespace TemporalServer.Endpoints;

/// <summary>Asks every caller for the API key.</summary>
internal static class ApiKeyCheck
{
    private const string Scheme = "Bearer ";

    // As with the real server's default authorizer: what tells nothing of anybody's workflows is open. Everything else, known or not, is closed.
    private static readonly HashSet<string> Open =
        new(StringComparer.Ordinal) { "/grpc.health.v1.Health/Check", WorkflowServiceMethods.GetSystemInfo.FullName };

    /// <summary>Refuses calls without the key. Here, because what gRPC itself would ask runs when the request has been read.</summary>
    public static void UseApiKey(this IApplicationBuilder app, string key)
    {
        var wanted = Hash(key);
        app.Use((context, next) =>
        {
            if (Open.Contains(context.Request.Path.Value ?? string.Empty) || Matches(context.Request.Headers.Authorization, wanted))
            {
                return next(context);
            }

            // The status alone would do (clients read 401 so), but it could not say what is missing.
            var response = context.Response;
            response.ContentType = "application/grpc";
            response.Headers.GrpcStatus = ((int)StatusCode.Unauthenticated).ToString();
            response.Headers.GrpcMessage = "Request unauthorized: send the server's API key as 'authorization: Bearer KEY'.";
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
