using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace CodingAgent.BotHost.Api;

/// <summary>Reads <c>Authorization: Bearer KEY</c>, and says in words what is missing.</summary>
/// <param name="access">Whose keys are whose.</param>
/// <param name="options">Of the framework.</param>
/// <param name="loggers">Of the framework.</param>
/// <param name="encoder">Of the framework.</param>
internal sealed class ApiKeyAuthentication(ApiAccess access, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    /// <summary>Its name as a scheme.</summary>
    public const string Name = "ApiKey";

    private const string Bearer = "Bearer ";

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        var key = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : "";
        if (key.Length == 0 || await access.JudgeAsync(key, Context.Connection.RemoteIpAddress, Context.RequestAborted) is not { } caller)
            return AuthenticateResult.NoResult();
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, caller.Name), new Claim(ClaimTypes.Role, caller.Role.ToString())], Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }

    /// <inheritdoc/>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return Results.Problem("Send an API key: 'Authorization: Bearer KEY'. 'codingagent key create' makes one; a revoked or expired one no longer counts.", statusCode: StatusCodes.Status401Unauthorized)
            .ExecuteAsync(Context);
    }

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Results.Problem($"This API key has the role {Context.User.FindFirstValue(ClaimTypes.Role)?.ToLowerInvariant()}, which may not do this: use one of a higher role.", statusCode: StatusCodes.Status403Forbidden)
            .ExecuteAsync(Context);
}
