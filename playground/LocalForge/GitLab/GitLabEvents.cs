using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Hooks;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>
/// What GitLab writes down and tells its hooks of when something happens, by whichever door. It remembers how each issue and merge request
/// looked when it was last told of, so that one call that changes five things is one event with five changes, as GitLab sends it. Callers hold
/// the gate.
/// </summary>
internal sealed class GitLabEvents(World world, GitLabShapes shapes, Webhooks hooks)
{
    private readonly Dictionary<Issue, Look> _told = [];
    private List<(Issue Issue, Account By)>? _held;

    /// <summary>Does several things to issues as one change of each.</summary>
    public async Task<T> TogetherAsync<T>(Func<Task<T>> change)
    {
        var held = _held = [];
        try
        {
            return await change();
        }
        finally
        {
            _held = null;
            foreach (var (issue, by) in held.DistinctBy(h => h.Issue))
                Changed(issue, by);
        }
    }

    /// <summary>Looks whether an issue or merge request is other than it was, and tells of it.</summary>
    public void Changed(Issue issue, Account by)
    {
        if (_held is { } held)
        {
            held.Add((issue, by));
            return;
        }

        var now = Look.At(issue);
        var was = _told.GetValueOrDefault(issue);
        _told[issue] = now;
        if (was is null)
        {
            Tell(issue, by, "open", issue.Pull is null ? Opening(issue) : OpeningOfMergeRequest());
            return;
        }

        var changes = Changes(was, now, issue.Repo);
        if (changes.Count == 0)
            return;
        WriteDown(issue, by, was, now);
        changes["updated_at"] = Change(GitLabShapes.HookStamp(was.UpdatedAt), GitLabShapes.HookStamp(now.UpdatedAt));
        Tell(issue, by, now.State == was.State ? "update" : now.State switch { "merged" => "merge", "closed" => "close", _ => "reopen" }, changes);
    }

    /// <summary>The branch of a merge request moved.</summary>
    public void HeadMoved(Issue issue, Account by, RefChange change, IReadOnlyList<CommitInfo> commits)
    {
        var list = string.Concat(commits.Reverse().Select(c => $"<li>{c.Sha[..8]} - {c.Subject}</li>"));
        Write(issue, by, $"added {commits.Count} {(commits.Count == 1 ? "commit" : "commits")}\n\n<ul>{list}</ul>\n\n[Compare with previous version]({shapes.Web(issue)}/diffs)");
        var was = _told.GetValueOrDefault(issue);
        _told[issue] = Look.At(issue);
        var changes = was is null ? [] : new JsonObject { ["updated_at"] = Change(GitLabShapes.HookStamp(was.UpdatedAt), GitLabShapes.HookStamp(issue.UpdatedAt)) };
        Tell(issue, by, "update", changes, change.Before);
    }

    /// <summary>Somebody approved, took that back, or asked for changes: for the first two there is an event, the third has none.</summary>
    public void Reviewed(Issue issue, Account by, string state)
    {
        Write(issue, by, state switch { "approved" => "approved this merge request", "unapproved" => "unapproved this merge request", _ => "requested changes" });
        // That a reviewer's state is another is told with the next event, not by one of its own.
        if (_told.TryGetValue(issue, out var was))
            _told[issue] = was with { Reviewers = Look.At(issue).Reviewers };
        if (state is "approved" or "unapproved")
            Tell(issue, by, state, []);
    }

    public void AllResolved(Issue issue, Account by) => Write(issue, by, "resolved all threads");

    /// <summary>Tells of a note that a person wrote or changed.</summary>
    public void NoteChanged(Note note, Account by, string action)
    {
        var isConfidential = note.IsInternal || note.On.IsConfidential;
        hooks.EmitGitLab(
            note.On.Repo, isConfidential ? "confidential_note_hooks" : "note_hooks", isConfidential ? "Confidential Note Hook" : "Note Hook", action,
            shapes.NoteEvent(note, by, action, isConfidential));
    }

    public void Awarded(Issue issue, Note? on, ReactionMark mark, bool isNew)
    {
        if (!issue.IsConfidential && on is not { IsInternal: true })
            hooks.EmitGitLab(issue.Repo, "emoji_hooks", "Emoji Hook", isNew ? "award" : "revoke", shapes.EmojiEvent(issue, on, mark, isNew));
    }

    public void Pushed(Repo repo, Account by, RefChange change, IReadOnlyList<CommitInfo> commits) =>
        hooks.EmitGitLab(repo, "push_hooks", "Push Hook", null, shapes.PushEvent(repo, by, change, commits));

    public void PipelineChanged(Repo repo, WorkflowRun run) =>
        hooks.EmitGitLab(repo, "pipeline_hooks", "Pipeline Hook", Pipelines.StatusOf(run, repo), shapes.PipelineEvent(run, repo));

    public void JobChanged(Repo repo, CheckRun job)
    {
        if (job.Run is { YamlErrors: null })
            hooks.EmitGitLab(repo, "job_hooks", "Job Hook", Pipelines.StatusOf(job), shapes.JobEvent(job, repo));
    }

    private static JsonObject Change(JsonNode? previous, JsonNode? current) => new() { ["previous"] = previous, ["current"] = current };

    private static JsonObject Opening(Issue issue) => new()
    {
        ["author_id"] = Change(null, issue.Author.Id),
        ["created_at"] = Change(null, GitLabShapes.HookStamp(issue.CreatedAt)),
        ["description"] = Change(null, issue.Body),
        ["id"] = Change(null, issue.Id),
        ["iid"] = Change(null, issue.Iid),
        ["project_id"] = Change(null, issue.Repo.Id),
        ["title"] = Change(null, issue.Title),
        ["updated_at"] = Change(null, GitLabShapes.HookStamp(issue.UpdatedAt)),
    };

    private static JsonObject OpeningOfMergeRequest() => new() { ["merge_status"] = Change("preparing", "unchecked") };

    private JsonObject Changes(Look was, Look now, Repo repo)
    {
        var changes = new JsonObject();
        if (was.Title != now.Title)
            changes["title"] = Change(was.Title, now.Title);
        if (was.IsDraft != now.IsDraft)
            changes["draft"] = Change(was.IsDraft, now.IsDraft);
        if (was.Body != now.Body)
            changes["description"] = Change(was.Body, now.Body);
        if (was.Target != now.Target)
            changes["target_branch"] = Change(was.Target, now.Target);
        if (was.IsConfidential != now.IsConfidential)
            changes["confidential"] = Change(was.IsConfidential, now.IsConfidential);
        if (was.State != now.State)
            changes["state_id"] = Change(GitLabShapes.StateIdOf(was.State), GitLabShapes.StateIdOf(now.State));
        if (!was.Labels.SequenceEqual(now.Labels))
            changes["labels"] = Change(shapes.HookLabels(was.Labels, repo), shapes.HookLabels(now.Labels, repo));
        if (!was.Assignees.SequenceEqual(now.Assignees))
            changes["assignees"] = Change(shapes.HookUsers(was.Assignees), shapes.HookUsers(now.Assignees));
        if (!was.Reviewers.SequenceEqual(now.Reviewers))
            changes["reviewers"] = Change(shapes.HookReviewers(was.Reviewers), shapes.HookReviewers(now.Reviewers));
        return changes;
    }

    // Labels, states and merges have events of their own, and so no notes.
    private void WriteDown(Issue issue, Account by, Look was, Look now)
    {
        if (was.IsDraft != now.IsDraft)
            Write(issue, by, $"marked this merge request as **{(now.IsDraft ? "draft" : "ready")}**");
        if (was.PlainTitle != now.PlainTitle)
            Write(issue, by, $"changed title from **{{-{was.Title}-}}** to **{{+{now.Title}+}}**");
        if (was.Body != now.Body)
            Write(issue, by, "changed the description");
        if (was.Target != now.Target)
            Write(issue, by, $"changed target branch from `{was.Target}` to `{now.Target}`");
        if (was.IsConfidential != now.IsConfidential)
            Write(issue, by, now.IsConfidential ? "made the issue confidential" : "made the issue visible to everyone");
        foreach (var account in now.Assignees.Except(was.Assignees))
            Write(issue, by, $"assigned to @{account.Login}");
        foreach (var account in was.Assignees.Except(now.Assignees))
            Write(issue, by, $"unassigned @{account.Login}");
        var (before, after) = (was.Reviewers.Select(r => r.Account).ToList(), now.Reviewers.Select(r => r.Account).ToList());
        foreach (var account in after.Except(before))
            Write(issue, by, $"requested review from @{account.Login}");
        foreach (var account in before.Except(after))
            Write(issue, by, $"removed review request for @{account.Login}");
    }

    private void Write(Issue issue, Account by, string body) =>
        issue.SystemNotes.Add(new Comment(world.NextId(), by, body, world.Now) { IsSystem = true });

    private void Tell(Issue issue, Account by, string action, JsonObject changes, string? oldRevision = null)
    {
        if (issue.Pull is not null)
            hooks.EmitGitLab(issue.Repo, "merge_request_hooks", "Merge Request Hook", action, shapes.MergeRequestEvent(issue, by, action, changes, oldRevision));
        else if (issue.IsConfidential)
            hooks.EmitGitLab(issue.Repo, "confidential_issue_hooks", "Confidential Issue Hook", action, shapes.IssueEvent(issue, by, action, changes));
        else
            hooks.EmitGitLab(issue.Repo, "issue_hooks", "Issue Hook", action, shapes.IssueEvent(issue, by, action, changes));
    }

    // What of an issue or merge request an event can say that it changed.
    private sealed record Look(
        string Title, string PlainTitle, string Body, bool IsDraft, string State, string? Target, bool IsConfidential, DateTimeOffset UpdatedAt,
        IReadOnlyList<Label> Labels, IReadOnlyList<Account> Assignees, IReadOnlyList<(Account Account, string State)> Reviewers)
    {
        public static Look At(Issue issue) => new(
            GitLabShapes.TitleOf(issue), issue.Title, issue.Body, issue.Pull is { IsDraft: true }, GitLabShapes.StateOf(issue), issue.Pull?.BaseBranch,
            issue.IsConfidential, issue.UpdatedAt, [.. issue.Labels], [.. issue.Assignees], [.. issue.Pull?.Reviewers.Select(r => (r.Account, r.State)) ?? []]);
    }
}
