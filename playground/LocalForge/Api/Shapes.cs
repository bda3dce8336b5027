using System.Globalization;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>The JSON of GitHub's REST API and webhooks, for the fields we offer.</summary>
internal sealed class Shapes(World world)
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

    public JsonObject Label(Label label, Repo repo) => new()
    {
        ["id"] = label.Id,
        ["node_id"] = $"LA_{label.Id}",
        ["url"] = $"{Api(repo)}/labels/{Uri.EscapeDataString(label.Name)}",
        ["name"] = label.Name,
        ["color"] = label.Color,
        ["default"] = false,
        ["description"] = label.Description,
    };

    public JsonObject Issue(Issue issue)
    {
        var json = new JsonObject
        {
            ["url"] = $"{Api(issue.Repo)}/issues/{issue.Number}",
            ["repository_url"] = Api(issue.Repo),
            ["comments_url"] = $"{Api(issue.Repo)}/issues/{issue.Number}/comments",
            ["html_url"] = Web(issue),
            ["id"] = issue.Id,
            ["node_id"] = $"I_{issue.Id}",
            ["number"] = issue.Number,
            ["title"] = issue.Title,
            ["user"] = Account(issue.Author),
            ["labels"] = new JsonArray([.. issue.Labels.Select(l => Label(l, issue.Repo))]),
            ["state"] = issue.IsOpen ? "open" : "closed",
            ["locked"] = false,
            ["assignee"] = null,
            ["assignees"] = new JsonArray(),
            ["milestone"] = null,
            ["comments"] = issue.Comments.Count,
            ["created_at"] = Stamp(issue.CreatedAt),
            ["updated_at"] = Stamp(issue.UpdatedAt),
            ["closed_at"] = StampOrNull(issue.ClosedAt),
            ["author_association"] = Association(issue.Repo, issue.Author),
            ["active_lock_reason"] = null,
            ["body"] = issue.Body.Length == 0 ? null : issue.Body,
            ["reactions"] = Reactions(issue.Reactions, $"{Api(issue.Repo)}/issues/{issue.Number}/reactions"),
        };
        if (issue.Pull is { } pull)
        {
            json["draft"] = pull.IsDraft;
            json["pull_request"] = new JsonObject
            {
                ["url"] = $"{Api(issue.Repo)}/pulls/{issue.Number}",
                ["html_url"] = Web(issue),
                ["diff_url"] = Web(issue) + ".diff",
                ["patch_url"] = Web(issue) + ".patch",
                ["merged_at"] = StampOrNull(pull.MergedAt),
            };
        }

        return json;
    }

    public JsonObject Comment(Comment comment, Issue issue) => new()
    {
        ["url"] = $"{Api(issue.Repo)}/issues/comments/{comment.Id}",
        ["html_url"] = $"{Web(issue)}#issuecomment-{comment.Id}",
        ["issue_url"] = $"{Api(issue.Repo)}/issues/{issue.Number}",
        ["id"] = comment.Id,
        ["node_id"] = $"IC_{comment.Id}",
        ["user"] = Account(comment.Author),
        ["created_at"] = Stamp(comment.CreatedAt),
        ["updated_at"] = Stamp(comment.UpdatedAt),
        ["author_association"] = Association(issue.Repo, comment.Author),
        ["body"] = comment.Body,
        ["reactions"] = Reactions(comment.Reactions, $"{Api(issue.Repo)}/issues/comments/{comment.Id}/reactions"),
        ["performed_via_github_app"] = null,
    };

    public JsonObject Pull(Issue issue)
    {
        var pull = issue.Pull!;
        var self = $"{Api(issue.Repo)}/pulls/{issue.Number}";
        return new JsonObject
        {
            ["url"] = self,
            ["id"] = pull.Id,
            ["node_id"] = NodeIdOf(pull),
            ["html_url"] = Web(issue),
            ["diff_url"] = Web(issue) + ".diff",
            ["patch_url"] = Web(issue) + ".patch",
            ["issue_url"] = $"{Api(issue.Repo)}/issues/{issue.Number}",
            ["number"] = issue.Number,
            ["state"] = issue.IsOpen ? "open" : "closed",
            ["locked"] = false,
            ["title"] = issue.Title,
            ["user"] = Account(issue.Author),
            ["body"] = issue.Body.Length == 0 ? null : issue.Body,
            ["created_at"] = Stamp(issue.CreatedAt),
            ["updated_at"] = Stamp(issue.UpdatedAt),
            ["closed_at"] = StampOrNull(issue.ClosedAt),
            ["merged_at"] = StampOrNull(pull.MergedAt),
            ["merge_commit_sha"] = pull.MergeCommitSha,
            ["assignee"] = null,
            ["assignees"] = new JsonArray(),
            ["requested_reviewers"] = new JsonArray(),
            ["requested_teams"] = new JsonArray(),
            ["labels"] = new JsonArray([.. issue.Labels.Select(l => Label(l, issue.Repo))]),
            ["milestone"] = null,
            ["draft"] = pull.IsDraft,
            ["commits_url"] = self + "/commits",
            ["review_comments_url"] = self + "/comments",
            ["comments_url"] = $"{Api(issue.Repo)}/issues/{issue.Number}/comments",
            ["statuses_url"] = $"{Api(issue.Repo)}/statuses/{pull.HeadSha}",
            ["head"] = Side(pull.HeadRepo, pull.HeadBranch, pull.HeadSha),
            ["base"] = Side(issue.Repo, pull.BaseBranch, pull.BaseSha),
            ["author_association"] = Association(issue.Repo, issue.Author),
            ["auto_merge"] = null,
            ["active_lock_reason"] = null,
            ["merged"] = pull.IsMerged,
            ["mergeable"] = null,
            ["mergeable_state"] = "unknown",
            ["merged_by"] = pull.MergedBy is { } by ? Account(by) : null,
            ["comments"] = issue.Comments.Count,
            ["review_comments"] = pull.Comments.Count(c => c.Review.State != Model.Review.Pending),
            ["maintainer_can_modify"] = false,
        };
    }

    public static string NodeIdOf(Pull pull) => $"PR_{pull.Id}";

    public JsonObject Review(Review review, Issue issue) => new()
    {
        ["id"] = review.Id,
        ["node_id"] = $"PRR_{review.Id}",
        ["user"] = Account(review.Author),
        ["body"] = review.Body,
        ["state"] = review.State,
        ["html_url"] = $"{Web(issue)}#pullrequestreview-{review.Id}",
        ["pull_request_url"] = $"{Api(issue.Repo)}/pulls/{issue.Number}",
        ["author_association"] = Association(issue.Repo, review.Author),
        ["submitted_at"] = StampOrNull(review.SubmittedAt),
        ["commit_id"] = review.CommitSha,
    };

    /// <summary>A review as webhooks carry it: the state in lower case.</summary>
    public JsonObject ReviewForHook(Review review, Issue issue)
    {
        var json = Review(review, issue);
        json["state"] = review.State.ToLowerInvariant();
        if (review.Body.Length == 0)
            json["body"] = null;
        return json;
    }

    public JsonObject ReviewComment(ReviewComment comment, Issue issue)
    {
        var json = new JsonObject
        {
            ["url"] = $"{Api(issue.Repo)}/pulls/comments/{comment.Id}",
            ["pull_request_review_id"] = comment.Review.Id,
            ["id"] = comment.Id,
            ["node_id"] = $"PRRC_{comment.Id}",
            ["diff_hunk"] = comment.DiffHunk,
            ["path"] = comment.Path,
            ["commit_id"] = comment.Line is null ? comment.OriginalCommit : issue.Pull!.HeadSha,
            ["original_commit_id"] = comment.OriginalCommit,
            ["user"] = Account(comment.Author),
            ["body"] = comment.Body,
            ["created_at"] = Stamp(comment.CreatedAt),
            ["updated_at"] = Stamp(comment.UpdatedAt),
            ["html_url"] = $"{Web(issue)}#discussion_r{comment.Id}",
            ["pull_request_url"] = $"{Api(issue.Repo)}/pulls/{issue.Number}",
            ["author_association"] = Association(issue.Repo, comment.Author),
            ["reactions"] = Reactions(comment.Reactions, $"{Api(issue.Repo)}/pulls/comments/{comment.Id}/reactions"),
            ["start_line"] = null,
            ["original_start_line"] = null,
            ["start_side"] = null,
            ["line"] = comment.Line,
            ["original_line"] = comment.OriginalLine,
            ["side"] = comment.Side,
            ["subject_type"] = comment.OriginalLine is null ? "file" : "line",
        };
        if (comment.InReplyTo is { } root)
            json["in_reply_to_id"] = root;
        return json;
    }

    public JsonObject Reaction(ReactionMark mark) => new()
    {
        ["id"] = mark.Id,
        ["node_id"] = $"REA_{mark.Id}",
        ["user"] = Account(mark.Author),
        ["content"] = mark.Content,
        ["created_at"] = Stamp(mark.CreatedAt),
    };

    public JsonObject App(Account app) => new()
    {
        ["id"] = app.Id,
        ["slug"] = app.AppSlug,
        ["node_id"] = $"A_{app.Id}",
        ["owner"] = Account(app),
        ["name"] = app.AppSlug,
        ["html_url"] = $"{world.BaseUrl}/{app.AppSlug}",
    };

    public JsonObject CheckRun(CheckRun run, Repo repo) => new()
    {
        ["id"] = run.Id,
        ["node_id"] = $"CR_{run.Id}",
        ["name"] = run.Name,
        ["head_sha"] = run.Suite.HeadSha,
        ["external_id"] = run.ExternalId ?? "",
        ["url"] = $"{Api(repo)}/check-runs/{run.Id}",
        ["html_url"] = Web(run, repo),
        ["details_url"] = run.DetailsUrl ?? Web(run, repo),
        ["status"] = run.Status,
        ["conclusion"] = run.Conclusion,
        ["started_at"] = StampOrNull(run.StartedAt),
        ["completed_at"] = StampOrNull(run.CompletedAt),
        ["output"] = new JsonObject
        {
            ["title"] = run.Title,
            ["summary"] = run.Summary,
            ["text"] = run.Text,
            ["annotations_count"] = 0,
            ["annotations_url"] = $"{Api(repo)}/check-runs/{run.Id}/annotations",
        },
        ["check_suite"] = CheckSuite(run.Suite, repo),
        ["app"] = App(run.Suite.App),
        ["pull_requests"] = PullsAt(repo, run.Suite.HeadSha),
    };

    public JsonObject CheckSuite(CheckSuite suite, Repo repo) => new()
    {
        ["id"] = suite.Id,
        ["node_id"] = $"CS_{suite.Id}",
        ["head_branch"] = suite.HeadBranch,
        ["head_sha"] = suite.HeadSha,
        ["status"] = suite.Status,
        ["conclusion"] = suite.Conclusion,
        ["url"] = $"{Api(repo)}/check-suites/{suite.Id}",
        ["before"] = null,
        ["after"] = null,
        ["pull_requests"] = PullsAt(repo, suite.HeadSha),
        ["app"] = App(suite.App),
        ["created_at"] = Stamp(suite.CreatedAt),
        ["updated_at"] = Stamp(suite.UpdatedAt),
    };

    public JsonObject Status(CommitStatus status, Repo repo) => new()
    {
        ["url"] = $"{Api(repo)}/statuses/{status.Sha}",
        ["id"] = status.Id,
        ["node_id"] = $"SC_{status.Id}",
        ["state"] = status.State,
        ["description"] = status.Description,
        ["target_url"] = status.TargetUrl,
        ["context"] = status.Context,
        ["created_at"] = Stamp(status.CreatedAt),
        ["updated_at"] = Stamp(status.CreatedAt),
        ["creator"] = Account(status.Creator),
    };

    public JsonObject Commit(CommitInfo commit, Repo repo)
    {
        JsonObject Person() => new() { ["name"] = commit.AuthorName, ["email"] = commit.AuthorEmail, ["date"] = Stamp(commit.AuthoredAt) };
        return new JsonObject
        {
            ["sha"] = commit.Sha,
            ["node_id"] = $"C_{commit.Sha}",
            ["commit"] = new JsonObject
            {
                ["author"] = Person(),
                ["committer"] = Person(),
                ["message"] = commit.Message,
                ["tree"] = new JsonObject { ["sha"] = commit.Tree, ["url"] = $"{Api(repo)}/git/trees/{commit.Tree}" },
                ["url"] = $"{Api(repo)}/git/commits/{commit.Sha}",
                ["comment_count"] = 0,
            },
            ["url"] = $"{Api(repo)}/commits/{commit.Sha}",
            ["html_url"] = $"{Web(repo)}/commit/{commit.Sha}",
            ["author"] = null,
            ["committer"] = null,
            ["parents"] = new JsonArray([.. commit.Parents.Select(p => new JsonObject
            {
                ["sha"] = p, ["url"] = $"{Api(repo)}/commits/{p}", ["html_url"] = $"{Web(repo)}/commit/{p}",
            })]),
        };
    }

    /// <summary>A commit as a push event carries it.</summary>
    public JsonObject PushedCommit(CommitInfo commit, Repo repo)
    {
        JsonObject Person() => new() { ["name"] = commit.AuthorName, ["email"] = commit.AuthorEmail };
        return new JsonObject
        {
            ["id"] = commit.Sha,
            ["tree_id"] = commit.Tree,
            ["distinct"] = true,
            ["message"] = commit.Message,
            ["timestamp"] = Stamp(commit.AuthoredAt),
            ["url"] = $"{Web(repo)}/commit/{commit.Sha}",
            ["author"] = Person(),
            ["committer"] = Person(),
            ["added"] = new JsonArray(),
            ["removed"] = new JsonArray(),
            ["modified"] = new JsonArray(),
        };
    }

    public JsonObject File(DiffFile file, Repo repo, string sha) => new()
    {
        ["sha"] = null,
        ["filename"] = file.Path,
        ["previous_filename"] = file.PreviousPath,
        ["status"] = file.Status,
        ["additions"] = file.Additions,
        ["deletions"] = file.Deletions,
        ["changes"] = file.Additions + file.Deletions,
        ["blob_url"] = $"{Web(repo)}/blob/{sha}/{file.Path}",
        ["contents_url"] = $"{Api(repo)}/contents/{file.Path}?ref={sha}",
        ["patch"] = file.Patch,
    };

    private static string? StampOrNull(DateTimeOffset? time) => time is { } t ? Stamp(t) : null;

    private static string Association(Repo repo, Account author) => repo.AccessOf(author) switch
    {
        _ when author == repo.Owner => "OWNER",
        >= RepoAccess.Triage => "COLLABORATOR",
        _ => "NONE",
    };

    private static JsonObject Reactions(List<ReactionMark> marks, string url)
    {
        var json = new JsonObject { ["url"] = url, ["total_count"] = marks.Count };
        foreach (var content in Actions.ReactionContents)
            json[content] = marks.Count(m => m.Content == content);
        return json;
    }

    private JsonObject Side(Repo? repo, string branch, string sha) => new()
    {
        ["label"] = repo is null ? null : $"{repo.Owner.Login}:{branch}",
        ["ref"] = branch,
        ["sha"] = sha,
        ["user"] = repo is null ? null : Account(repo.Owner),
        ["repo"] = repo is null ? null : Repository(repo),
    };

    // As on GitHub, a check names only pull requests whose branch is in the same repository.
    private JsonArray PullsAt(Repo repo, string sha) => new([.. repo.Pulls
        .Where(i => i.IsOpen && i.Pull!.HeadSha == sha && i.Pull.HeadRepo == repo)
        .Select(i => new JsonObject
        {
            ["url"] = $"{Api(repo)}/pulls/{i.Number}",
            ["id"] = i.Pull!.Id,
            ["number"] = i.Number,
            ["head"] = ShortSide(i.Pull.HeadBranch, i.Pull.HeadSha, repo),
            ["base"] = ShortSide(i.Pull.BaseBranch, i.Pull.BaseSha, repo),
        })]);

    private JsonObject ShortSide(string branch, string sha, Repo repo) => new()
    {
        ["ref"] = branch,
        ["sha"] = sha,
        ["repo"] = new JsonObject { ["id"] = repo.Id, ["url"] = Api(repo), ["name"] = repo.Name },
    };
}
