using System.Globalization;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>The JSON of GitLab's REST API, for the fields we offer, named as <c>@gitbeaker/rest</c> and GitLab's pages name them.</summary>
internal sealed partial class GitLabShapes(World world)
{
    /// <summary>Milliseconds and all, as REST tells time.</summary>
    public static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string? Stamp(DateTimeOffset? time) => time is { } t ? Stamp(t) : null;

    public string Web(Repo repo) => $"{world.BaseUrl}/{repo.FullName}";

    public string Web(Issue issue) => $"{Web(issue.Repo)}/-/{(issue.Pull is null ? "issues" : "merge_requests")}/{issue.Iid}";

    public static long IdOf(Issue issue) => issue.Pull?.Id ?? issue.Id;

    public JsonObject User(Account account) => new()
    {
        ["id"] = account.Id,
        ["username"] = account.Login,
        ["public_email"] = null,
        ["name"] = account.Login,
        ["state"] = "active",
        ["locked"] = false,
        ["avatar_url"] = null,
        ["web_url"] = $"{world.BaseUrl}/{Uri.EscapeDataString(account.Login)}",
    };

    /// <summary>What is told of one user, with whether it is a bot.</summary>
    public JsonObject UserInFull(Account account)
    {
        var json = User(account);
        json["created_at"] = Stamp(account.CreatedAt);
        json["bio"] = "";
        json["location"] = "";
        json["bot"] = account.Kind == AccountKind.Bot;
        json["work_information"] = null;
        json["followers"] = 0;
        json["following"] = 0;
        json["local_time"] = null;
        return json;
    }

    /// <summary>What a user is told of itself.</summary>
    public JsonObject Self(Account account)
    {
        var json = UserInFull(account);
        json["email"] = EmailOf(account);
        json["commit_email"] = EmailOf(account);
        json["confirmed_at"] = Stamp(account.CreatedAt);
        json["can_create_group"] = false;
        json["can_create_project"] = true;
        json["two_factor_enabled"] = false;
        json["external"] = false;
        json["private_profile"] = false;
        json["identities"] = new JsonArray();
        return json;
    }

    public static string EmailOf(Account account) => $"{account.Login}@users.noreply.localforge";

    public JsonObject Member(Account account, Repo repo)
    {
        var json = User(account);
        json["access_level"] = repo.LevelOf(account);
        json["created_at"] = Stamp(repo.CreatedAt);
        json["expires_at"] = null;
        json["membership_state"] = "active";
        return json;
    }

    public JsonObject Project(Repo repo, Account? viewer)
    {
        var level = repo.LevelOf(viewer);
        var web = Web(repo);
        return new JsonObject
        {
            ["id"] = repo.Id,
            ["description"] = null,
            ["name"] = repo.Name,
            ["name_with_namespace"] = repo.FullName.Replace("/", " / ", StringComparison.Ordinal),
            ["path"] = repo.Name,
            ["path_with_namespace"] = repo.FullName,
            ["created_at"] = Stamp(repo.CreatedAt),
            ["default_branch"] = repo.DefaultBranch,
            ["tag_list"] = new JsonArray(),
            ["topics"] = new JsonArray(),
            ["ssh_url_to_repo"] = SshOf(repo),
            ["http_url_to_repo"] = web + ".git",
            ["web_url"] = web,
            ["readme_url"] = null,
            ["forks_count"] = world.Repos.Count(r => r.Parent == repo),
            ["avatar_url"] = null,
            ["star_count"] = 0,
            ["last_activity_at"] = Stamp(repo.PushedAt),
            ["visibility"] = repo.IsPrivate ? "private" : "public",
            ["namespace"] = Namespace(repo.Owner),
            ["_links"] = new JsonObject { ["self"] = Api(repo), ["issues"] = Api(repo) + "/issues", ["merge_requests"] = Api(repo) + "/merge_requests" },
            ["empty_repo"] = false,
            ["archived"] = repo.IsArchived,
            ["issues_enabled"] = true,
            ["merge_requests_enabled"] = true,
            ["jobs_enabled"] = true,
            ["issues_access_level"] = "enabled",
            ["merge_requests_access_level"] = "enabled",
            ["repository_access_level"] = "enabled",
            ["builds_access_level"] = "enabled",
            ["creator_id"] = repo.Owner.Id,
            ["open_issues_count"] = repo.Issues.Count(i => i.Pull is null && i.IsOpen),
            ["forked_from_project"] = repo.Parent is { } parent ? new JsonObject { ["id"] = parent.Id, ["path_with_namespace"] = parent.FullName, ["web_url"] = Web(parent) } : null,
            ["ci_config_path"] = "",
            ["only_allow_merge_if_pipeline_succeeds"] = false,
            ["only_allow_merge_if_all_discussions_are_resolved"] = false,
            ["remove_source_branch_after_merge"] = true,
            ["merge_method"] = "merge",
            ["squash_option"] = "default_off",
            ["permissions"] = new JsonObject
            {
                ["project_access"] = level > 0 ? new JsonObject { ["access_level"] = level, ["notification_level"] = 3 } : null,
                ["group_access"] = null,
            },
        };
    }

    public JsonObject Label(Label label, Repo repo)
    {
        var json = LabelShort(label);
        json["open_issues_count"] = repo.Issues.Count(i => i.Pull is null && i.IsOpen && i.Labels.Contains(label));
        json["closed_issues_count"] = repo.Issues.Count(i => i.Pull is null && !i.IsOpen && i.Labels.Contains(label));
        json["open_merge_requests_count"] = repo.Pulls.Count(i => i.IsOpen && i.Labels.Contains(label));
        json["subscribed"] = false;
        json["priority"] = null;
        json["is_project_label"] = true;
        return json;
    }

    /// <summary>A colour with its hash, which GitHub leaves off.</summary>
    public static string ColourOf(Label label) => label.Color.StartsWith('#') ? label.Color : "#" + label.Color;

    private static JsonObject LabelShort(Label label) => new()
    {
        ["id"] = label.Id,
        ["name"] = label.Name,
        ["description"] = label.Description,
        ["description_html"] = label.Description,
        ["text_color"] = "#FFFFFF",
        ["color"] = ColourOf(label),
        ["archived"] = false,
    };

    public JsonObject Issue(Issue issue, Account? viewer)
    {
        var json = Common(issue);
        json["type"] = "ISSUE";
        json["issue_type"] = "issue";
        json["assignee"] = issue.Assignees.Count > 0 ? User(issue.Assignees[0]) : null;
        json["closed_at"] = Stamp(issue.ClosedAt);
        json["closed_by"] = issue.ClosedBy is { } by ? User(by) : null;
        json["merge_requests_count"] = 0;
        json["confidential"] = issue.IsConfidential;
        json["discussion_locked"] = null;
        json["due_date"] = null;
        json["weight"] = null;
        json["severity"] = "UNKNOWN";
        json["moved_to_id"] = null;
        json["imported"] = false;
        json["subscribed"] = viewer == issue.Author;
        json["_links"] = new JsonObject
        {
            ["self"] = $"{Api(issue.Repo)}/issues/{issue.Iid}",
            ["notes"] = $"{Api(issue.Repo)}/issues/{issue.Iid}/notes",
            ["award_emoji"] = $"{Api(issue.Repo)}/issues/{issue.Iid}/award_emoji",
            ["project"] = Api(issue.Repo),
        };
        return json;
    }

    private string Api(Repo repo) => $"{world.BaseUrl}{GitLabRoutes.Prefix}/projects/{repo.Id}";

    private string SshOf(Repo repo) => $"git@{new Uri(world.BaseUrl).Host}:{repo.FullName}.git";

    private JsonObject Namespace(Account owner)
    {
        var slash = owner.Login.LastIndexOf('/');
        return new JsonObject
        {
            ["id"] = owner.Id,
            ["name"] = owner.Login[(slash + 1)..],
            ["path"] = owner.Login[(slash + 1)..],
            ["kind"] = owner.Kind == AccountKind.Group ? "group" : "user",
            ["full_path"] = owner.Login,
            ["parent_id"] = slash < 0 ? null : world.FindAccount(owner.Login[..slash])?.Id,
            ["avatar_url"] = null,
            ["web_url"] = owner.Kind == AccountKind.Group ? $"{world.BaseUrl}/groups/{owner.Login}" : $"{world.BaseUrl}/{owner.Login}",
        };
    }

    // What issues and merge requests have in common.
    private JsonObject Common(Issue issue) => new()
    {
        ["id"] = IdOf(issue),
        ["iid"] = issue.Iid,
        ["project_id"] = issue.Repo.Id,
        ["title"] = TitleOf(issue),
        ["description"] = issue.Body,
        ["state"] = StateOf(issue),
        ["created_at"] = Stamp(issue.CreatedAt),
        ["updated_at"] = Stamp(issue.UpdatedAt),
        ["labels"] = new JsonArray([.. issue.Labels.Select(l => l.Name).Order(StringComparer.OrdinalIgnoreCase).Select(n => (JsonNode)n)]),
        ["milestone"] = null,
        ["author"] = User(issue.Author),
        ["assignees"] = new JsonArray([.. issue.Assignees.Select(User)]),
        ["user_notes_count"] = GitLab.Note.AllOf(issue).Count(n => !n.IsSystem),
        ["upvotes"] = issue.Reactions.Count(r => r.Content == "+1"),
        ["downvotes"] = issue.Reactions.Count(r => r.Content == "-1"),
        ["web_url"] = Web(issue),
        ["references"] = new JsonObject
        {
            ["short"] = ReferenceOf(issue),
            ["relative"] = ReferenceOf(issue),
            ["full"] = issue.Repo.FullName + ReferenceOf(issue),
        },
        ["time_stats"] = new JsonObject { ["time_estimate"] = 0, ["total_time_spent"] = 0, ["human_time_estimate"] = null, ["human_total_time_spent"] = null },
        ["task_completion_status"] = new JsonObject { ["count"] = 0, ["completed_count"] = 0 },
        ["has_tasks"] = false,
    };

    /// <summary>The title as GitLab has it: a draft says so in front.</summary>
    public static string TitleOf(Issue issue) => issue.Pull is { IsDraft: true } ? "Draft: " + issue.Title : issue.Title;

    public static string StateOf(Issue issue) => issue.IsOpen ? "opened" : issue.Pull is { IsMerged: true } ? "merged" : "closed";

    private static string ReferenceOf(Issue issue) => $"{(issue.Pull is null ? '#' : '!')}{issue.Iid}";
}
