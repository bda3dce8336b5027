using System.Net.Http.Headers;
using System.Text.Json;
using CodingAgent.BotHost.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;

namespace CodingAgent.BotHost.Pages.SignIn;

/// <summary>
/// Signing in by a forge: the framework's OAuth, with state, a cookie that ties it to the browser, and PKCE. The person's token is used once, to
/// ask who they are, and kept nowhere; what they may do is asked by the service itself (<see cref="TaskSight"/>).
/// </summary>
public sealed class ForgeSignIn : IDisposable
{
    // GitHub's codes live as long.
    private static readonly TimeSpan Lasts = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private const long MostBytes = 256 * 1024;

    private readonly TimeProvider _time;
    private readonly RefusalLog _refusals;

    /// <summary>By these forges.</summary>
    /// <param name="forges">The forges.</param>
    /// <param name="publicUrl">Where people open the pages; null for as they ask.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Log.</param>
    public ForgeSignIn(IReadOnlyList<SignInForge> forges, Uri? publicUrl, TimeProvider time, ILogger<ForgeSignIn> logger)
    {
        (Forges, PublicUrl, _time) = (forges, publicUrl, time);
        _refusals = new RefusalLog("sign-in", time, logger);
    }

    /// <summary>The forges.</summary>
    public IReadOnlyList<SignInForge> Forges { get; }

    private Uri? PublicUrl { get; }

    /// <summary>Where signing in by a forge begins; where people open the pages, for there it ends too.</summary>
    /// <param name="forge">The forge.</param>
    /// <param name="next">The page that was asked for.</param>
    public string AddressOf(SignInForge forge, string? next) =>
        $"{PublicUrl?.GetLeftPart(UriPartial.Authority)}{forge.BeginPath}{(next is null ? "" : QueryString.Create("next", Session.Next(next)))}";

    /// <summary>Registers it.</summary>
    public static void Add(IServiceCollection services, IReadOnlyList<SignInForge> forges, Uri? publicUrl)
    {
        services.AddSingleton(p => new ForgeSignIn(forges, publicUrl, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ForgeSignIn>>()));
        foreach (var forge in forges)
            services.AddAuthentication().AddOAuth(forge.Name, options => Configure(options, forge));
    }

    /// <summary>Has the way back be the public one, whatever a proxy made of the request; before signing in.</summary>
    public void Use(IApplicationBuilder app)
    {
        if (PublicUrl is { } url)
        {
            app.Use((http, next) =>
            {
                if (Forges.Any(f => http.Request.Path.StartsWithSegments(f.BeginPath, StringComparison.OrdinalIgnoreCase)))
                    (http.Request.Scheme, http.Request.Host) = (url.Scheme, new HostString(url.Authority));
                return next(http);
            });
        }
    }

    /// <summary>Maps where it begins: a link, for a form's redirect to another host is refused by the pages' own policy.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var forge in Forges)
        {
            // Not renewed: who was removed at the forge is asked to sign in again at last.
            routes.MapGet(forge.BeginPath, (string? next) => Results.Challenge(new AuthenticationProperties { RedirectUri = Session.Next(next), AllowRefresh = false }, [forge.Name]));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _refusals.Dispose();

    private static void Configure(OAuthOptions options, SignInForge forge)
    {
        (options.ClientId, options.ClientSecret) = (forge.Application.ClientId, forge.Application.ClientSecret);
        (options.AuthorizationEndpoint, options.TokenEndpoint, options.UserInformationEndpoint) = (forge.Authorize, forge.Token, forge.User);
        (options.CallbackPath, options.SignInScheme, options.UsePkce, options.SaveTokens) = (SignInForge.BackOf(forge.Kind), Session.Scheme, true, false);
        if (forge.Scope is { } scope)
            options.Scope.Add(scope);
        options.RemoteAuthenticationTimeout = Lasts;
        options.BackchannelTimeout = Patience;
        // A redirect would take code and secret elsewhere.
        options.BackchannelHttpHandler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        options.CorrelationCookie.Name = "coding-agent-sign-in.";
        // The way back is a link that is followed, and a service without TLS has no other kind of cookie.
        (options.CorrelationCookie.SameSite, options.CorrelationCookie.SecurePolicy) = (SameSiteMode.Lax, CookieSecurePolicy.SameAsRequest);
        options.Events.OnCreatingTicket = context => ServiceOf(context.HttpContext).IdentifyAsync(context, forge);
        options.Events.OnRemoteFailure = context => ServiceOf(context.HttpContext).RefuseAsync(context, forge, WhyOf(context), context.Properties?.RedirectUri);
        options.Events.OnAccessDenied = context => ServiceOf(context.HttpContext).RefuseAsync(context, forge, SignInRefusal.Denied, context.ReturnUrl);
    }

    private static ForgeSignIn ServiceOf(HttpContext http) => http.RequestServices.GetRequiredService<ForgeSignIn>();

    private async Task IdentifyAsync(OAuthCreatingTicketContext context, SignInForge forge)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, context.Options.UserInformationEndpoint);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", context.AccessToken);
        request.Headers.Accept.Add(new("application/json"));
        // GitHub answers nobody who does not say what they are.
        request.Headers.UserAgent.ParseAdd("coding-agent");
        using var answer = await context.Backchannel.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.HttpContext.RequestAborted);
        if (!answer.IsSuccessStatusCode)
            throw new SignInRefusedException((int)answer.StatusCode >= 500 ? SignInRefusal.Away : SignInRefusal.Answer);
        await answer.Content.LoadIntoBufferAsync(MostBytes, context.HttpContext.RequestAborted);
        using var user = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(context.HttpContext.RequestAborted));
        context.Principal = ForgePerson.Read(forge.Kind, user.RootElement, _time.GetUtcNow()).ToPrincipal();
    }

    // Words of the forge are not shown: whoever makes the address can write them.
    private Task RefuseAsync(HandleRequestContext<RemoteAuthenticationOptions> context, SignInForge forge, SignInRefusal why, string? next)
    {
        _refusals.Add($"{Reason(why)} ({forge.Name}), from {context.HttpContext.Connection.RemoteIpAddress?.ToString() ?? "a local socket"}", Mend(why, forge));
        context.Response.Redirect(Session.SignInPath + QueryString.Create(
            [KeyValuePair.Create<string, string?>("refused", $"{why}"), KeyValuePair.Create<string, string?>("by", $"{forge.Kind}"), KeyValuePair.Create("next", (string?)Session.Next(next))]));
        context.HandleResponse();
        return Task.CompletedTask;
    }

    private static SignInRefusal WhyOf(RemoteFailureContext context)
    {
        // Where somebody says no, not every forge gives the state back.
        if (context.Request.Query["error"] == "access_denied")
            return SignInRefusal.Denied;
        return context.Failure switch
        {
            SignInRefusedException refused => refused.Why,
            HttpRequestException or OperationCanceledException => SignInRefusal.Away,
            // What the framework found wrong before it asked the forge; it has no types for it.
            { Message: "The oauth state was missing or invalid." or "Correlation failed." or "Code was not found." } => SignInRefusal.State,
            { } failure when failure.Data["error"] is string error => error switch
            {
                // https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors, RFC 6749 5.2
                "bad_verification_code" or "invalid_grant" => SignInRefusal.Code,
                "unverified_user_email" => SignInRefusal.Email,
                "temporarily_unavailable" or "server_error" => SignInRefusal.Away,
                _ => SignInRefusal.Application,
            },
            _ => SignInRefusal.Answer,
        };
    }

    private static string Reason(SignInRefusal why) => why switch
    {
        SignInRefusal.Denied => "the person did not authorize it",
        SignInRefusal.State => "it did not begin in the same browser, or too long ago",
        SignInRefusal.Code => "the forge did not take the code",
        SignInRefusal.Application => "the forge did not take this service's client id, client secret or callback address",
        SignInRefusal.Email => "the forge wants the person's e-mail address to be verified",
        SignInRefusal.Away => "the forge could not be asked",
        SignInRefusal.Answer => "the forge's answer does not say who it is",
        _ => "it is no person's account",
    };

    private static string Mend(SignInRefusal why, SignInForge forge) => why == SignInRefusal.Application
        ? $"Check Forge:{forge.Kind}:OAuth:ClientId and ClientSecret, and that the application there has the callback address https://YOUR-HOST{SignInForge.BackOf(forge.Kind)}."
        : "They were told to begin again.";
}
