using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.BotHost.Api;

/// <summary>Lets a request through only with <c>Authorization: Bearer &lt;Api:Key&gt;</c>; compares in constant time.</summary>
public sealed class ApiKeyFilter(string apiKey) : IEndpointFilter
{
    private readonly byte[] _expected = SHA256.HashData(Encoding.UTF8.GetBytes(apiKey));

    /// <inheritdoc/>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        Admits(context.HttpContext.Request) ? await next(context) : Refusal(context.HttpContext.Response);

    /// <summary>Whether a request carries the key.</summary>
    public bool Admits(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return Admits(header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : "");
    }

    /// <summary>Whether this is the key.</summary>
    public bool Admits(string given)
    {
        ArgumentNullException.ThrowIfNull(given);
        return given.Length > 0 && CryptographicOperations.FixedTimeEquals(_expected, SHA256.HashData(Encoding.UTF8.GetBytes(given)));
    }

    /// <summary>What a request without the key is answered.</summary>
    public static IResult Refusal(HttpResponse response)
    {
        response.Headers.WWWAuthenticate = "Bearer";
        return Results.Problem("Send the API key: 'Authorization: Bearer <Api:Key>'.", statusCode: StatusCodes.Status401Unauthorized);
    }
}
