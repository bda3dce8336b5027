using System.Globalization;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <content>Merge requests and code.</content>
internal sealed partial class GitLabShapes
{
    public async Task<JsonObject> MergeRequestAsync(Issue issue)
    {
        var pull = issue.Pull!;
        var (detailed, hasConflicts) = await MergeStatusAsync(issue);
        var json = Common(issue);
        json["merged_by"] = pull.MergedBy is { } merger ? User(merger) : null;
        json["merge_user"] = pull.MergedBy is { } user ? User(user) : null;
        json["merged_at"] = Stamp(pull.MergedAt);
        json["closed_by"] = !pull.IsMerged && issue.ClosedBy is { } closer ? User(closer) : null;
        json["closed_at"] = pull.IsMerged ? null : Stamp(issue.ClosedAt);
        json["target_branch"] = pull.BaseBranch;
        json["source_branch"] = pull.HeadBranch;
        json["assignee"] = issue.Assignees.Count > 0 ? User(issue.Assignees[0]) : null;
        json["reviewers"] = new JsonArray([.. pull.Reviewers.Select(r => User(r.Account))]);
        json["source_project_id"] = pull.HeadRepo?.Id;
        json["target_project_id"] = issue.Repo.Id;
        json["draft"] = pull.IsDraft;
        json["work_in_progress"] = pull.IsDraft;
        json["imported"] = false;
        json["merge_when_pipeline_succeeds"] = false;
        json["merge_status"] = hasConflicts ? "cannot_be_merged" : "can_be_merged";
        json["detailed_merge_status"] = detailed;
        json["sha"] = pull.HeadSha;
        json["merge_commit_sha"] = pull.MergeCommitSha;
        json["squash_commit_sha"] = null;
        json["discussion_locked"] = null;
        json["should_remove_source_branch"] = null;
        json["force_remove_source_branch"] = pull.RemovesSourceBranch;
        json["prepared_at"] = Stamp(issue.CreatedAt);
        json["reference"] = $"!{issue.Iid}";
        json["squash"] = false;
        json["has_conflicts"] = hasConflicts;
        json["blocking_discussions_resolved"] = Discussions(issue).All(d => !d[0].IsResolvable || d[0].IsResolved);
        json["approvals_before_merge"] = null;
        return json;
    }

    /// <summary>One merge request as asked for alone: with its pipeline and the commits of its diff.</summary>
    public async Task<JsonObject> MergeRequestInFullAsync(Issue issue)
    {
        var (repo, pull) = (issue.Repo, issue.Pull!);
        var json = await MergeRequestAsync(issue);
        var head = Pipelines.HeadOf(issue);
        json["subscribed"] = false;
        json["changes_count"] = (await repo.Git.DiffAsync(pull.BaseSha, pull.HeadSha)).Count.ToString(CultureInfo.InvariantCulture);
        json["latest_build_started_at"] = head is null ? null : Stamp(head.StartedAt);
        json["latest_build_finished_at"] = null;
        json["first_deployed_to_production_at"] = null;
        json["pipeline"] = head is null ? null : Pipeline(head, repo);
        json["head_pipeline"] = head is null ? null : PipelineInFull(head, repo);
        json["diff_refs"] = pull.Versions is [.., var version]
            ? new JsonObject { ["base_sha"] = version.BaseSha, ["head_sha"] = version.HeadSha, ["start_sha"] = version.StartSha }
            : null;
        json["merge_error"] = null;
        json["first_contribution"] = false;
        json["user"] = new JsonObject { ["can_merge"] = true };
        return json;
    }

    /// <summary>The notes of an issue or merge request by discussion, in the order in which those began.</summary>
    public static IReadOnlyList<IReadOnlyList<Note>> Discussions(Issue issue) =>
        [.. GitLab.Note.AllOf(issue).GroupBy(n => n.RootId).Select(g => (IReadOnlyList<Note>)[.. g])];

    public JsonObject Reviewer(Reviewer reviewer) => new()
    {
        ["user"] = User(reviewer.Account),
        ["state"] = reviewer.State,
        ["created_at"] = Stamp(reviewer.CreatedAt),
    };

    public JsonObject Approvals(Issue issue, Account? viewer)
    {
        var pull = issue.Pull!;
        var mine = pull.Approvals.Exists(a => a.By == viewer);
        return new JsonObject
        {
            ["id"] = pull.Id,
            ["iid"] = issue.Iid,
            ["project_id"] = issue.Repo.Id,
            ["title"] = TitleOf(issue),
            ["description"] = issue.Body,
            ["state"] = StateOf(issue),
            ["created_at"] = Stamp(issue.CreatedAt),
            ["updated_at"] = Stamp(issue.UpdatedAt),
            ["merge_status"] = "can_be_merged",
            ["approved"] = pull.Approvals.Count > 0,
            ["approvals_required"] = 0,
            ["approvals_left"] = 0,
            ["require_password_to_approve"] = false,
            ["approved_by"] = new JsonArray([.. pull.Approvals.Select(a => new JsonObject { ["user"] = User(a.By), ["approved_at"] = Stamp(a.At) })]),
            ["suggested_approvers"] = new JsonArray(),
            ["approvers"] = new JsonArray(),
            ["approver_groups"] = new JsonArray(),
            ["user_has_approved"] = mine,
            ["user_can_approve"] = viewer is not null && viewer != issue.Author && !mine && issue.Repo.LevelOf(viewer) >= GitLabCall.Developer,
            ["approval_rules_left"] = new JsonArray(),
            ["has_approval_rules"] = false,
            ["merge_request_approvers_available"] = false,
            ["multiple_approval_rules_available"] = false,
        };
    }

    public static JsonObject Version(DiffVersion version, Issue issue, int files) => new()
    {
        ["id"] = version.Id,
        ["head_commit_sha"] = version.HeadSha,
        ["base_commit_sha"] = version.BaseSha,
        ["start_commit_sha"] = version.StartSha,
        ["created_at"] = Stamp(version.CreatedAt),
        ["merge_request_id"] = issue.Pull!.Id,
        ["state"] = "collected",
        ["real_size"] = files.ToString(CultureInfo.InvariantCulture),
    };

    public static JsonObject Diff(DiffFile file) => new()
    {
        ["old_path"] = file.PreviousPath ?? file.Path,
        ["new_path"] = file.Path,
        ["a_mode"] = file.Status == "added" ? "0" : "100644",
        ["b_mode"] = file.Status == "removed" ? "0" : "100644",
        ["diff"] = file.Patch.Length == 0 ? "" : file.Patch + "\n",
        ["collapsed"] = false,
        ["too_large"] = false,
        ["new_file"] = file.Status == "added",
        ["renamed_file"] = file.Status == "renamed",
        ["deleted_file"] = file.Status == "removed",
        ["generated_file"] = false,
    };

    public JsonObject Commit(CommitInfo commit, Repo repo) => new()
    {
        ["id"] = commit.Sha,
        ["short_id"] = commit.Sha[..8],
        ["created_at"] = CommitStamp(commit),
        ["parent_ids"] = new JsonArray([.. commit.Parents.Select(p => (JsonNode)p)]),
        ["title"] = commit.Subject,
        ["message"] = commit.Message + "\n",
        ["author_name"] = commit.AuthorName,
        ["author_email"] = commit.AuthorEmail,
        ["authored_date"] = CommitStamp(commit),
        ["committer_name"] = commit.AuthorName,
        ["committer_email"] = commit.AuthorEmail,
        ["committed_date"] = CommitStamp(commit),
        ["trailers"] = new JsonObject(),
        ["extended_trailers"] = new JsonObject(),
        ["web_url"] = $"{Web(repo)}/-/commit/{commit.Sha}",
    };

    public async Task<JsonObject> BranchAsync(Repo repo, string name, string sha, Account? viewer)
    {
        var isProtected = repo.ProtectedBranches.Contains(name);
        return new JsonObject
        {
            ["name"] = name,
            ["commit"] = Commit(await repo.CommitAsync(sha), repo),
            ["merged"] = name != repo.DefaultBranch && await repo.Git.BranchHeadAsync(repo.DefaultBranch) is { } tip && await repo.Git.IsAncestorAsync(sha, tip),
            ["protected"] = isProtected,
            ["developers_can_push"] = false,
            ["developers_can_merge"] = false,
            ["can_push"] = repo.LevelOf(viewer) >= (isProtected ? GitLabCall.Maintainer : GitLabCall.Developer),
            ["default"] = name == repo.DefaultBranch,
            ["web_url"] = $"{Web(repo)}/-/tree/{name}",
        };
    }

    private static string CommitStamp(CommitInfo commit) => commit.AuthoredAt.ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture);

    // In the order in which GitLab looks: the first that holds a merge up is the one it names.
    private static async Task<(string Detailed, bool HasConflicts)> MergeStatusAsync(Issue issue)
    {
        var (git, pull) = (issue.Repo.Git, issue.Pull!);
        if (!issue.IsOpen)
            return ("not_open", false);
        var tip = await git.BranchHeadAsync(pull.BaseBranch);
        var hasConflicts = tip is null || await git.MergeTreeAsync(tip, pull.HeadSha) is null;
        var detailed = pull.IsDraft ? "draft_status"
            : pull.Reviewers.Exists(r => r.State == "requested_changes") ? "requested_changes"
            : await git.IsAncestorAsync(pull.HeadSha, pull.BaseSha) ? "commits_status"
            : hasConflicts ? "conflict"
            // As where only what holds all of the target branch may be merged.
            : issue.Repo.StrictBranches.Contains(pull.BaseBranch) && !await git.IsAncestorAsync(tip!, pull.HeadSha) ? "need_rebase" : "mergeable";
        return (detailed, hasConflicts);
    }
}
