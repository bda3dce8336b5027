using System.Security.Claims;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Pages.Parts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace CodingAgent.BotHost.Pages.SignIn;

/// <summary>
/// Being signed in: a cookie for the pages alone, which says whose key it was made with, or who of which forge it is. What that key allows is asked
/// with every request, so that one that is revoked ends its sessions at once; what a person of a forge may see, with every task. The API does not
/// take the cookie, and pages take no key.
/// </summary>
internal static class Session
{
    /// <summary>Its name as a scheme.</summary>
    public const string Scheme = "Session";

    /// <summary>Where people sign in.</summary>
    public const string SignInPath = Site.Root + "/sign-in";

    private const string SignOutPath = Site.Root + "/sign-out";
    private const string KeyClaim = "key";
    private static readonly TimeSpan Lasts = TimeSpan.FromHours(12);

    /// <summary>Registers it.</summary>
    public static void AddSessions(this IServiceCollection services) => services.AddAuthentication().AddCookie(Scheme, cookie =>
    {
        cookie.Cookie.Name = "coding-agent-session";
        cookie.Cookie.Path = Site.Root;
        cookie.Cookie.HttpOnly = true;
        // Lax, so that a link in a comment of the forge opens the page; what changes anything has a form's token besides.
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        (cookie.ExpireTimeSpan, cookie.SlidingExpiration) = (Lasts, true);
        (cookie.LoginPath, cookie.ReturnUrlParameter) = (SignInPath, "next");
        cookie.Events.OnValidatePrincipal = ValidateAsync;
        // Without scheme and host, which a proxy in front may not have told.
        cookie.Events.OnRedirectToLogin = context =>
        {
            context.Response.Redirect(new Uri(context.RedirectUri).PathAndQuery);
            return Task.CompletedTask;
        };
        cookie.Events.OnRedirectToAccessDenied = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };
    });

    /// <summary>Maps what the form for signing out does.</summary>
    public static void MapSession(this IEndpointRouteBuilder routes) => routes.MapPost(SignOutPath, async (HttpContext http, IFormCollection _) =>
    {
        await http.SignOutAsync(Scheme);
        return Results.LocalRedirect(SignInPath);
    }).RequireAuthorization(Site.TasksPolicy);

    /// <summary>Where a sign-in leads: to the page that was asked for, if it is one of ours.</summary>
    public static string Next(string? asked) =>
        asked is not null && asked.StartsWith(Site.Root, StringComparison.Ordinal) && (asked.Length == Site.Root.Length || asked[Site.Root.Length] is '/' or '?') && !asked.Any(c => char.IsControl(c) || c == '\\')
            ? asked : Site.Root;

    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        if (context.Principal is { } who && ForgePerson.Of(who) is { } person)
        {
            // Never longer, however often it is used; and not where the forge is no door any more.
            if (services.GetRequiredService<TimeProvider>().GetUtcNow() - person.Since >= Lasts || services.GetRequiredService<ForgeSignIn>().Forges.All(f => f.Kind != person.Forge))
                context.RejectPrincipal();
            return;
        }

        var access = services.GetRequiredService<ApiAccess>();
        if (context.Principal?.FindFirstValue(KeyClaim) is { } key && await access.RecallAsync(key, context.HttpContext.RequestAborted) is { } caller)
            context.ReplacePrincipal(PrincipalOf(caller));
        else
            context.RejectPrincipal();
    }

    /// <summary>Who is signed in by holding a key.</summary>
    public static ClaimsPrincipal PrincipalOf(ApiCaller caller) => new(new ClaimsIdentity(
        [new Claim(ClaimTypes.Name, caller.Name), new Claim(ClaimTypes.Role, caller.Role.ToString()), new Claim(KeyClaim, caller.KeyId)], Scheme));
}
