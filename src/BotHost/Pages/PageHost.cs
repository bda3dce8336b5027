using System.Security.Claims;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Pages.Operation;
using CodingAgent.BotHost.Pages.Parts;
using CodingAgent.BotHost.Pages.SignIn;
using CodingAgent.BotHost.Pages.Tasks;
using CodingAgent.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace CodingAgent.BotHost.Pages;

/// <summary>
/// The pages for people, below <see cref="Site.Root"/>. They are rendered here, whole, and work without scripts; the one script brings what comes
/// later into a page that is open.
/// </summary>
public static partial class PageHost
{
    // A remark of the longest kind, encoded.
    private const long MostBytes = 1024 * 1024;

    // Nothing of others, nothing inline. Outside text that got past the encoding would find nothing that runs it.
    private const string ContentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private const string ProblemPath = Site.Root + "/problem";

    /// <summary>Registers what the pages need beside the API's services.</summary>
    /// <param name="services">Services.</param>
    /// <param name="forges">Forges by whose accounts people may sign in.</param>
    /// <param name="publicUrl">Where people open the pages; null for as they ask.</param>
    public static IServiceCollection AddPages(this IServiceCollection services, IReadOnlyList<SignInForge> forges, Uri? publicUrl)
    {
        services.AddRazorComponents();
        services.AddCascadingAuthenticationState();
        services.AddDataProtection().SetApplicationName("coding-agent");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(p => new ConfigureOptions<KeyManagementOptions>(keys =>
        {
            // What is kept is sealed by what keeps it.
            (keys.XmlRepository, keys.XmlEncryptor) = (new SessionKeyring(p.GetRequiredService<SessionKeys>()), new NullXmlEncryptor());
        }));
        services.AddAntiforgery(forms =>
        {
            forms.Cookie.Name = "coding-agent-form";
            forms.Cookie.Path = Site.Root;
            forms.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            // Said by the policy, for all pages alike.
            forms.SuppressXFrameOptionsHeader = true;
        });
        services.AddSessions();
        ForgeSignIn.Add(services, forges, publicUrl);
        services.AddAuthorizationBuilder()
            .AddPolicy(Site.ViewerPolicy, policy => policy.AddAuthenticationSchemes(Session.Scheme).RequireRole(ApiRoles.From(ApiRole.Viewer)))
            .AddPolicy(Site.OperatorPolicy, policy => policy.AddAuthenticationSchemes(Session.Scheme).RequireRole(ApiRoles.From(ApiRole.Operator)))
            .AddPolicy(Site.AdminPolicy, policy => policy.AddAuthenticationSchemes(Session.Scheme).RequireRole(ApiRoles.From(ApiRole.Admin)))
            .AddPolicy(Site.TasksPolicy, policy => policy.AddAuthenticationSchemes(Session.Scheme).RequireAssertion(c => IsKeyOf(c.User, ApiRole.Viewer) || ForgePerson.Of(c.User) is not null))
            .AddPolicy(Site.SteerPolicy, policy => policy.AddAuthenticationSchemes(Session.Scheme).RequireAssertion(c => IsKeyOf(c.User, ApiRole.Operator) || ForgePerson.Of(c.User) is not null));
        services.AddSingleton<TaskSight>();
        return services.AddSingleton<TaskFollower>().AddSingleton<SyntaxColours>();
    }

    private static bool IsKeyOf(ClaimsPrincipal who, ApiRole role) => ApiRoles.From(role).Any(who.IsInRole);

    /// <summary>Has forges send people back to where they open the pages; before who they are is asked.</summary>
    public static void UseForgeSignIn(this IApplicationBuilder app) => app.ApplicationServices.GetRequiredService<ForgeSignIn>().Use(app);

    /// <summary>Says what a browser may do with the pages, and in words what came to nothing; before everything that answers them or refuses to.</summary>
    public static void UsePages(this IApplicationBuilder app)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILogger<App>>();
        app.UseStatusCodePagesWithReExecute(ProblemPath, createScopeForStatusCodePages: true);
        app.Use(async (http, next) =>
        {
            var isPage = http.Request.Path.StartsWithSegments(Site.Root, StringComparison.Ordinal);
            if (!isPage)
            {
                // What programs ask for says what it has to say by itself.
                http.Features.Get<IStatusCodePagesFeature>()?.Enabled = false;
            }
            else
            {
                // What came to nothing is told of, not done once more.
                if (http.Features.Get<IStatusCodeReExecuteFeature>() is not null)
                    http.Request.Method = HttpMethods.Get;
                var headers = http.Response.Headers;
                headers.ContentSecurityPolicy = ContentPolicy;
                headers.XContentTypeOptions = "nosniff";
                // As forms say it, too, who complain of any other words.
                (headers.CacheControl, headers.Pragma) = ("no-cache, no-store", "no-cache");
                headers["Referrer-Policy"] = "same-origin";
                // Whoever signs in is a stranger before.
                if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
                    body.MaxRequestBodySize = MostBytes;
            }

            try
            {
                await next(http);
            }
            catch (Exception e) when (isPage && !http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
            {
                // Only the log says which; the words for people come with the status.
                LogFailed(logger, http.Request.Path, e);
                (http.Response.StatusCode, http.Response.ContentType) = (StatusCodes.Status500InternalServerError, null);
            }
        });
    }

    /// <summary>Maps them.</summary>
    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", () => Results.Redirect(Site.Root));
        PageAssets.Map(routes);
        routes.MapSession();
        routes.ServiceProvider.GetRequiredService<ForgeSignIn>().Map(routes);
        routes.MapTaskActions();
        routes.MapOperation();
        routes.MapRazorComponents<App>();
        routes.MapGet(Site.Root + "/{**rest}", () => Results.NotFound()).RequireAuthorization(Site.TasksPolicy);
    }

    [LoggerMessage(EventId = 135, Level = LogLevel.Error, Message = "The page {Path} failed")]
    private static partial void LogFailed(ILogger logger, string path, Exception error);
}
