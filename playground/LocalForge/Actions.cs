using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Ci;
using CodingAgent.Playground.LocalForge.Hooks;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge;

/// <summary>What can happen on the forge: each changes the world and tells the webhooks. Callers hold the gate and have checked access.</summary>
internal sealed partial class Actions(World world, Shapes shapes, Webhooks hooks, CiQueue ci)
{
    public static readonly IReadOnlyList<string> ReactionContents = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

    public Issue OpenIssue(Repo repo, Account author, string title, string body, IEnumerable<string> labels)
    {
        var issue = new Issue(world.NextId(), repo, repo.Issues.Count + 1, author, world.Now) { Title = title, Body = body };
        repo.Issues.Add(issue);
        issue.Labels.AddRange(labels.Select(l => LabelOf(repo, l)));
        TellIssue(issue, author, "opened");
        foreach (var label in issue.Labels)
        {
            Record(issue, author, "labeled", label);
            TellIssue(issue, author, "labeled", ("label", shapes.Label(label, repo)));
        }

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
    }

    public Comment AddComment(Issue issue, Account author, string body)
    {
        var comment = new Comment(world.NextId(), author, body, world.Now);
        issue.Comments.Add(comment);
        Touch(issue);
        TellComment(issue, comment, author, "created");
        return comment;
    }

    public void EditComment(Issue issue, Comment comment, Account by, string body)
    {
        var old = comment.Body;
        comment.Body = body;
        comment.UpdatedAt = world.Now;
        comment.Edit = new TextEdit(by, world.Now);
        TellComment(issue, comment, by, "edited", ("changes", new JsonObject { ["body"] = new JsonObject { ["from"] = old } }));
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

    public CommitStatus SetStatus(Repo repo, Account by, string sha, string state, string context, string? description, string? targetUrl)
    {
        var status = new CommitStatus(world.NextId(), sha, state, context, description, targetUrl, by, world.Now);
        repo.Statuses.Add(status);
        Tell("status", null, repo, by,
            ("id", status.Id), ("sha", sha), ("name", repo.FullName), ("context", context), ("description", description), ("state", state),
            ("target_url", targetUrl), ("branches", new JsonArray()), ("commit", new JsonObject { ["sha"] = sha }),
            ("created_at", Shapes.Stamp(status.CreatedAt)), ("updated_at", Shapes.Stamp(status.CreatedAt)));
        return status;
    }

    public CheckSuite OpenSuite(Repo repo, Account app, string sha, string? branch)
    {
        var suite = new CheckSuite(world.NextId(), app, sha, branch, world.Now);
        repo.Suites.Add(suite);
        return suite;
    }

    public CheckRun OpenCheck(Repo repo, CheckSuite suite, string name, WorkflowRun? of = null)
    {
        var run = new CheckRun(world.NextId(), suite, name) { Run = of, Attempt = of?.Attempt ?? 1 };
        repo.Checks.Add(run);
        return run;
    }

    public WorkflowRun OpenRun(Repo repo, CheckSuite suite, string name, string path, string @event, string filterBranch)
    {
        if (!repo.WorkflowIds.TryGetValue(path, out var id))
            repo.WorkflowIds[path] = id = world.NextId();
        var run = new WorkflowRun(world.NextId(), id, name, path, @event, suite, world.Now) { FilterBranch = filterBranch };
        repo.Runs.Add(run);
        TellRun(repo, run, "requested");
        return run;
    }

    public void TellRun(Repo repo, WorkflowRun run, string action) =>
        Tell("workflow_run", action, repo, run.Suite.App, ("workflow_run", shapes.WorkflowRun(run, repo)));

    /// <summary>The jobs of a run's newest try, or of the tries before where it did not repeat them.</summary>
    public static IReadOnlyList<CheckRun> JobsOf(Repo repo, WorkflowRun run) =>
        [.. repo.Checks.Where(c => c.Run == run).GroupBy(c => c.Name).SelectMany(g => g.Where(c => c.Attempt == g.Max(x => x.Attempt)))];

    /// <summary>Does jobs of a run once more: those that did not pass, or all.</summary>
    public void RunAgain(Repo repo, WorkflowRun run, bool all)
    {
        if (run.Status != "completed")
            throw new ApiProblem(403, "This workflow is already running");
        var jobs = JobsOf(repo, run).Where(j => all || j.Conclusion != "success").Select(j => j.Name).ToList();
        if (jobs.Count == 0)
            throw new ApiProblem(403, "This workflow run has no failed jobs to re-run");
        run.Attempt++;
        (run.Status, run.Conclusion, run.IsCancelled, run.StartedAt) = ("queued", null, false, world.Now);
        foreach (var name in jobs)
            TellCheck(repo, OpenCheck(repo, run.Suite, name, run), "created");
        RefreshSuite(repo, run.Suite);
        TellRun(repo, run, "requested");
        ci.Add(new CiJobSource(repo, run.Suite.HeadSha, run.Suite.HeadBranch ?? "", run.Event, run.FilterBranch) { OnlyPath = run.Path, Again = run });
    }

    /// <summary>Starts one workflow on a branch.</summary>
    public void Dispatch(Repo repo, string sha, string branch, string path) =>
        ci.Add(new CiJobSource(repo, sha, branch, "workflow_dispatch", branch) { OnlyPath = path });

    public void Rerequested(Repo repo, CheckSuite suite, Account by) => Tell("check_suite", "rerequested", repo, by, ("check_suite", shapes.CheckSuite(suite, repo)));

    public void TellCheck(Repo repo, CheckRun run, string action) =>
        Tell("check_run", action, repo, run.Suite.App, ("check_run", shapes.CheckRun(run, repo)));

    /// <summary>Recomputes a suite from its runs and tells when it has just completed.</summary>
    public void RefreshSuite(Repo repo, CheckSuite suite)
    {
        var runs = repo.Checks.Where(c => c.Suite == suite).GroupBy(c => c.Name).SelectMany(g => g.Where(c => c.Attempt == g.Max(x => x.Attempt))).ToList();
        var was = suite.Status;
        suite.UpdatedAt = world.Now;
        suite.Status = runs.TrueForAll(r => r.Status == "completed") ? "completed"
            : runs.TrueForAll(r => r.Status == "queued") ? "queued" : "in_progress";
        suite.Conclusion = suite.Status != "completed" ? null
            : runs.TrueForAll(r => r.Conclusion is "success" or "neutral" or "skipped") ? "success" : "failure";
        if (suite.Status == "completed" && was != "completed")
            Tell("check_suite", "completed", repo, suite.App, ("check_suite", shapes.CheckSuite(suite, repo)));
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
