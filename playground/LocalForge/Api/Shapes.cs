using System.Globalization;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>The JSON of GitHub's REST API and webhooks, for the fields we offer.</summary>
internal sealed partial class Shapes(World world)
{
    public static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public string Web(Repo repo) => $"{world.BaseUrl}/{repo.FullName}";

    public string Api(Repo repo) => $"{world.ApiUrl}/repos/{repo.FullName}";

    public string Web(Issue issue) => $"{Web(issue.Repo)}/{(issue.Pull is null ? "issues" : "pull")}/{issue.Number}";

    public string Web(CheckRun run, Repo repo) => $"{Web(repo)}/runs/{run.Id}";

    public JsonObject Account(Account account)
    {
        var url = $"{world.ApiUrl}/users/{Uri.EscapeDataString(account.Login)}";
        return Links.OfAccount(
            new JsonObject
            {
                ["login"] = account.Login,
                ["id"] = account.Id,
                ["node_id"] = $"U_{account.Id}",
                ["avatar_url"] = Avatar(account),
                ["gravatar_id"] = "",
                ["url"] = url,
                ["html_url"] = $"{world.BaseUrl}/{Uri.EscapeDataString(account.Login)}",
                ["type"] = account.TypeName,
                ["site_admin"] = false,
            },
            url);
    }

    /// <summary>An account as it is told when it is asked for alone.</summary>
    public JsonObject Profile(Account account)
    {
        var json = Account(account);
        foreach (var unknown in (string[])["name", "company", "blog", "location", "email", "hireable", "bio"])
            json[unknown] = null;
        var own = world.Repos.Where(r => r.Owner == account).ToList();
        json["public_repos"] = own.Count(r => !r.IsPrivate);
        json["public_gists"] = 0;
        json["followers"] = 0;
        json["following"] = 0;
        json["created_at"] = Stamp(account.CreatedAt);
        json["updated_at"] = Stamp(account.CreatedAt);
        return json;
    }

    /// <summary>An account as it is told to itself.</summary>
    public JsonObject OwnProfile(Account account)
    {
        var json = Profile(account);
        var hidden = world.Repos.Count(r => r.Owner == account && r.IsPrivate);
        json["private_gists"] = 0;
        json["total_private_repos"] = hidden;
        json["owned_private_repos"] = hidden;
        json["disk_usage"] = 0;
        json["collaborators"] = 0;
        json["two_factor_authentication"] = false;
        return json;
    }

    private string Avatar(Account account) => $"{world.BaseUrl}/avatars/u/{account.Id}";

    public JsonObject Repository(Repo repo, Account? viewer = null)
    {
        var open = repo.Issues.Count(i => i.IsOpen);
        var forks = world.Repos.Count(r => r.Parent == repo);
        var json = new JsonObject
        {
            ["id"] = repo.Id,
            ["node_id"] = $"R_{repo.Id}",
            ["name"] = repo.Name,
            ["full_name"] = repo.FullName,
            ["private"] = repo.IsPrivate,
            ["owner"] = Account(repo.Owner),
            ["html_url"] = Web(repo),
            ["description"] = null,
            ["fork"] = repo.Parent is not null,
            ["url"] = Api(repo),
            ["clone_url"] = Web(repo) + ".git",
            ["git_url"] = Web(repo) + ".git",
            ["ssh_url"] = Web(repo) + ".git",
            ["svn_url"] = Web(repo),
            ["homepage"] = null,
            ["language"] = null,
            ["license"] = null,
            ["mirror_url"] = null,
            ["topics"] = new JsonArray(),
            ["size"] = 0,
            ["default_branch"] = repo.DefaultBranch,
            ["archived"] = repo.IsArchived,
            ["disabled"] = false,
            ["visibility"] = repo.IsPrivate ? "private" : "public",
            ["has_issues"] = true,
            ["has_downloads"] = false,
            ["has_discussions"] = false,
            ["has_pages"] = false,
            ["has_projects"] = false,
            ["has_wiki"] = false,
            ["open_issues"] = open,
            ["open_issues_count"] = open,
            ["forks"] = forks,
            ["forks_count"] = forks,
            ["stargazers_count"] = 0,
            ["watchers"] = 0,
            ["watchers_count"] = 0,
            ["created_at"] = Stamp(repo.CreatedAt),
            ["updated_at"] = Stamp(repo.PushedAt),
            ["pushed_at"] = Stamp(repo.PushedAt),
        };
        Links.OfRepository(json, Api(repo));
        if (viewer is not null)
            json["permissions"] = Permissions(repo.AccessOf(viewer));

        return json;
    }

    public static JsonObject Permissions(RepoAccess access) => new()
    {
        ["admin"] = access >= RepoAccess.Admin,
        ["maintain"] = access >= RepoAccess.Maintain,
        ["push"] = access >= RepoAccess.Write,
        ["triage"] = access >= RepoAccess.Triage,
        ["pull"] = access >= RepoAccess.Read,
    };

    /// <summary>A repository as it is told when it is asked for alone: with what it was forked from.</summary>
    public JsonObject FullRepository(Repo repo, Account? viewer)
    {
        var json = Repository(repo, viewer);
        json["network_count"] = (int)json["forks"]!;
        json["subscribers_count"] = 0;
        json["allow_merge_commit"] = true;
        json["allow_squash_merge"] = true;
        json["allow_rebase_merge"] = false;
        if (repo.Parent is not { } parent)
            return json;
        json["parent"] = Repository(parent);
        json["source"] = Repository(parent);
        return json;
    }

    private static string? StampOrNull(DateTimeOffset? time) => time is { } t ? Stamp(t) : null;

    public static string Association(Repo repo, Account author) => repo.AccessOf(author) switch
    {
        _ when author == repo.Owner => "OWNER",
        >= RepoAccess.Triage => "COLLABORATOR",
        _ => "NONE",
    };
}
