using System.Text.Json.Nodes;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>The addresses and URI templates that GitHub's answers carry for their readers, whether or not this forge serves what they lead to.</summary>
internal static class Links
{
    private static readonly string[] Root =
    [
        "current_user_url /user", "authorizations_url /authorizations", "code_search_url /search/code?q={query}{&page,per_page,sort,order}",
        "commit_search_url /search/commits?q={query}{&page,per_page,sort,order}", "current_user_repositories_url /user/repos{?type,page,per_page,sort}",
        "emails_url /user/emails", "emojis_url /emojis", "events_url /events", "feeds_url /feeds", "followers_url /user/followers", "following_url /user/following{/target}",
        "gists_url /gists{/gist_id}", "issue_search_url /search/issues?q={query}{&page,per_page,sort,order}", "issues_url /issues", "keys_url /user/keys",
        "label_search_url /search/labels?q={query}&repository_id={repository_id}{&page,per_page}", "notifications_url /notifications", "organization_url /orgs/{org}",
        "organization_repositories_url /orgs/{org}/repos{?type,page,per_page,sort}", "organization_teams_url /orgs/{org}/teams", "public_gists_url /gists/public",
        "rate_limit_url /rate_limit", "repository_url /repos/{owner}/{repo}", "repository_search_url /search/repositories?q={query}{&page,per_page,sort,order}",
        "starred_url /user/starred{/owner}{/repo}", "starred_gists_url /gists/starred", "user_url /users/{user}", "user_organizations_url /user/orgs",
        "user_repositories_url /users/{user}/repos{?type,page,per_page,sort}", "user_search_url /search/users?q={query}{&page,per_page,sort,order}",
    ];

    private static readonly string[] Account =
    [
        "events_url /events{/privacy}", "followers_url /followers", "following_url /following{/other_user}", "gists_url /gists{/gist_id}", "organizations_url /orgs",
        "received_events_url /received_events", "repos_url /repos", "starred_url /starred{/owner}{/repo}", "subscriptions_url /subscriptions",
    ];

    private static readonly string[] Repository =
    [
        "archive_url /{archive_format}{/ref}", "assignees_url /assignees{/user}", "blobs_url /git/blobs{/sha}", "branches_url /branches{/branch}",
        "collaborators_url /collaborators{/collaborator}", "comments_url /comments{/number}", "commits_url /commits{/sha}", "compare_url /compare/{base}...{head}",
        "contents_url /contents/{+path}", "contributors_url /contributors", "deployments_url /deployments", "downloads_url /downloads", "events_url /events",
        "forks_url /forks", "git_commits_url /git/commits{/sha}", "git_refs_url /git/refs{/sha}", "git_tags_url /git/tags{/sha}", "hooks_url /hooks",
        "issue_comment_url /issues/comments{/number}", "issue_events_url /issues/events{/number}", "issues_url /issues{/number}", "keys_url /keys{/key_id}",
        "labels_url /labels{/name}", "languages_url /languages", "merges_url /merges", "milestones_url /milestones{/number}",
        "notifications_url /notifications{?since,all,participating}", "pulls_url /pulls{/number}", "releases_url /releases{/id}", "stargazers_url /stargazers",
        "statuses_url /statuses/{sha}", "subscribers_url /subscribers", "subscription_url /subscription", "tags_url /tags", "teams_url /teams", "trees_url /git/trees{/sha}",
    ];

    public static JsonObject OfRoot(string api) => Add([], api, Root);

    public static JsonObject OfAccount(JsonObject json, string api) => Add(json, api, Account);

    public static JsonObject OfRepository(JsonObject json, string api) => Add(json, api, Repository);

    /// <summary>Addresses as <c>_links</c> carries them.</summary>
    public static JsonObject Hrefs(params (string Name, string Url)[] links) =>
        new(links.Select(l => KeyValuePair.Create(l.Name, (JsonNode?)new JsonObject { ["href"] = l.Url })));

    private static JsonObject Add(JsonObject json, string root, string[] links)
    {
        foreach (var link in links)
        {
            var space = link.IndexOf(' ', StringComparison.Ordinal);
            json[link[..space]] = root + link[(space + 1)..];
        }

        return json;
    }
}
