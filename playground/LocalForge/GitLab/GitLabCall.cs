using System.Globalization;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Http;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>One call of GitLab's REST API: who, where, with what.</summary>
internal sealed class GitLabCall(HttpContext http, World world, Account? account, GitLabParameters parameters)
{
    public const int Guest = 10, Planner = 15, Reporter = 20, Developer = 30, Maintainer = 40;
    private Repo? _project;

    public GitLabParameters Parameters { get; } = parameters;

    /// <summary>The caller, or null for an anonymous read.</summary>
    public Account? AccountOrNone { get; } = account;

    public Account Account => AccountOrNone ?? throw GitLabProblem.Unauthorized();

    /// <summary>The project of the route, by its number or its path; 404 when it is not there or not to be seen.</summary>
    public Repo Project
    {
        get
        {
            _project ??= Find(Route("project"));
            return _project is not null && _project.AccessOf(AccountOrNone) >= RepoAccess.Read ? _project : throw GitLabProblem.NotFound("Project");
        }
    }

    /// <summary>Level of the caller in the project.</summary>
    public int Level => Project.LevelOf(AccountOrNone);

    public Issue Issue => Project.Issues.Find(i => i.Pull is null && i.Iid == Number("iid") && MaySee(i)) ?? throw GitLabProblem.NotFound();

    public Issue MergeRequest => Project.Pulls.FirstOrDefault(i => i.Iid == Number("iid")) ?? throw GitLabProblem.NotFound();

    // Routing decodes everything but the slash, by which the parts of a path are told apart.
    public string Route(string name) => http.Request.RouteValues[name]?.ToString()?.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) ?? "";

    public long Number(string name) => long.Parse(Route(name), CultureInfo.InvariantCulture);

    /// <summary>Whether the caller may see an issue: a confidential one is for its author, its assignees, and members from planner on.</summary>
    public bool MaySee(Issue issue) => !issue.IsConfidential || Level >= Planner || (AccountOrNone is { } me && (issue.Author == me || issue.Assignees.Contains(me)));

    /// <summary>Demands a level of the caller; 0 is anybody who signed in and sees the project.</summary>
    public void Require(int level)
    {
        _ = Account;
        if (Level < level || Project.IsArchived)
            throw GitLabProblem.Forbidden();
    }

    /// <summary>Demands to be the author or to have the level.</summary>
    public void RequireAuthorOr(Account author, int level) => Require(Account == author ? 0 : level);

    public Account User(long id) => world.Accounts.FirstOrDefault(a => a.Id == id && a.Kind != AccountKind.Group) ?? throw GitLabProblem.NotFound("User");

    public Answer Page<T>(IEnumerable<T> items, Func<T, JsonNode> shape)
    {
        var (all, page, size) = Window(items);
        return Paged(new JsonArray([.. all.Skip((page - 1) * size).Take(size).Select(shape)]), all.Count, page, size);
    }

    /// <summary>A page of things that git has to be asked about.</summary>
    public async Task<Answer> PageAsync<T>(IEnumerable<T> items, Func<T, Task<JsonObject>> shape)
    {
        var (all, page, size) = Window(items);
        var array = new JsonArray();
        foreach (var item in all.Skip((page - 1) * size).Take(size))
            array.Add(await shape(item));
        return Paged(array, all.Count, page, size);
    }

    private (List<T> All, int Page, int Size) Window<T>(IEnumerable<T> items)
    {
        var size = Parameters.Number("per_page") ?? 20;
        var page = Parameters.Number("page") ?? 1;
        if (size < 1)
            throw GitLabProblem.Parameter("per_page does not have a valid value");
        if (page is < 1 or > 100_000)
            throw GitLabProblem.Parameter("page does not have a valid value");
        return (items.ToList(), (int)page, (int)Math.Min(size, 100));
    }

    private Answer Paged(JsonArray array, int count, int page, int size)
    {
        var last = Math.Max((count + size - 1) / size, 1);
        var links = new List<string>();
        if (page > 1)
            links.Add(Link(page - 1, size, "prev"));
        if (page < last)
            links.Add(Link(page + 1, size, "next"));
        links.AddRange([Link(1, size, "first"), Link(last, size, "last")]);
        return new Answer(200, array)
        {
            Link = string.Join(", ", links),
            Headers =
            [
                ("x-page", $"{page}"), ("x-per-page", $"{size}"), ("x-prev-page", page > 1 ? $"{page - 1}" : ""),
                ("x-next-page", page < last ? $"{page + 1}" : ""), ("x-total", $"{count}"), ("x-total-pages", $"{last}"),
            ],
        };
    }

    private string Link(int page, int size, string rel)
    {
        var query = http.Request.Query.Where(q => q.Key is not ("page" or "per_page"))
            .SelectMany(q => q.Value.Select(v => $"{Uri.EscapeDataString(q.Key)}={Uri.EscapeDataString(v ?? "")}"))
            .Append($"page={page}").Append($"per_page={size}");
        return $"<{world.BaseUrl}{http.Request.Path.ToUriComponent().Replace("%252F", "%2F", StringComparison.OrdinalIgnoreCase)}?{string.Join('&', query)}>; rel=\"{rel}\"";
    }

    private Repo? Find(string project)
    {
        if (long.TryParse(project, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return world.Repos.FirstOrDefault(r => r.Id == id);
        var slash = project.LastIndexOf('/');
        return slash < 0 ? null : world.FindRepo(project[..slash], project[(slash + 1)..]);
    }
}
