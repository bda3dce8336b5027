using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>Maps routes of GitLab's REST API: tokens and their scopes, the rate limit, the gate, parameters in, JSON and errors like GitLab's out.</summary>
internal sealed class GitLabRoutes(IEndpointRouteBuilder routes, World world, GitLabRateLimit limit, Action<string>? log)
{
    public const string Prefix = "/api/v4";

    public const string Project = "/projects/{project}";

    public void Get(string path, Func<GitLabCall, Answer> handle) => Map("GET", path, c => Task.FromResult(handle(c)));

    public void Get(string path, Func<GitLabCall, Task<Answer>> handle) => Map("GET", path, handle);

    public void Post(string path, Func<GitLabCall, Answer> handle) => Map("POST", path, c => Task.FromResult(handle(c)));

    public void Post(string path, Func<GitLabCall, Task<Answer>> handle) => Map("POST", path, handle);

    public void Put(string path, Func<GitLabCall, Answer> handle) => Map("PUT", path, c => Task.FromResult(handle(c)));

    public void Put(string path, Func<GitLabCall, Task<Answer>> handle) => Map("PUT", path, handle);

    public void Delete(string path, Func<GitLabCall, Answer> handle) => Map("DELETE", path, c => Task.FromResult(handle(c)));

    public void Delete(string path, Func<GitLabCall, Task<Answer>> handle) => Map("DELETE", path, handle);

    /// <summary>GraphQL, which checks what its operations write by itself.</summary>
    public void GraphQl(string path, Func<GitLabCall, Answer> handle)
    {
        Task<Answer> HandleAsync(GitLabCall call) => Task.FromResult(handle(call));
        routes.MapMethods(path, ["POST"], http => ServeAsync(http, HandleAsync, mayBeReadOnly: true));
    }

    /// <summary>Whatever is not mapped.</summary>
    public void MapRest() => routes.Map(Prefix + "/{**rest}", http => WriteAsync(http, new Answer(404, new JsonObject { ["error"] = "404 Not Found" })));

    private void Map(string method, string path, Func<GitLabCall, Task<Answer>> handle) =>
        routes.MapMethods(Prefix + path, [method], http => ServeAsync(http, handle, mayBeReadOnly: method == "GET"));

    private async Task ServeAsync(HttpContext http, Func<GitLabCall, Task<Answer>> handle, bool mayBeReadOnly)
    {
        Answer answer;
        try
        {
            var account = Caller(http);
            var headers = limit.Count(account, world.Now, out var isOver);
            foreach (var (name, value) in headers)
                http.Response.Headers[name] = value;
            if (isOver)
            {
                log?.Invoke($"{http.Request.Method} {http.Request.Path} -> 429");
                // The one error of GitLab's that is no JSON: it does not come from the API but from what stands before it.
                http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                http.Response.ContentType = "text/plain";
                await http.Response.WriteAsync("Retry later\n", http.RequestAborted);
                return;
            }

            // Decoded once it looks like a slash that was encoded once, and a client that encodes twice would never be told.
            if (http.Features.Get<IHttpRequestFeature>()?.RawTarget.Split('?')[0].Contains("%252F", StringComparison.OrdinalIgnoreCase) == true)
                throw new GitLabProblem(404, new JsonObject { ["error"] = "404 Not Found" });
            RequireScope(account, mayBeReadOnly);
            var call = new GitLabCall(http, world, account, await GitLabParameters.ReadAsync(http.Request));
            await world.Gate.WaitAsync(http.RequestAborted);
            try
            {
                answer = Moved(http, account) ?? await handle(call);
            }
            finally
            {
                world.Gate.Release();
            }
        }
        catch (GitLabProblem problem)
        {
            answer = new Answer(problem.Status, problem.Body);
        }
        catch (ApiProblem problem)
        {
            // What an action refuses of itself; the answers of this face have their own words where GitLab's matter.
            answer = new Answer(problem.Status, new JsonObject { ["message"] = problem.Message });
        }

        log?.Invoke($"{http.Request.Method} {http.Request.Path} -> {answer.Status}");
        await WriteAsync(http, answer);
    }

    private Account? Caller(HttpContext http)
    {
        // A token in an address ends up in logs; GitLab advises against it, and this forge does not take it.
        if (http.Request.Query.ContainsKey("private_token") || http.Request.Query.ContainsKey("access_token"))
            throw GitLabProblem.Unauthorized();
        var bearer = http.Request.Headers.Authorization.ToString();
        var token = http.Request.Headers["PRIVATE-TOKEN"].ToString();
        if (token.Length == 0 && bearer.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            token = bearer["Bearer ".Length..].Trim();
        else if (token.Length == 0 && bearer.Length > 0)
            throw GitLabProblem.Unauthorized();
        if (token.Length == 0)
            return null;
        if (world.OAuth.FindGrant(token, isGitLab: true) is { } grant)
        {
            // The scope read_user, which is the only one that is given away here.
            return HttpMethods.IsGet(http.Request.Method) && http.Request.Path == Prefix + "/user" ? grant.Account : throw TooLittle("read_user");
        }

        return world.FindByToken(token) is { Kind: not AccountKind.Group } account ? account : throw GitLabProblem.Unauthorized();
    }

    private static void RequireScope(Account? account, bool mayBeReadOnly)
    {
        if (account is null || (mayBeReadOnly ? account.MayReadApi : account.MayWrite))
            return;
        throw TooLittle(mayBeReadOnly ? "api read_api" : "api");
    }

    private static GitLabProblem TooLittle(string scope) => new(403, new JsonObject
    {
        ["error"] = "insufficient_scope",
        ["error_description"] = "The request requires higher privileges than provided by the access token.",
        ["scope"] = scope,
    });

    // A project that was renamed is found under its old path for reading, and for nothing else.
    private Answer? Moved(HttpContext http, Account? account)
    {
        var path = http.Request.RouteValues["project"]?.ToString()?.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) ?? "";
        var slash = path.LastIndexOf('/');
        if (slash < 0 || world.FindRenamed(path[..slash], path[(slash + 1)..]) is not { } repo || repo.AccessOf(account) < RepoAccess.Read)
            return null;
        if (!HttpMethods.IsGet(http.Request.Method))
            throw GitLabProblem.NotFound("Project");
        var rest = (http.Request.Path.Value ?? "").Split('/', 6);
        var location = $"{world.BaseUrl}{Prefix}/projects/{repo.Id}{(rest.Length > 5 ? "/" + rest[5] : "")}{http.Request.QueryString}";
        return new Answer(301, new JsonObject { ["message"] = "This resource has been moved permanently to " + location }) { Location = location };
    }

    private static async Task WriteAsync(HttpContext http, Answer answer)
    {
        var response = http.Response;
        response.StatusCode = answer.Status;
        response.Headers["X-Request-Id"] = RandomNumberGenerator.GetHexString(26);
        response.Headers["X-Content-Type-Options"] = "nosniff";
        response.Headers.Vary = "Origin";
        if (answer.Link is not null)
            response.Headers.Link = answer.Link;
        if (answer.Location is not null)
            response.Headers.Location = answer.Location;
        foreach (var (name, value) in answer.Headers)
            response.Headers[name] = value;
        if (answer.Status == StatusCodes.Status204NoContent)
            return;
        if (answer.Bytes is { } bytes)
        {
            response.ContentType = "text/plain; charset=utf-8";
            await response.Body.WriteAsync(bytes, http.RequestAborted);
            return;
        }

        response.ContentType = answer.Text is null ? "application/json" : "text/plain";
        await response.WriteAsync(answer.Text ?? answer.Body?.ToJsonString() ?? "", http.RequestAborted);
    }
}

/// <summary>The rate limit of each caller: endless, until somebody sets one.</summary>
internal sealed class GitLabRateLimit
{
    private const int Endless = 2000;
    private readonly Dictionary<string, (int Limit, int Used, DateTimeOffset End)> _limits = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Lets an account make so many calls until the time.</summary>
    public void Set(string login, int calls, DateTimeOffset end)
    {
        lock (_limits)
            _limits[login] = (calls, 0, end);
    }

    /// <summary>Counts a call and gives the headers that tell of it.</summary>
    public IReadOnlyList<(string Name, string Value)> Count(Account? account, DateTimeOffset now, out bool isOver)
    {
        lock (_limits)
        {
            var login = account?.Login ?? "";
            if (!_limits.TryGetValue(login, out var limit) || limit.End <= now)
                limit = (Endless, 0, now.AddMinutes(1));
            else
                _limits[login] = limit = limit with { Used = limit.Used + 1 };
            isOver = limit.Used > limit.Limit;
            var reset = limit.End.ToUnixTimeSeconds();
            List<(string, string)> headers =
            [
                ("RateLimit-Name", account is null ? "throttle_unauthenticated_api" : "throttle_authenticated_api"),
                ("RateLimit-Limit", Text(limit.Limit)), ("RateLimit-Observed", Text(limit.Used)),
                ("RateLimit-Remaining", Text(Math.Max(0, limit.Limit - limit.Used))), ("RateLimit-Reset", Text(reset)),
                ("RateLimit-ResetTime", limit.End.ToString("r", CultureInfo.InvariantCulture)),
            ];
            if (isOver)
                headers.Add(("Retry-After", Text(Math.Max(1, reset - now.ToUnixTimeSeconds()))));
            return headers;
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
