using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Ci;
using CodingAgent.Playground.LocalForge.GitLab;
using CodingAgent.Playground.LocalForge.Hooks;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge;

/// <summary>What can happen on the forge: each changes the world and tells the webhooks. Callers hold the gate and have checked access.</summary>
internal sealed partial class Actions(World world, Shapes shapes, Webhooks hooks, CiQueue ci, GitLabEvents gitLab)
{
    public static readonly IReadOnlyList<string> ReactionContents = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

    public Issue OpenIssue(
        Repo repo, Account author, string title, string body, IEnumerable<string> labels, IEnumerable<Account>? assignees = null, bool isConfidential = false)
    {
        var issue = new Issue(world.NextId(), repo, repo.Issues.Count + 1, author, world.Now)
        {
            Iid = repo.Issues.Count(i => i.Pull is null) + 1,
            Title = title,
            Body = body,
            IsConfidential = isConfidential,
        };
        issue.Assignees.AddRange(assignees ?? []);
        repo.Issues.Add(issue);
        issue.Labels.AddRange(labels.Select(l => LabelOf(repo, l)));
        TellIssue(issue, author, "opened");
        foreach (var label in issue.Labels)
        {
            Record(issue, author, "labeled", label);
            TellIssue(issue, author, "labeled", ("label", shapes.Label(label, repo)));
        }

        foreach (var assignee in issue.Assignees)
            TellAssignment(issue, author, assignee, isOn: true);
        gitLab.Changed(issue, author);
        return issue;
    }

    public void EditIssue(Issue issue, Account by, string? title, string? body)
    {
        if ((title is null || title == issue.Title) && (body is null || body == issue.Body))
            return;
        var changes = new JsonObject();
        if (title is not null && title != issue.Title)
            changes["title"] = new JsonObject { ["from"] = issue.Title };
        if (body is not null && body != issue.Body)
            changes["body"] = new JsonObject { ["from"] = issue.Body };
        if (changes.ContainsKey("title"))
            Record(issue, by, "renamed");
        if (changes.ContainsKey("body"))
            issue.Edit = new TextEdit(by, world.Now);
        issue.Title = title ?? issue.Title;
        issue.Body = body ?? issue.Body;
        Touch(issue);
        TellIssue(issue, by, "edited", ("changes", changes));
        gitLab.Changed(issue, by);
    }

    public void Assign(Issue issue, Account by, IReadOnlyList<Account> assignees)
    {
        if (issue.Assignees.SequenceEqual(assignees))
            return;
        var before = issue.Assignees.ToList();
        issue.Assignees.Clear();
        issue.Assignees.AddRange(assignees);
        Touch(issue);
        foreach (var gone in before.Except(assignees))
            TellAssignment(issue, by, gone, isOn: false);
        foreach (var added in assignees.Except(before))
            TellAssignment(issue, by, added, isOn: true);
        gitLab.Changed(issue, by);
    }

    private void TellAssignment(Issue issue, Account by, Account assignee, bool isOn)
    {
        var name = isOn ? "assigned" : "unassigned";
        issue.Events.Add(new IssueEvent(world.NextId(), name, by, null, world.Now) { Assignee = assignee });
        TellIssue(issue, by, name, ("assignee", shapes.Account(assignee)));
    }

    public void SetConfidential(Issue issue, Account by, bool isConfidential)
    {
        if (issue.IsConfidential == isConfidential)
            return;
        issue.IsConfidential = isConfidential;
        Touch(issue);
        gitLab.Changed(issue, by);
    }

    public void SetOpen(Issue issue, Account by, bool open)
    {
        if (issue.IsOpen == open)
            return;
        if (open && issue.Pull is { IsMerged: true })
            throw ApiProblem.Invalid("PullRequest", "state cannot be changed. The pull request was merged.", "state");
        issue.IsOpen = open;
        Touch(issue);
        issue.ClosedAt = open ? null : issue.UpdatedAt;
        issue.ClosedBy = open ? null : by;
        Record(issue, by, open ? "reopened" : "closed");
        TellIssue(issue, by, open ? "reopened" : "closed");
        gitLab.Changed(issue, by);
    }

    public Comment AddComment(Issue issue, Account author, string body, bool isInternal = false, bool isThread = false, Comment? root = null)
    {
        var comment = new Comment(world.NextId(), author, body, world.Now) { IsInternal = isInternal, IsThread = isThread, Root = root };
        issue.Comments.Add(comment);
        Touch(issue);
        TellComment(issue, comment, author, "created");
        gitLab.NoteChanged(Note.Of(issue, comment), author, "create");
        return comment;
    }

    public void EditComment(Issue issue, Comment comment, Account by, string body)
    {
        var old = comment.Body;
        comment.Body = body;
        comment.UpdatedAt = world.Now;
        comment.Edit = new TextEdit(by, world.Now);
        TellComment(issue, comment, by, "edited", ("changes", new JsonObject { ["body"] = new JsonObject { ["from"] = old } }));
        gitLab.NoteChanged(Note.Of(issue, comment), by, "update");
    }

    public void DeleteComment(Issue issue, Comment comment, Account by)
    {
        issue.Comments.Remove(comment);
        TellComment(issue, comment, by, "deleted");
    }

    /// <summary>The label of this name, made when the repository has none.</summary>
    public Label LabelOf(Repo repo, string name)
    {
        if (!repo.Labels.TryGetValue(name, out var label))
            repo.Labels[name] = label = new Label(world.NextId(), name, "ededed", "");
        return label;
    }

    public void AddLabels(Issue issue, Account by, IEnumerable<string> names)
    {
        foreach (var label in names.Select(n => LabelOf(issue.Repo, n)).Except(issue.Labels).ToList())
        {
            issue.Labels.Add(label);
            Touch(issue);
            Record(issue, by, "labeled", label);
            TellIssue(issue, by, "labeled", ("label", shapes.Label(label, issue.Repo)));
        }

        gitLab.Changed(issue, by);
    }

    public bool RemoveLabel(Issue issue, Account by, string name)
    {
        var label = issue.Labels.Find(l => l.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (label is null)
            return false;
        issue.Labels.Remove(label);
        Touch(issue);
        Record(issue, by, "unlabeled", label);
        TellIssue(issue, by, "unlabeled", ("label", shapes.Label(label, issue.Repo)));
        gitLab.Changed(issue, by);
        return true;
    }

    /// <summary>Adds a reaction; the one that is there already stays.</summary>
    public (ReactionMark Mark, bool IsNew) React(List<ReactionMark> marks, Account by, string content)
    {
        if (!ReactionContents.Contains(content))
            throw ApiProblem.Invalid("Reaction", $"{content} is not a reaction.", "content");
        var mark = marks.Find(m => m.Author == by && m.Content == content);
        if (mark is not null)
            return (mark, false);
        mark = new ReactionMark(world.NextId(), by, content, world.Now);
        marks.Add(mark);
        return (mark, true);
    }

    /// <summary>Adds any emoji, which is GitLab's way; null when the account gave it before.</summary>
    public ReactionMark? Award(Issue issue, Note? on, Account by, string content)
    {
        var marks = on?.Awards ?? issue.Reactions;
        if (marks.Exists(m => m.Author == by && m.Content == content))
            return null;
        var mark = new ReactionMark(world.NextId(), by, content, world.Now);
        marks.Add(mark);
        gitLab.Awarded(issue, on, mark, isNew: true);
        return mark;
    }

    public void Unaward(Issue issue, Note? on, ReactionMark mark)
    {
        (on?.Awards ?? issue.Reactions).Remove(mark);
        gitLab.Awarded(issue, on, mark, isNew: false);
    }

    private void Touch(Issue issue) => issue.UpdatedAt = world.Now;

    private void Record(Issue issue, Account by, string name, Label? label = null) => issue.Events.Add(new IssueEvent(world.NextId(), name, by, label, world.Now));

    private void TellIssue(Issue issue, Account by, string action, params (string Key, JsonNode? Value)[] more)
    {
        if (issue.Pull is null)
            Tell("issues", action, issue.Repo, by, [("issue", shapes.Issue(issue)), .. more]);
        else
            Tell("pull_request", action, issue.Repo, by, [("number", issue.Number), ("pull_request", shapes.Pull(issue)), .. more]);
    }

    private void TellComment(Issue issue, Comment comment, Account by, string action, params (string Key, JsonNode? Value)[] more) =>
        Tell("issue_comment", action, issue.Repo, by, [("issue", shapes.Issue(issue)), ("comment", shapes.Comment(comment, issue)), .. more]);

    private void Tell(string name, string? action, Repo repo, Account by, params (string Key, JsonNode? Value)[] more)
    {
        var payload = new JsonObject();
        if (action is not null)
            payload["action"] = action;
        foreach (var (key, value) in more)
            payload[key] = value;
        payload["repository"] = shapes.Repository(repo);
        payload["sender"] = shapes.Account(by);
        if (world.Apps.InstallationOf(repo) is { } installation)
            payload["installation"] = new JsonObject { ["id"] = installation.Id };
        hooks.Emit(name, payload);
    }
}
