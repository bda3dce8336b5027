using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>Maps REST routes: authentication, the gate, JSON in and out, errors like GitHub's.</summary>
internal sealed class ApiRoutes(IEndpointRouteBuilder routes, World world, Action<string>? log)
{
    public const string Prefix = "/api/v3";

    public void Get(string path, Func<ApiCall, Task<Answer>> handle) => Map("GET", path, handle);

    public void Get(string path, Func<ApiCall, Answer> handle) => Map("GET", path, c => Task.FromResult(handle(c)));

    public void Post(string path, Func<ApiCall, Task<Answer>> handle) => Map("POST", path, handle);

    public void Post(string path, Func<ApiCall, Answer> handle) => Map("POST", path, c => Task.FromResult(handle(c)));

    public void Put(string path, Func<ApiCall, Task<Answer>> handle) => Map("PUT", path, handle);

    public void Put(string path, Func<ApiCall, Answer> handle) => Map("PUT", path, c => Task.FromResult(handle(c)));

    public void Patch(string path, Func<ApiCall, Task<Answer>> handle) => Map("PATCH", path, handle);

    public void Delete(string path, Func<ApiCall, Task<Answer>> handle) => Map("DELETE", path, handle);

    public void Delete(string path, Func<ApiCall, Answer> handle) => Map("DELETE", path, c => Task.FromResult(handle(c)));

    /// <summary>A route outside <see cref="Prefix"/>, e.g. GraphQL.</summary>
    public void PostAbsolute(string path, Func<ApiCall, Task<Answer>> handle) =>
        routes.MapPost(path, http => ServeAsync(http, handle));

    private void Map(string method, string path, Func<ApiCall, Task<Answer>> handle) =>
        routes.MapMethods(Prefix + path, [method], http => ServeAsync(http, handle));

    private async Task ServeAsync(HttpContext http, Func<ApiCall, Task<Answer>> handle)
    {
        Answer answer;
        try
        {
            var body = await ReadBodyAsync(http);
            await world.Gate.WaitAsync(http.RequestAborted);
            try
            {
                var caller = Credentials.Read(http, world);
                if (caller.Account is { Kind: AccountKind.User } account)
                    http.Response.Headers["X-OAuth-Scopes"] = caller.SignIn?.Scope ?? account.Scopes;
                var route = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "";
                route = route.StartsWith(Prefix, StringComparison.Ordinal) ? route[Prefix.Length..] : route;
                // An app by itself is nobody in repositories.
                if (caller.App is not null && !IsForApps(route))
                    throw new ApiProblem(401, "Bad credentials");
                // Who they are is all that a program gets to know here by which people sign in.
                if (caller.SignIn is not null && route is not ("/user" or "/users/{login}" or "/meta" or ""))
                    throw new ApiProblem(403, "Resource not accessible by integration");
                var call = new ApiCall(http, world, caller, body);
                if (caller.Grant is { } grant)
                {
                    AppRules.Check(http.Request.Method, route, call, grant);
                    Show(grant);
                }

                answer = await handle(call);
            }
            finally
            {
                world.Gate.Release();
            }
        }
        catch (ApiProblem problem)
        {
            answer = Shape(problem);
        }

        log?.Invoke($"{http.Request.Method} {http.Request.Path} -> {answer.Status}");
        await WriteAsync(http, answer);
    }

    private static bool IsForApps(string route) =>
        route.StartsWith("/app", StringComparison.Ordinal) || route is "/users/{login}/installation" or "/repos/{owner}/{repo}/installation";

    // While its call lasts the app's account sees what the token covers, and nothing else.
    private void Show(AppGrant grant)
    {
        foreach (var repo in world.Repos)
        {
            if (grant.Covers(repo))
                repo.Access[grant.Installation.App.Bot.Login] = RepoAccess.Write;
            else
                repo.Access.Remove(grant.Installation.App.Bot.Login);
        }
    }

    public static Answer Shape(ApiProblem problem)
    {
        var body = new JsonObject { ["message"] = problem.Message };
        if (problem.Errors is { } errors)
            body["errors"] = errors.DeepClone();
        body["documentation_url"] = "https://docs.github.com/rest";
        body["status"] = problem.Status.ToString();
        return new Answer(problem.Status, body);
    }

    public static async Task WriteAsync(HttpContext http, Answer answer)
    {
        http.Response.StatusCode = answer.Status;
        http.Response.Headers["X-GitHub-Media-Type"] = "github.v3; format=json";
        http.Response.Headers["X-Content-Type-Options"] = "nosniff";
        if (answer.Link is not null)
            http.Response.Headers.Link = answer.Link;
        if (answer.Location is not null)
            http.Response.Headers.Location = answer.Location;
        if (answer.Status == StatusCodes.Status204NoContent)
            return;
        http.Response.ContentType = answer.Text is null ? "application/json; charset=utf-8" : "text/plain; charset=utf-8";
        await http.Response.WriteAsync(answer.Text ?? answer.Body?.ToJsonString() ?? "", http.RequestAborted);
    }

    private static async Task<JsonObject> ReadBodyAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var text = await reader.ReadToEndAsync(http.RequestAborted);
        if (string.IsNullOrWhiteSpace(text))
            return [];
        try
        {
            return JsonNode.Parse(text) switch
            {
                JsonObject map => map,
                // Label routes accept a bare array.
                JsonArray array => new JsonObject { [""] = array },
                _ => throw new ApiProblem(400, "Body should be a JSON object"),
            };
        }
        catch (JsonException)
        {
            throw new ApiProblem(400, "Problems parsing JSON");
        }
    }
}
