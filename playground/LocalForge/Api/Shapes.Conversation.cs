using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <content>Issues, comments, labels and reactions.</content>
internal sealed partial class Shapes
{
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
            ["events_url"] = $"{Api(issue.Repo)}/issues/{issue.Number}/events",
            ["labels_url"] = $"{Api(issue.Repo)}/issues/{issue.Number}/labels{{/name}}",
            ["html_url"] = Web(issue),
            ["id"] = issue.Id,
            ["node_id"] = $"I_{issue.Id}",
            ["number"] = issue.Number,
            ["title"] = issue.Title,
            ["user"] = Account(issue.Author),
            ["labels"] = new JsonArray([.. issue.Labels.Select(l => Label(l, issue.Repo))]),
            ["state"] = issue.IsOpen ? "open" : "closed",
            ["locked"] = false,
            ["assignee"] = issue.Assignees is [var first, ..] ? Account(first) : null,
            ["assignees"] = new JsonArray([.. issue.Assignees.Select(a => Account(a))]),
            ["milestone"] = null,
            ["comments"] = issue.Comments.Count,
            ["created_at"] = Stamp(issue.CreatedAt),
            ["updated_at"] = Stamp(issue.UpdatedAt),
            ["closed_at"] = StampOrNull(issue.ClosedAt),
            ["closed_by"] = issue.ClosedBy is { } by ? Account(by) : null,
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

    public JsonObject IssueEvent(IssueEvent e, Issue issue)
    {
        var json = new JsonObject
        {
            ["id"] = e.Id,
            ["node_id"] = $"EV_{e.Id}",
            ["url"] = $"{Api(issue.Repo)}/issues/events/{e.Id}",
            // Of an assignment GitHub names the assigned one here.
            ["actor"] = Account(e.Assignee ?? e.Actor),
            ["event"] = e.Name,
            ["commit_id"] = e.Name == "merged" ? issue.Pull?.MergeCommitSha : null,
            ["commit_url"] = null,
            ["created_at"] = Stamp(e.CreatedAt),
            ["performed_via_github_app"] = null,
        };
        if (e.Label is { } label)
            json["label"] = new JsonObject { ["name"] = label.Name, ["color"] = label.Color };
        if (e.Assignee is { } assignee)
        {
            json["assignee"] = Account(assignee);
            json["assigner"] = Account(e.Actor);
        }

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

    private static JsonObject Reactions(List<ReactionMark> marks, string url)
    {
        var json = new JsonObject { ["url"] = url, ["total_count"] = marks.Count };
        foreach (var content in Actions.ReactionContents)
            json[content] = marks.Count(m => m.Content == content);
        return json;
    }
}
