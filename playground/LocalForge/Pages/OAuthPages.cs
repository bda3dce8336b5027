using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodingAgent.Playground.LocalForge.Pages;

/// <summary>
/// The page on which people let a program know who they are, at GitHub's address and at GitLab's. Who does is chosen, as with <see cref="FormPages"/>.
/// https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app,
/// https://docs.gitlab.com/api/oauth2/
/// </summary>
internal sealed class OAuthPages(World world, IAntiforgery antiforgery)
{
    private const string GitHub = "/login/oauth/authorize";
    private const string GitLab = "/oauth/authorize";

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var path in (string[])[GitHub, GitLab])
        {
            routes.MapGet(path, http => ServeAsync(http, http.Request.Query.ToDictionary(p => p.Key, p => p.Value.ToString(), StringComparer.Ordinal), agrees: null));
            routes.MapPost(path, AnswerAsync);
        }
    }

    private async Task AnswerAsync(HttpContext http)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
        {
            await WriteAsync(http, 400, Html.Of($"<h1>Refused</h1><p class=\"alert\" role=\"alert\">This form is not one of this forge's pages, or from before it was started. Load the page again and send it from there.</p>"));
            return;
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        await ServeAsync(http, form.ToDictionary(p => p.Key, p => p.Value.ToString(), StringComparer.Ordinal), form["deed"] == "authorize");
    }

    private async Task ServeAsync(HttpContext http, Dictionary<string, string> asked, bool? agrees)
    {
        string? Value(string name) => asked.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
        var isGitLab = http.Request.Path == GitLab;
        await world.Gate.WaitAsync(http.RequestAborted);
        (int Status, Html Body) shown;
        try
        {
            var application = world.OAuth.Find(Value("client_id") ?? "", isGitLab);
            if (application is null)
            {
                shown = isGitLab
                    ? (401, Html.Of($"<h1>An error has occurred</h1><p>Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.</p>"))
                    : (404, Html.Of($"<h1>Not found</h1><p>There is no app with this client id.</p>"));
            }
            else
            {
                var back = Value("redirect_uri") ?? (isGitLab ? "" : application.Callbacks[0]);
                var scope = Value("scope") ?? (isGitLab ? "api" : "");
                var problem = !application.Callbacks.Contains(back, StringComparer.Ordinal) ? ("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.")
                    : isGitLab && Value("response_type") != "code" ? ("unsupported_response_type", "The authorization server does not support this response type.")
                    // The one scope that applications are made with here.
                    : isGitLab && scope != "read_user" ? ("invalid_scope", "The requested scope is invalid, unknown, or malformed.")
                    : Value("code_challenge") is not null && Value("code_challenge_method") != "S256" ? ("invalid_request", "The code_challenge_method must be S256.")
                    : agrees == false ? ("access_denied", isGitLab ? "The resource owner or authorization server denied the request." : "The user has denied your application access.")
                    : ((string, string)?)null;
                if (problem is ("redirect_uri_mismatch", _) && isGitLab)
                {
                    // Nobody is sent where nobody said that people may be sent.
                    shown = (400, Html.Of($"<h1>An error has occurred</h1><p>The redirect URI included is not valid.</p>"));
                }
                else if (problem is var (error, words))
                {
                    Redirect(http, error == "redirect_uri_mismatch" ? application.Callbacks[0] : back, ("error", error), ("error_description", words), ("state", Value("state")));
                    return;
                }
                else if (agrees is null)
                {
                    shown = (200, Page(http, application, asked));
                }
                else if (world.FindAccount(Value("actor") ?? "") is { Kind: AccountKind.User } account)
                {
                    http.Response.Cookies.Append(Forms.ActorCookie, account.Login, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = http.Request.IsHttps });
                    Redirect(http, back, ("code", world.OAuth.NewCode(application, account, back, Value("code_challenge"), scope)), ("state", Value("state")));
                    return;
                }
                else
                {
                    shown = (422, Html.Of($"<h1>Refused</h1><p class=\"alert\" role=\"alert\">Nobody has this name. Choose who signs in.</p>"));
                }
            }
        }
        finally
        {
            world.Gate.Release();
        }

        await WriteAsync(http, shown.Status, shown.Body);
    }

    private Html Page(HttpContext http, OAuthApplication application, Dictionary<string, string> asked)
    {
        var tokens = antiforgery.GetAndStoreTokens(http);
        var last = http.Request.Cookies[Forms.ActorCookie];
        return Html.Of($"""
            <h1>Authorize {application.Name}</h1>
            <p>{application.Name} wants to know who you are. It will be told your login and the number of your account.</p>
            <form method="post" action="{http.Request.Path.Value}"><input type="hidden" name="{tokens.FormFieldName}" value="{tokens.RequestToken}">
            {asked.Select(p => Html.Of($"<input type=\"hidden\" name=\"{p.Key}\" value=\"{p.Value}\">"))}
            <p><label class="actor">as <select name="actor">{world.Accounts.Where(a => a.Kind == AccountKind.User).OrderBy(a => a.Login, StringComparer.Ordinal).Select(a =>
                Html.Of($"<option value=\"{a.Login}\"{(a.Login == last ? Html.Of($" selected") : Html.Empty)}>{a.Login}</option>"))}</select></label></p>
            <button class="main" name="deed" value="authorize">Authorize</button> <button name="deed" value="cancel">Cancel</button></form>
            """);
    }

    private static void Redirect(HttpContext http, string to, params (string Name, string? Value)[] with) =>
        http.Response.Redirect(to + QueryString.Create(with.Where(p => p.Value is not null).Select(p => KeyValuePair.Create(p.Name, p.Value))).Value);

    private static Task WriteAsync(HttpContext http, int status, Html body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
        return http.Response.WriteAsync(Parts.Layout("Authorize", Html.Empty, body).Value, http.RequestAborted);
    }
}
