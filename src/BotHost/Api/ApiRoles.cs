using CodingAgent.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace CodingAgent.BotHost.Api;

/// <summary>What an endpoint asks of who calls it.</summary>
public static class ApiRoles
{
    /// <summary>Registers keys and roles.</summary>
    /// <param name="services">Services; the keys' storage is among them.</param>
    /// <param name="configuredKey">The key of the configuration; null for none.</param>
    public static IServiceCollection AddApiAccess(this IServiceCollection services, string? configuredKey)
    {
        services.AddSingleton(p => new ApiAccess(p.GetRequiredService<ApiKeys>(), configuredKey, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ApiAccess>>()));
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.Name, null);
        return services.AddAuthorization();
    }

    /// <summary>Lets in who holds a key of a role, or a higher one.</summary>
    public static TBuilder Require<TBuilder>(this TBuilder endpoints, ApiRole role)
        where TBuilder : IEndpointConventionBuilder => endpoints.RequireAuthorization(policy => policy.AddKeys().RequireRole(From(role)));

    /// <summary>The scheme of the keys.</summary>
    internal static AuthorizationPolicyBuilder AddKeys(this AuthorizationPolicyBuilder policy) => policy.AddAuthenticationSchemes(ApiKeyAuthentication.Name);

    /// <summary>Names of a role and those above it.</summary>
    internal static IEnumerable<string> From(ApiRole role) => Enum.GetValues<ApiRole>().Where(r => r >= role).Select(r => r.ToString());
}
