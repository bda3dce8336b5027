using System.Globalization;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Http;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>One REST call: who, where, with what.</summary>
internal sealed class ApiCall(HttpContext http, World world, Caller caller, JsonObject body)
{
    private Repo? _repo;

    public World World { get; } = world;

    public JsonObject Body { get; } = body;

    /// <summary>The caller, or null for an anonymous read.</summary>
    public Account? AccountOrNone { get; } = caller.Account;

    /// <summary>What the caller's token allows; null for an account's own.</summary>
    public AppGrant? Grant { get; } = caller.Grant;

    /// <summary>The app that calls as itself.</summary>
    public AppRegistration App { get => caller.App ?? throw new ApiProblem(401, "A JSON web token could not be decoded"); }

    /// <summary>The caller.</summary>
    public Account Account => AccountOrNone ?? throw new ApiProblem(401, "Requires authentication");

    /// <summary>Refuses who is nobody: neither an account nor an app by itself.</summary>
    public ApiCall RequireSomebody() => caller.App is not null || caller.Account is not null ? this : throw new ApiProblem(401, "Requires authentication");

    public string Accept => http.Request.Headers.Accept.ToString();

    /// <summary>The repository of the route; 404 when it is not there or not to be seen.</summary>
    public Repo Repo
    {
        get
        {
            _repo ??= World.FindRepo(Route("owner"), Route("repo"));
            return _repo is not null && _repo.AccessOf(AccountOrNone) >= RepoAccess.Read ? _repo : throw ApiProblem.NotFound();
        }
    }

    public Issue Issue => Repo.Issues.Find(i => i.Number == Number) ?? throw ApiProblem.NotFound();

    public Issue PullIssue => Issue is { Pull: not null } issue ? issue : throw ApiProblem.NotFound();

    public int Number => int.Parse(Route("number"), CultureInfo.InvariantCulture);

    public long Id => long.Parse(Route("id"), CultureInfo.InvariantCulture);

    // Clients that template a path encode the slashes in it; routing leaves those alone.
    public string Route(string name) => http.Request.RouteValues[name]?.ToString()?.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) ?? "";

    public string? Query(string name) => http.Request.Query[name].ToString() is { Length: > 0 } value ? value : null;

    /// <summary>Demands an access level of the caller.</summary>
    public void Require(RepoAccess level)
    {
        var has = Repo.AccessOf(Account);
        if (has < level)
            throw new ApiProblem(403, $"Must have {level.ToString().ToLowerInvariant()} rights to Repository.");
        if (level >= RepoAccess.Write && !Account.MayWrite)
            throw new ApiProblem(403, "Resource not accessible by personal access token");
        if (Repo.IsArchived && level >= RepoAccess.Read)
            throw new ApiProblem(403, "Repository was archived so is read-only.");
    }

    /// <summary>A string of the body; null when absent.</summary>
    public string? Text(string name) => TextOf(Body, name);

    public static string? TextOf(JsonObject from, string name) => from[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => throw new ApiProblem(422, $"Invalid request.\n\n\"{name}\" is not a string."),
    };

    public static int? NumberOf(JsonObject from, string name) => from[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<int>(out var number) => number,
        _ => throw new ApiProblem(422, $"Invalid request.\n\n\"{name}\" is not an integer."),
    };

    /// <summary>A string the body must have.</summary>
    public string Needed(string resource, string name) =>
        Text(name) is { Length: > 0 } value ? value : throw ApiProblem.Missing(resource, name);

    public bool Flag(string name) => Body[name] is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    /// <summary>One page of a list, as <c>page</c> and <c>per_page</c> ask, with the <c>Link</c> header.</summary>
    public Answer Page<T>(IEnumerable<T> items, Func<T, JsonNode> shape, Func<JsonArray, int, JsonNode>? wrap = null)
    {
        var all = items.ToList();
        var size = Math.Clamp(IntQuery("per_page", 30), 1, 100);
        var page = Math.Max(IntQuery("page", 1), 1);
        var last = Math.Max((all.Count + size - 1) / size, 1);
        var array = new JsonArray([.. all.Skip((page - 1) * size).Take(size).Select(shape)]);
        var links = new List<string>();
        if (page > 1)
            links.AddRange([LinkTo(page - 1, "prev"), LinkTo(1, "first")]);
        if (page < last)
            links.AddRange([LinkTo(page + 1, "next"), LinkTo(last, "last")]);
        return new Answer(200, wrap is null ? array : wrap(array, all.Count)) { Link = links.Count == 0 ? null : string.Join(", ", links) };
    }

    private int IntQuery(string name, int otherwise) =>
        int.TryParse(Query(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private string LinkTo(int page, string rel)
    {
        var query = http.Request.Query.Where(q => q.Key != "page")
            .SelectMany(q => q.Value.Select(v => $"{Uri.EscapeDataString(q.Key)}={Uri.EscapeDataString(v ?? "")}"))
            .Append($"page={page}");
        return $"<{World.BaseUrl}{http.Request.Path.ToUriComponent()}?{string.Join('&', query)}>; rel=\"{rel}\"";
    }
}
