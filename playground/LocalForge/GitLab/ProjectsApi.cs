using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>The instance, users, projects, members and labels.</summary>
internal sealed class ProjectsApi(World world, GitLabShapes shapes, Actions actions, RepoFactory factory)
{
    private const string Version = "18.6.0";

    public void Map(GitLabRoutes routes)
    {
        const string project = GitLabRoutes.Project;
        routes.Get("/version", c => c.Account is null ? throw GitLabProblem.Unauthorized() : Answer.Ok(new JsonObject { ["version"] = Version, ["revision"] = "localforge" }));
        routes.Get("/metadata", c => c.Account is null ? throw GitLabProblem.Unauthorized() : Answer.Ok(new JsonObject
        {
            ["version"] = Version,
            ["revision"] = "localforge",
            ["kas"] = new JsonObject { ["enabled"] = false, ["externalUrl"] = null, ["externalK8sProxyUrl"] = null, ["version"] = null },
            ["enterprise"] = false,
        }));
        routes.Get("/user", c => Answer.Ok(shapes.Self(c.Account)));
        routes.Get("/users", Users);
        routes.Get("/users/{id:long}", c => c.Account is null ? throw GitLabProblem.Unauthorized() : Answer.Ok(shapes.UserInFull(c.User(c.Number("id")))));
        routes.Get("/personal_access_tokens/self", Token);
        routes.Get("/projects", List);
        routes.Post("/projects", CreateAsync);
        routes.Get(project, c => Answer.Ok(shapes.Project(c.Project, c.AccountOrNone)));
        routes.Put(project, EditAsync);
        routes.Post(project + "/fork", ForkAsync);
        routes.Get(project + "/members/all", c => c.Page(Members(c.Project), a => shapes.Member(a, c.Project)));
        routes.Get(project + "/members/all/{user:long}", c => Answer.Ok(shapes.Member(Members(c.Project).FirstOrDefault(a => a.Id == c.Number("user")) ?? throw GitLabProblem.NotFound(), c.Project)));
        routes.Get(project + "/labels", c => c.Page(c.Project.Labels.Values.Where(l => Matches(l.Name, c.Parameters.Text("search"))), l => shapes.Label(l, c.Project)));
        routes.Get(project + "/labels/{label}", c => Answer.Ok(shapes.Label(LabelOf(c), c.Project)));
        routes.Post(project + "/labels", CreateLabel);
    }

    private static bool Matches(string text, string? search) => search is null || text.Contains(search, StringComparison.OrdinalIgnoreCase);

    private IEnumerable<Account> Members(Repo repo) =>
        world.Accounts.Where(a => a.Kind != AccountKind.Group && repo.LevelOf(a) > 0).OrderBy(a => a.Id);

    private Answer Users(GitLabCall call)
    {
        _ = call.Account;
        var (username, search) = (call.Parameters.Text("username"), call.Parameters.Text("search"));
        return call.Page(
            world.Accounts.Where(a => a.Kind != AccountKind.Group)
                .Where(a => username is null || a.Login.Equals(username, StringComparison.OrdinalIgnoreCase))
                .Where(a => Matches(a.Login, search)).OrderByDescending(a => a.Id),
            shapes.User);
    }

    private static Answer Token(GitLabCall call) => Answer.Ok(new JsonObject
    {
        ["id"] = call.Account.Id,
        ["name"] = "token",
        ["revoked"] = false,
        ["created_at"] = GitLabShapes.Stamp(call.Account.CreatedAt),
        ["description"] = null,
        ["scopes"] = new JsonArray([.. call.Account.Scopes.Split(',', StringSplitOptions.TrimEntries).Select(s => (JsonNode)(s == "repo" ? "api" : s))]),
        ["user_id"] = call.Account.Id,
        ["last_used_at"] = null,
        ["active"] = true,
        ["expires_at"] = null,
    });

    private Answer List(GitLabCall call)
    {
        var me = call.AccountOrNone;
        var least = call.Parameters.Number("min_access_level") ?? (call.Parameters.Flag("membership") == true ? GitLabCall.Guest : 0);
        return call.Page(
            world.Repos.Where(r => r.AccessOf(me) >= RepoAccess.Read && r.LevelOf(me) >= least)
                .Where(r => call.Parameters.Flag("archived") is not { } archived || r.IsArchived == archived)
                .Where(r => Matches(call.Parameters.Flag("search_namespaces") == true ? r.FullName : r.Name, call.Parameters.Text("search")))
                .OrderByDescending(r => r.Id),
            r => shapes.Project(r, me));
    }

    private async Task<Answer> CreateAsync(GitLabCall call)
    {
        var owner = call.Parameters.Number("namespace_id") is { } id
            ? world.Accounts.FirstOrDefault(a => a.Id == id) ?? throw GitLabProblem.NotFound("Namespace")
            : call.Account;
        if (owner != call.Account && owner.Kind != AccountKind.Group)
            throw GitLabProblem.Invalid("namespace", "is not valid");
        var name = call.Parameters.Text("path") ?? call.Parameters.Needed("name");
        if (world.FindRepo(owner.Login, name) is not null)
            throw GitLabProblem.Invalid("path", "has already been taken");
        var repo = await factory.CreateAsync(owner, name, folder: null, isPrivate: call.Parameters.Text("visibility") is null or "private" or "internal");
        // Whoever makes a project in a group is its owner, as by the group.
        if (owner != call.Account)
            repo.Access[call.Account.Login] = RepoAccess.Admin;
        return Answer.Created(shapes.Project(repo, call.Account));
    }

    private async Task<Answer> ForkAsync(GitLabCall call)
    {
        call.Require(0);
        if (world.FindRepo(call.Account.Login, call.Project.Name) is not null)
            throw new GitLabProblem(409, new JsonObject { ["message"] = new JsonObject { ["name"] = new JsonArray("has already been taken"), ["path"] = new JsonArray("has already been taken") } });
        return Answer.Created(shapes.Project(await factory.ForkAsync(call.Project, call.Account), call.Account));
    }

    private async Task<Answer> EditAsync(GitLabCall call)
    {
        call.Require(GitLabCall.Maintainer);
        var repo = call.Project;
        if (call.Parameters.Text("default_branch") is { } branch)
            repo.DefaultBranch = await repo.Git.BranchHeadAsync(branch) is null ? throw GitLabProblem.Invalid("default_branch", "Could not change HEAD: branch does not exist") : branch;
        if (call.Parameters.Text("path") is { } name && name != repo.Name)
        {
            RepoFactory.RequireFree(world, repo.Owner, name);
            world.Rename(repo, name);
        }

        if (call.Parameters.Text("visibility") is { } visibility)
            repo.IsPrivate = visibility != "public";
        return Answer.Ok(shapes.Project(repo, call.Account));
    }

    private static Label LabelOf(GitLabCall call)
    {
        var name = call.Route("label");
        return call.Project.Labels.Values.FirstOrDefault(l => l.Name == name || $"{l.Id}" == name) ?? throw GitLabProblem.NotFound("Label");
    }

    private Answer CreateLabel(GitLabCall call)
    {
        call.Require(GitLabCall.Planner);
        var (name, colour) = (call.Parameters.Needed("name"), call.Parameters.Needed("color"));
        if (call.Project.Labels.ContainsKey(name))
            throw new GitLabProblem(409, "Label already exists");
        if (name.Contains(',', StringComparison.Ordinal))
            throw GitLabProblem.Invalid("title", "is invalid");
        var label = actions.LabelOf(call.Project, name) with { Color = colour, Description = call.Parameters.Text("description") ?? "" };
        call.Project.Labels[name] = label;
        return Answer.Created(shapes.Label(label, call.Project));
    }
}
