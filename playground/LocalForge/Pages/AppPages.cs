using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodingAgent.Playground.LocalForge.Pages;

/// <summary>Making an app from a manifest: a form posts it here, the page asks for a name and for who it is, and sends back with a code.</summary>
internal sealed class AppPages(World world)
{
    private static readonly TimeSpan CodeLife = TimeSpan.FromHours(1);
    private static readonly string[] Permissions = ["metadata", "contents", "issues", "pull_requests", "checks", "statuses", "actions", "workflows", "administration", "repository_hooks", "deployments"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/settings/apps/new", http => AskAsync(http, organization: ""));
        routes.MapPost("/organizations/{organization}/settings/apps/new", http => AskAsync(http, $"{http.Request.RouteValues["organization"]}"));
        routes.MapPost("/settings/apps", MakeAsync);
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
                    [.. manifest["default_events"]!.AsArray().Select(e => e!.ToString())], world.Now + CodeLife);
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
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";
        return http.Response.WriteAsync(Parts.Layout("Apps", Html.Empty, body).Value, http.RequestAborted);
    }
}
