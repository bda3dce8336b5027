using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <content>Pull requests and reviews.</content>
internal sealed partial class Shapes
{
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
            ["assignee"] = issue.Assignees is [var first, ..] ? Account(first) : null,
            ["assignees"] = new JsonArray([.. issue.Assignees.Select(a => Account(a))]),
            ["requested_reviewers"] = new JsonArray([.. pull.Reviewers.Where(r => r.State == "unreviewed" && !pull.Reviews.Exists(v => v.Author == r.Account)).Select(r => Account(r.Account))]),
            ["requested_teams"] = new JsonArray(),
            ["labels"] = new JsonArray([.. issue.Labels.Select(l => Label(l, issue.Repo))]),
            ["milestone"] = null,
            ["draft"] = pull.IsDraft,
            ["commits_url"] = self + "/commits",
            ["review_comments_url"] = self + "/comments",
            ["review_comment_url"] = $"{Api(issue.Repo)}/pulls/comments{{/number}}",
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
            ["_links"] = Links.Hrefs(
                ("self", self), ("html", Web(issue)), ("issue", $"{Api(issue.Repo)}/issues/{issue.Number}"), ("comments", $"{Api(issue.Repo)}/issues/{issue.Number}/comments"),
                ("review_comments", self + "/comments"), ("review_comment", $"{Api(issue.Repo)}/pulls/comments{{/number}}"), ("commits", self + "/commits"),
                ("statuses", $"{Api(issue.Repo)}/statuses/{pull.HeadSha}")),
        };
    }

    public static string NodeIdOf(Pull pull) => $"PR_{pull.Id}";

    public JsonObject Review(Review review, Issue issue)
    {
        string web = $"{Web(issue)}#pullrequestreview-{review.Id}", pull = $"{Api(issue.Repo)}/pulls/{issue.Number}";
        var json = new JsonObject
        {
            ["id"] = review.Id,
            ["node_id"] = $"PRR_{review.Id}",
            ["user"] = Account(review.Author),
            ["body"] = review.Body,
            ["state"] = review.State,
            ["html_url"] = web,
            ["pull_request_url"] = pull,
            ["author_association"] = Association(issue.Repo, review.Author),
            ["commit_id"] = review.CommitSha,
            ["_links"] = Links.Hrefs(("html", web), ("pull_request", pull)),
        };
        // One that waits has no such time.
        if (review.SubmittedAt is { } at)
            json["submitted_at"] = Stamp(at);
        return json;
    }

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
        string self = $"{Api(issue.Repo)}/pulls/comments/{comment.Id}", web = $"{Web(issue)}#discussion_r{comment.Id}", pull = $"{Api(issue.Repo)}/pulls/{issue.Number}";
        var json = new JsonObject
        {
            ["url"] = self,
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
            ["html_url"] = web,
            ["pull_request_url"] = pull,
            ["_links"] = Links.Hrefs(("self", self), ("html", web), ("pull_request", pull)),
            ["author_association"] = Association(issue.Repo, comment.Author),
            ["reactions"] = Reactions(comment.Reactions, self + "/reactions"),
            ["start_line"] = comment.Line is null ? null : comment.StartLine,
            ["original_start_line"] = comment.OriginalStartLine,
            ["start_side"] = comment.OriginalStartLine is null ? null : comment.Side,
            ["position"] = PositionOf(comment, comment.Line),
            ["original_position"] = PositionOf(comment, comment.OriginalLine),
            ["line"] = comment.Line,
            ["original_line"] = comment.OriginalLine,
            ["side"] = comment.Side,
            ["subject_type"] = comment.OriginalLine is null ? "file" : "line",
        };
        if (comment.InReplyTo is { } root)
            json["in_reply_to_id"] = root;
        return json;
    }

    // Lines below the first "@@", which is how GitHub counted before it knew lines; its hunk ends with the line that is meant.
    private static int? PositionOf(ReviewComment comment, int? line) => line is null ? null : comment.DiffHunk.Count(c => c == '\n');

    private JsonObject Side(Repo? repo, string branch, string sha) => new()
    {
        ["label"] = repo is null ? null : $"{repo.Owner.Login}:{branch}",
        ["ref"] = branch,
        ["sha"] = sha,
        ["user"] = repo is null ? null : Account(repo.Owner),
        ["repo"] = repo is null ? null : Repository(repo),
    };
}
