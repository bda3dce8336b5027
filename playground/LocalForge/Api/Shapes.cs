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

    public JsonObject Account(Account account) => new()
    {
        ["login"] = account.Login,
        ["id"] = account.Id,
        ["node_id"] = $"U_{account.Id}",
        ["avatar_url"] = "",
        ["gravatar_id"] = "",
        ["url"] = $"{world.ApiUrl}/users/{Uri.EscapeDataString(account.Login)}",
        ["html_url"] = $"{world.BaseUrl}/{Uri.EscapeDataString(account.Login)}",
        ["type"] = account.TypeName,
        ["site_admin"] = false,
    };

    public JsonObject Repository(Repo repo, Account? viewer = null)
    {
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
            ["default_branch"] = repo.DefaultBranch,
            ["archived"] = repo.IsArchived,
            ["disabled"] = false,
            ["visibility"] = repo.IsPrivate ? "private" : "public",
            ["has_issues"] = true,
            ["open_issues_count"] = repo.Issues.Count(i => i.IsOpen),
            ["created_at"] = Stamp(repo.CreatedAt),
            ["updated_at"] = Stamp(repo.PushedAt),
            ["pushed_at"] = Stamp(repo.PushedAt),
        };
        if (repo.Parent is { } parent)
            json["parent"] = new JsonObject { ["id"] = parent.Id, ["full_name"] = parent.FullName, ["html_url"] = Web(parent), ["url"] = Api(parent) };
        if (viewer is not null)
        {
            var access = repo.AccessOf(viewer);
            json["permissions"] = new JsonObject
            {
                ["admin"] = access >= RepoAccess.Admin,
                ["maintain"] = access >= RepoAccess.Maintain,
                ["push"] = access >= RepoAccess.Write,
                ["triage"] = access >= RepoAccess.Triage,
                ["pull"] = access >= RepoAccess.Read,
            };
        }

        return json;
    }

    private static string? StampOrNull(DateTimeOffset? time) => time is { } t ? Stamp(t) : null;

    private static string Association(Repo repo, Account author) => repo.AccessOf(author) switch
    {
        _ when author == repo.Owner => "OWNER",
        >= RepoAccess.Triage => "COLLABORATOR",
        _ => "NONE",
    };
}
