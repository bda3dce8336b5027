using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <content>The payloads of pipelines and jobs.</content>
internal sealed partial class GitLabShapes
{
    public JsonObject PipelineEvent(WorkflowRun run, Repo repo)
    {
        var status = Pipelines.StatusOf(run, repo);
        var jobs = Pipelines.JobsOf(run, repo);
        return new JsonObject
        {
            ["object_kind"] = "pipeline",
            ["object_attributes"] = new JsonObject
            {
                ["id"] = run.Id,
                ["iid"] = Pipelines.IidOf(run, repo),
                ["name"] = null,
                ["ref"] = Pipelines.RefOf(run, repo),
                ["tag"] = false,
                ["sha"] = run.Suite.HeadSha,
                ["before_sha"] = RefChange.Zero,
                ["source"] = Pipelines.SourceOf(run),
                ["status"] = status,
                ["detailed_status"] = status == "success" ? "passed" : status,
                ["stages"] = new JsonArray([.. jobs.Select(j => j.Stage).Distinct().Select(s => (JsonNode)s)]),
                ["created_at"] = HookStamp(run.CreatedAt),
                ["finished_at"] = run.Status == "completed" ? HookStamp(run.Suite.UpdatedAt) : null,
                ["duration"] = run.Status == "completed" ? (run.Suite.UpdatedAt - run.StartedAt).TotalSeconds : null,
                ["queued_duration"] = null,
                ["variables"] = new JsonArray(),
                ["url"] = Web(run, repo),
            },
            ["merge_request"] = Pipelines.MergeRequestOf(run, repo) is { } issue ? new JsonObject
            {
                ["id"] = issue.Pull!.Id,
                ["iid"] = issue.Iid,
                ["title"] = TitleOf(issue),
                ["source_branch"] = issue.Pull.HeadBranch,
                ["source_project_id"] = issue.Pull.HeadRepo?.Id,
                ["target_branch"] = issue.Pull.BaseBranch,
                ["target_project_id"] = repo.Id,
                ["state"] = StateOf(issue),
                ["merge_status"] = "unchecked",
                ["detailed_merge_status"] = "unchecked",
                ["url"] = Web(issue),
            } : null,
            ["user"] = HookUser(run.Suite.App),
            ["project"] = HookProject(repo),
            ["commit"] = repo.Known(run.Suite.HeadSha) is { } commit ? HookCommitShort(commit, repo) : null,
            ["builds"] = new JsonArray([.. jobs.Select(j => new JsonObject
            {
                ["id"] = j.Id,
                ["stage"] = j.Stage,
                ["name"] = j.Name,
                ["status"] = Pipelines.StatusOf(j),
                ["created_at"] = HookStamp(j.CreatedAt ?? run.CreatedAt),
                ["started_at"] = j.StartedAt is { } start ? HookStamp(start) : null,
                ["finished_at"] = j.CompletedAt is { } end ? HookStamp(end) : null,
                ["duration"] = j is { StartedAt: { } from, CompletedAt: { } to } ? (to - from).TotalSeconds : null,
                ["queued_duration"] = 0.1,
                ["failure_reason"] = Pipelines.StatusOf(j) == "failed" ? FailureOf(j) : null,
                ["when"] = j.IsManual ? "manual" : "on_success",
                ["manual"] = j.IsManual,
                ["allow_failure"] = j.AllowFailure,
                ["user"] = HookUser(run.Suite.App),
                ["runner"] = null,
                ["artifacts_file"] = new JsonObject { ["filename"] = null, ["size"] = null },
                ["environment"] = null,
            })]),
        };
    }

    public JsonObject JobEvent(CheckRun job, Repo repo)
    {
        var run = job.Run!;
        var status = Pipelines.StatusOf(job);
        var commit = repo.Known(run.Suite.HeadSha);
        return new JsonObject
        {
            ["object_kind"] = "build",
            ["ref"] = Pipelines.RefOf(run, repo),
            ["tag"] = false,
            ["before_sha"] = RefChange.Zero,
            ["sha"] = run.Suite.HeadSha,
            ["retries_count"] = job.Attempt - 1,
            ["build_id"] = job.Id,
            ["build_name"] = job.Name,
            ["build_stage"] = job.Stage,
            ["build_status"] = status,
            ["build_created_at"] = HookStamp(job.CreatedAt ?? run.CreatedAt),
            ["build_started_at"] = job.StartedAt is { } start ? HookStamp(start) : null,
            ["build_finished_at"] = job.CompletedAt is { } end ? HookStamp(end) : null,
            ["build_duration"] = job is { StartedAt: { } from, CompletedAt: { } to } ? (to - from).TotalSeconds : null,
            ["build_queued_duration"] = 0.1,
            ["build_allow_failure"] = job.AllowFailure,
            ["build_failure_reason"] = status == "failed" ? FailureOf(job) : "unknown_failure",
            ["pipeline_id"] = run.Id,
            ["runner"] = null,
            ["project_id"] = repo.Id,
            ["project_name"] = repo.FullName.Replace("/", " / ", StringComparison.Ordinal),
            ["user"] = HookUser(run.Suite.App),
            // Not a commit but the pipeline: a mistake of old that GitLab keeps.
            ["commit"] = new JsonObject
            {
                ["id"] = run.Id,
                ["name"] = null,
                ["sha"] = run.Suite.HeadSha,
                ["message"] = commit?.Message,
                ["author_name"] = commit?.AuthorName,
                ["author_email"] = "[REDACTED]",
                ["status"] = Pipelines.StatusOf(run, repo),
                ["duration"] = null,
                ["started_at"] = HookStamp(run.StartedAt),
                ["finished_at"] = null,
            },
            ["repository"] = HookRepository(repo),
            ["project"] = HookProject(repo),
            ["environment"] = null,
        };
    }
}
