using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodingAgent.Playground.LocalForge.Pages;

/// <summary>
/// Making an app from a manifest: a form posts it here, the page asks for a name and for who it is, and sends back with a code. And installing
/// it: on which account, for which of its repositories. Whoever can open a page may do either, as with <see cref="FormPages"/>.
/// </summary>
internal sealed class AppPages(World world, Shapes shapes, Actions actions, IAntiforgery antiforgery)
{
    private static readonly TimeSpan CodeLife = TimeSpan.FromHours(1);
    private static readonly string[] Permissions = ["metadata", "contents", "issues", "pull_requests", "checks", "statuses", "actions", "workflows", "administration", "repository_hooks", "deployments"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/settings/apps/new", http => AskAsync(http, organization: ""));
        routes.MapPost("/organizations/{organization}/settings/apps/new", http => AskAsync(http, $"{http.Request.RouteValues["organization"]}"));
        routes.MapPost("/settings/apps", MakeAsync);
        routes.MapGet("/apps/{slug}", http => ShowAsync(http, AboutPage));
        routes.MapGet("/apps/{slug}/installations/new", http => ShowAsync(http, InstallPage));
        routes.MapPost("/apps/{slug}/installations", InstallAsync);
    }

    private async Task ShowAsync(HttpContext http, Func<AppRegistration, HttpContext, Html> page)
    {
        await world.Gate.WaitAsync(http.RequestAborted);
        Html? shown;
        try
        {
            shown = AppOf(http) is { } app ? page(app, http) : null;
        }
        finally
        {
            world.Gate.Release();
        }

        await WriteAsync(http, shown is null ? 404 : 200, shown ?? Html.Of($"<h1>Not found</h1><p>There is no app of this name.</p>"));
    }

    private AppRegistration? AppOf(HttpContext http) => world.Apps.Find($"{http.Request.RouteValues["slug"]}");

    private Html AboutPage(AppRegistration app, HttpContext http) => Html.Of($"""
        <h1>{app.Name}</h1>
        <p class="soft">An app of {app.Owner.Login}. It shows as {app.Bot.Login}.</p>
        <h2>Installed</h2>
        {(app.Installations.Count == 0 ? Html.Of($"<p class=\"soft\">Nowhere yet.</p>") : Html.Of($"<ul class=\"rows\">{app.Installations.Select(Installed)}</ul>"))}
        <p><a href="/apps/{app.Bot.AppSlug}/installations/new">Install it, or change for which repositories it is</a></p>
        """);

    private Html Installed(AppInstallation installation) => Html.Of(
        $"<li>{installation.Account.Login}: {Html.Join(world.Repos.Where(installation.Covers).Select(r => Html.Of($"<a href=\"{shapes.Web(r)}\">{r.FullName}</a> ")))}{(installation.SuspendedAt is null ? Html.Empty : Parts.Badge("closed", "Suspended"))}</li>");

    private Html InstallPage(AppRegistration app, HttpContext http)
    {
        var tokens = antiforgery.GetAndStoreTokens(http);
        return Html.Of($"""
            <h1>Install {app.Name}</h1>
            <p>It will be allowed to: {string.Join(", ", app.Permissions.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Value} {p.Key.Replace('_', ' ')}"))}.</p>
            {world.Repos.GroupBy(r => r.Owner).OrderBy(g => g.Key.Login, StringComparer.Ordinal).Select(g => Html.Of($"""
                <h2>{g.Key.Login}</h2>
                <form method="post" action="/apps/{app.Bot.AppSlug}/installations"><input type="hidden" name="{tokens.FormFieldName}" value="{tokens.RequestToken}">
                <input type="hidden" name="account" value="{g.Key.Login}">
                <p><label><input type="radio" name="selection" value="all" checked> All repositories</label></p>
                <p><label><input type="radio" name="selection" value="selected"> Only these:</label></p>
                {g.OrderBy(r => r.Name, StringComparer.Ordinal).Select(r => Html.Of($"<p><label><input type=\"checkbox\" name=\"repository\" value=\"{r.Name}\"> {r.Name}</label></p>"))}
                <button class="main" type="submit">Install on {g.Key.Login}</button></form>
                """))}
            """);
    }

    private async Task InstallAsync(HttpContext http)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
        {
            await WriteAsync(http, 400, Html.Of($"<h1>Refused</h1><p class=\"alert\" role=\"alert\">This form is not one of this forge's pages, or from before it was started. Load the page again and send it from there.</p>"));
            return;
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        await world.Gate.WaitAsync(http.RequestAborted);
        string? problem;
        try
        {
            var (app, account) = (AppOf(http), world.FindAccount(form["account"].ToString()));
            var selected = form["selection"] == "selected" ? form["repository"].Select(n => account is null ? null : world.FindRepo(account.Login, n ?? "")).ToList() : null;
            problem = app is null ? "There is no app of this name."
                : account is null ? "There is no such account."
                : selected is { Count: 0 } ? "Choose at least one repository, or all."
                : selected?.Contains(null) == true ? "There is at least one repository that the account does not have."
                : null;
            if (problem is null)
            {
                actions.Install(app!, account!, selected?.Select(r => r!));
                http.Response.StatusCode = StatusCodes.Status303SeeOther;
                http.Response.Headers.Location = $"{world.BaseUrl}/apps/{app!.Bot.AppSlug}";
                return;
            }
        }
        finally
        {
            world.Gate.Release();
        }

        await WriteAsync(http, 422, Html.Of($"<h1>Refused</h1><p class=\"alert\" role=\"alert\">{problem}</p><p>Nothing was done.</p>"));
    }

    private async Task AskAsync(HttpContext http, string organization)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var (manifest, problem) = Read(form["manifest"].ToString());
        if (manifest is null)
        {
            await WriteAsync(http, 422, Html.Of($"<h1>Invalid GitHub App configuration</h1><p>{problem}</p>"));
            return;
        }

        await WriteAsync(http, 200, Html.Of($"""
            <h1>Create GitHub App</h1>
            <form method="post" action="/settings/apps">
            <input type="hidden" name="manifest" value="{form["manifest"].ToString()}"><input type="hidden" name="state" value="{http.Request.Query["state"].ToString()}">
            <p><label>Name <input name="name" value="{manifest["name"]?.ToString()}"></label></p><p><label>Owner <input name="owner" value="{organization}"></label></p>
            <button type="submit">Create GitHub App</button></form>
            """));
    }

    private async Task MakeAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var (manifest, problem) = Read(form["manifest"].ToString());
        await world.Gate.WaitAsync(http.RequestAborted);
        try
        {
            var (name, owner) = (form["name"].ToString(), world.FindAccount(form["owner"].ToString()));
            problem ??= owner is null ? "There is no such owner." : AppApi.SlugOf(name) is not { Length: > 0 } slug || world.FindAccount(slug + "[bot]") is not null ? "Name is already in use." : null;
            if (problem is null)
            {
                var code = RandomNumberGenerator.GetHexString(40, lowercase: true);
                world.Apps.Drafts[code] = new AppDraft(
                    owner!, name, new Uri(manifest!["hook_attributes"]!["url"]!.ToString()),
                    manifest["default_permissions"]!.AsObject().ToDictionary(p => p.Key, p => p.Value!.ToString(), StringComparer.Ordinal),
                    [.. manifest["default_events"]!.AsArray().Select(e => e!.ToString())],
                    [.. (manifest["callback_urls"] as JsonArray ?? []).Select(u => u!.ToString())], world.Now + CodeLife);
                http.Response.Redirect(manifest["redirect_url"] + QueryString.Create([KeyValuePair.Create<string, string?>("code", code), KeyValuePair.Create<string, string?>("state", form["state"].ToString())]).Value);
                return;
            }
        }
        finally
        {
            world.Gate.Release();
        }

        await WriteAsync(http, 422, Html.Of($"<h1>Invalid GitHub App configuration</h1><p>{problem}</p>"));
    }

    private static (JsonObject? Manifest, string? Problem) Read(string text)
    {
        try
        {
            if (JsonNode.Parse(text) is not JsonObject manifest)
                return (null, "The manifest is not an object.");
            var problem = !IsUrl(manifest["url"]) ? "Url is missing."
                : !IsUrl(manifest["redirect_url"]) ? "Redirect url is missing."
                : !IsUrl(manifest["hook_attributes"]?["url"]) ? "Hook url is missing."
                : manifest["callback_urls"] is { } callbacks && (callbacks is not JsonArray { Count: <= 10 } urls || !urls.All(IsUrl)) ? "Callback urls are not valid."
                : manifest["default_permissions"] is not JsonObject permissions || permissions.Any(p => !Permissions.Contains(p.Key) || p.Value?.ToString() is not ("read" or "write")) ? "Default permission records resource is not included in the list."
                : manifest["default_events"] is not JsonArray ? "Default events are not a list."
                : null;
            return problem is null ? (manifest, null) : (null, problem);
        }
        catch (JsonException)
        {
            return (null, "The manifest is not JSON.");
        }
    }

    private static bool IsUrl(JsonNode? node) => Uri.TryCreate(node?.ToString(), UriKind.Absolute, out var url) && url.Scheme is "http" or "https";

    private static Task WriteAsync(HttpContext http, int status, Html body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
        return http.Response.WriteAsync(Parts.Layout("Apps", Html.Empty, body).Value, http.RequestAborted);
    }
}
