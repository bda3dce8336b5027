using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <content>
/// The payloads of hooks. They are not the REST shapes: labels are objects with a <c>title</c>, times are text with a space in it, and whether
/// a merge request can be merged has not been looked at yet when its event is sent.
/// </content>
internal sealed partial class GitLabShapes
{
    /// <summary>As hooks tell time.</summary>
    public static string HookStamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static int StateIdOf(string state) => state switch { "opened" => 1, "closed" => 2, "merged" => 3, _ => 4 };

    public JsonObject HookUser(Account account) => new()
    {
        ["id"] = account.Id,
        ["name"] = account.Login,
        ["username"] = account.Login,
        ["avatar_url"] = "",
        ["email"] = "[REDACTED]",
    };

    public JsonArray HookUsers(IEnumerable<Account> accounts) => [.. accounts.Select(HookUser)];

    public JsonArray HookReviewers(IEnumerable<(Account Account, string State)> reviewers) => [.. reviewers.Select(r =>
    {
        var json = HookUser(r.Account);
        json["state"] = r.State;
        json["re_requested"] = false;
        return json;
    })];

    public JsonArray HookLabels(IEnumerable<Label> labels, Repo repo) => [.. labels.Select(l => new JsonObject
    {
        ["id"] = l.Id,
        ["title"] = l.Name,
        ["color"] = ColourOf(l),
        ["project_id"] = repo.Id,
        ["created_at"] = HookStamp(repo.CreatedAt),
        ["updated_at"] = HookStamp(repo.CreatedAt),
        ["template"] = false,
        ["description"] = l.Description,
        ["type"] = "ProjectLabel",
        ["group_id"] = null,
    })];

    public JsonObject IssueEvent(Issue issue, Account by, string action, JsonObject changes)
    {
        var attributes = IssueAttributes(issue);
        attributes["action"] = action;
        var json = Event("issue", issue.IsConfidential ? "confidential_issue" : "issue", issue.Repo, by);
        json["object_attributes"] = attributes;
        json["labels"] = HookLabels(issue.Labels, issue.Repo);
        json["changes"] = changes;
        json["repository"] = HookRepository(issue.Repo);
        if (issue.Assignees.Count > 0)
            json["assignees"] = HookUsers(issue.Assignees);
        return json;
    }

    public JsonObject MergeRequestEvent(Issue issue, Account by, string action, JsonObject changes, string? oldRevision)
    {
        var attributes = MergeRequestAttributes(issue);
        attributes["approval_rules"] = new JsonArray();
        attributes["action"] = action;
        if (oldRevision is not null)
            attributes["oldrev"] = oldRevision;
        var json = Event("merge_request", "merge_request", issue.Repo, by);
        json["object_attributes"] = attributes;
        json["labels"] = HookLabels(issue.Labels, issue.Repo);
        json["changes"] = changes;
        json["repository"] = HookRepository(issue.Repo);
        if (issue.Assignees.Count > 0)
            json["assignees"] = HookUsers(issue.Assignees);
        if (issue.Pull!.Reviewers.Count > 0)
            json["reviewers"] = HookReviewers(issue.Pull.Reviewers.Select(r => (r.Account, r.State)));
        return json;
    }

    public JsonObject NoteEvent(Note note, Account by, string action, bool isConfidential)
    {
        var json = Event("note", isConfidential ? "confidential_note" : "note", note.On.Repo, by);
        json["project_id"] = note.On.Repo.Id;
        var attributes = NoteAttributes(note);
        attributes["action"] = action;
        json["object_attributes"] = attributes;
        json["repository"] = HookRepository(note.On.Repo);
        json[note.On.Pull is null ? "issue" : "merge_request"] = Attributes(note.On);
        return json;
    }

    public JsonObject EmojiEvent(Issue issue, Note? note, ReactionMark mark, bool isNew)
    {
        var json = Event("emoji", isNew ? "award" : "revoke", issue.Repo, mark.Author);
        json["project_id"] = issue.Repo.Id;
        json["object_attributes"] = new JsonObject
        {
            ["user_id"] = mark.Author.Id,
            ["created_at"] = HookStamp(mark.CreatedAt),
            ["id"] = mark.Id,
            ["name"] = AwardNames.ToGitLab(mark.Content),
            ["awardable_type"] = note is not null ? "Note" : issue.Pull is null ? "Issue" : "MergeRequest",
            ["awardable_id"] = note?.Id ?? IdOf(issue),
            ["updated_at"] = HookStamp(mark.CreatedAt),
            ["action"] = isNew ? "award" : "revoke",
            ["awarded_on_url"] = note is null ? Web(issue) : $"{Web(issue)}#note_{note.Id}",
        };
        if (note is not null)
            json["note"] = NoteAttributes(note);
        json[issue.Pull is null ? "issue" : "merge_request"] = Attributes(issue);
        return json;
    }

    public JsonObject PushEvent(Repo repo, Account by, RefChange change, IReadOnlyList<CommitInfo> commits) => new()
    {
        ["object_kind"] = "push",
        ["event_name"] = "push",
        ["before"] = change.Before,
        ["after"] = change.After,
        ["ref"] = "refs/heads/" + change.Branch,
        ["ref_protected"] = repo.ProtectedBranches.Contains(change.Branch),
        ["checkout_sha"] = change.IsDeleted ? null : change.After,
        ["message"] = null,
        ["user_id"] = by.Id,
        ["user_name"] = by.Login,
        ["user_username"] = by.Login,
        ["user_email"] = "",
        ["user_avatar"] = "",
        ["project_id"] = repo.Id,
        ["project"] = HookProject(repo),
        ["commits"] = new JsonArray([.. commits.Reverse().Select(c => HookCommit(c, repo))]),
        ["total_commits_count"] = commits.Count,
        ["push_options"] = new JsonObject(),
        ["repository"] = HookRepository(repo),
    };

    private JsonObject Event(string kind, string type, Repo repo, Account by) => new()
    {
        ["object_kind"] = kind,
        ["event_type"] = type,
        ["user"] = HookUser(by),
        ["project"] = HookProject(repo),
    };

    private JsonObject HookProject(Repo repo) => new()
    {
        ["id"] = repo.Id,
        ["name"] = repo.Name,
        ["description"] = null,
        ["web_url"] = Web(repo),
        ["avatar_url"] = null,
        ["git_ssh_url"] = SshOf(repo),
        ["git_http_url"] = Web(repo) + ".git",
        ["namespace"] = repo.Owner.Login[(repo.Owner.Login.LastIndexOf('/') + 1)..],
        ["visibility_level"] = repo.IsPrivate ? 0 : 20,
        ["path_with_namespace"] = repo.FullName,
        ["default_branch"] = repo.DefaultBranch,
        ["ci_config_path"] = "",
        ["homepage"] = Web(repo),
        ["url"] = SshOf(repo),
        ["ssh_url"] = SshOf(repo),
        ["http_url"] = Web(repo) + ".git",
    };

    private JsonObject HookRepository(Repo repo) => new()
    {
        ["name"] = repo.Name,
        ["url"] = SshOf(repo),
        ["description"] = null,
        ["homepage"] = Web(repo),
        ["git_http_url"] = Web(repo) + ".git",
        ["git_ssh_url"] = SshOf(repo),
        ["visibility_level"] = repo.IsPrivate ? 0 : 20,
    };

    private JsonObject HookCommitShort(CommitInfo commit, Repo repo) => new()
    {
        ["id"] = commit.Sha,
        ["message"] = commit.Message + "\n",
        ["title"] = commit.Subject,
        ["timestamp"] = commit.AuthoredAt.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture),
        ["url"] = $"{Web(repo)}/-/commit/{commit.Sha}",
        ["author"] = new JsonObject { ["name"] = commit.AuthorName, ["email"] = "[REDACTED]" },
    };

    // Which files it touched is left out: nobody here reads it, and git would have to be asked.
    private JsonObject HookCommit(CommitInfo commit, Repo repo)
    {
        var json = HookCommitShort(commit, repo);
        (json["added"], json["modified"], json["removed"]) = (new JsonArray(), new JsonArray(), new JsonArray());
        return json;
    }

    private JsonObject Attributes(Issue issue) => issue.Pull is null ? IssueAttributes(issue) : MergeRequestAttributes(issue);

    private JsonObject CommonAttributes(Issue issue) => new()
    {
        ["author_id"] = issue.Author.Id,
        ["created_at"] = HookStamp(issue.CreatedAt),
        ["description"] = issue.Body,
        ["id"] = IdOf(issue),
        ["iid"] = issue.Iid,
        ["last_edited_at"] = issue.Edit is { } edit ? HookStamp(edit.At) : null,
        ["last_edited_by_id"] = issue.Edit?.By.Id,
        ["milestone_id"] = null,
        ["state_id"] = StateIdOf(StateOf(issue)),
        ["state"] = StateOf(issue),
        ["time_estimate"] = 0,
        ["title"] = TitleOf(issue),
        ["updated_at"] = HookStamp(issue.UpdatedAt),
        ["updated_by_id"] = null,
        ["assignee_id"] = issue.Assignees.Count > 0 ? issue.Assignees[0].Id : null,
        ["assignee_ids"] = new JsonArray([.. issue.Assignees.Select(a => (JsonNode)a.Id)]),
        ["labels"] = HookLabels(issue.Labels, issue.Repo),
        ["url"] = Web(issue),
        ["total_time_spent"] = 0,
        ["time_change"] = 0,
        ["human_total_time_spent"] = null,
        ["human_time_change"] = null,
        ["human_time_estimate"] = null,
    };

    private JsonObject IssueAttributes(Issue issue)
    {
        var json = CommonAttributes(issue);
        json["closed_at"] = issue.ClosedAt is { } closed ? HookStamp(closed) : null;
        json["confidential"] = issue.IsConfidential;
        json["discussion_locked"] = null;
        json["due_date"] = null;
        json["moved_to_id"] = null;
        json["duplicated_to_id"] = null;
        json["project_id"] = issue.Repo.Id;
        json["relative_position"] = null;
        json["weight"] = null;
        json["health_status"] = null;
        json["type"] = "Issue";
        json["customer_relations_contacts"] = new JsonArray();
        json["severity"] = "unknown";
        return json;
    }

    private JsonObject MergeRequestAttributes(Issue issue)
    {
        var pull = issue.Pull!;
        var head = Pipelines.HeadOf(issue);
        var json = CommonAttributes(issue);
        json["draft"] = pull.IsDraft;
        json["work_in_progress"] = pull.IsDraft;
        json["head_pipeline_id"] = head?.Id;
        json["merge_commit_sha"] = pull.MergeCommitSha;
        json["merge_error"] = null;
        json["merge_params"] = new JsonObject { ["force_remove_source_branch"] = pull.RemovesSourceBranch ? "1" : null };
        json["merge_status"] = pull.IsMerged ? "can_be_merged" : "unchecked";
        json["detailed_merge_status"] = !issue.IsOpen ? "not_open" : pull.IsDraft ? "draft_status" : "unchecked";
        json["merge_user_id"] = pull.MergedBy?.Id;
        json["merge_when_pipeline_succeeds"] = false;
        json["source_branch"] = pull.HeadBranch;
        json["source_project_id"] = pull.HeadRepo?.Id;
        json["target_branch"] = pull.BaseBranch;
        json["target_project_id"] = issue.Repo.Id;
        json["prepared_at"] = HookStamp(issue.CreatedAt);
        json["blocking_discussions_resolved"] = Discussions(issue).All(d => !d[0].IsResolvable || d[0].IsResolved);
        json["first_contribution"] = false;
        json["source"] = pull.HeadRepo is { } source ? HookProject(source) : null;
        json["target"] = HookProject(issue.Repo);
        json["last_commit"] = issue.Repo.Known(pull.HeadSha) is { } commit ? HookCommitShort(commit, issue.Repo) : null;
        json["reviewer_ids"] = new JsonArray([.. pull.Reviewers.Select(r => (JsonNode)r.Account.Id)]);
        return json;
    }

#pragma warning disable CA5350 // GitLab's line codes begin with the SHA-1 of the path.
    private static string LineCode(DiffPlace place) =>
        $"{Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(place.NewPath)))}_{place.OldLine ?? 0}_{place.NewLine ?? 0}";
#pragma warning restore CA5350

    private JsonObject NoteAttributes(Note note) => new()
    {
        ["attachment"] = null,
        ["author_id"] = note.Author.Id,
        ["change_position"] = null,
        ["commit_id"] = null,
        ["created_at"] = HookStamp(note.CreatedAt),
        ["discussion_id"] = note.DiscussionId,
        ["id"] = note.Id,
        ["internal"] = note.IsInternal,
        ["line_code"] = note.Line is { } coded ? LineCode(coded.Place) : null,
        ["note"] = note.Body,
        ["noteable_id"] = IdOf(note.On),
        ["noteable_type"] = note.On.Pull is null ? "Issue" : "MergeRequest",
        ["original_position"] = note.Line is { } line ? Position(line, note.On.Pull!) : null,
        ["position"] = note.Line is { } placed ? Position(placed, note.On.Pull!) : null,
        ["project_id"] = note.On.Repo.Id,
        ["resolved_at"] = note.Resolved is { } resolved ? HookStamp(resolved.At) : null,
        ["resolved_by_id"] = note.Resolved?.By.Id,
        ["resolved_by_push"] = null,
        ["st_diff"] = null,
        ["system"] = note.IsSystem,
        ["type"] = note.Type,
        ["updated_at"] = HookStamp(note.UpdatedAt),
        ["updated_by_id"] = note.Edit?.By.Id,
        ["description"] = note.Body,
        ["url"] = $"{Web(note.On)}#note_{note.Id}",
    };
}
