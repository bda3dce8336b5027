using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <content>Pipelines, jobs and statuses.</content>
internal sealed partial class GitLabShapes
{
    public JsonObject Pipeline(WorkflowRun run, Repo repo) => new()
    {
        ["id"] = run.Id,
        ["iid"] = Pipelines.IidOf(run, repo),
        ["project_id"] = repo.Id,
        ["sha"] = run.Suite.HeadSha,
        ["ref"] = Pipelines.RefOf(run, repo),
        ["status"] = Pipelines.StatusOf(run, repo),
        ["source"] = Pipelines.SourceOf(run),
        ["created_at"] = Stamp(run.CreatedAt),
        ["updated_at"] = Stamp(run.Suite.UpdatedAt),
        ["web_url"] = Web(run, repo),
        ["name"] = null,
    };

    public JsonObject PipelineInFull(WorkflowRun run, Repo repo)
    {
        var json = Pipeline(run, repo);
        var status = Pipelines.StatusOf(run, repo);
        json["before_sha"] = Git.RefChange.Zero;
        json["tag"] = false;
        json["yaml_errors"] = run.YamlErrors;
        json["user"] = User(run.Suite.App);
        json["started_at"] = Stamp(run.StartedAt);
        json["finished_at"] = run.Status == "completed" ? Stamp(run.Suite.UpdatedAt) : null;
        json["committed_at"] = null;
        json["duration"] = run.Status == "completed" ? (run.Suite.UpdatedAt - run.StartedAt).TotalSeconds : null;
        json["queued_duration"] = 0;
        json["coverage"] = null;
        json["archived"] = false;
        json["detailed_status"] = new JsonObject
        {
            ["icon"] = "status_" + status,
            ["text"] = status,
            ["label"] = status,
            ["group"] = status,
            ["tooltip"] = status,
            ["has_details"] = true,
            ["details_path"] = $"/{repo.FullName}/-/pipelines/{run.Id}",
            ["illustration"] = null,
            ["favicon"] = "",
        };
        return json;
    }

    public async Task<JsonObject> JobAsync(CheckRun job, Repo repo)
    {
        var run = job.Run!;
        var status = Pipelines.StatusOf(job);
        return new JsonObject
        {
            ["id"] = job.Id,
            ["status"] = status,
            ["stage"] = job.Stage,
            ["name"] = job.Name,
            ["ref"] = Pipelines.RefOf(run, repo),
            ["tag"] = false,
            ["coverage"] = null,
            ["allow_failure"] = job.AllowFailure,
            ["created_at"] = Stamp(job.CreatedAt ?? run.CreatedAt),
            ["started_at"] = Stamp(job.StartedAt),
            ["finished_at"] = status is "success" or "failed" or "canceled" ? Stamp(job.CompletedAt) : null,
            ["erased_at"] = job.LogIsGone ? Stamp(world.Now) : null,
            ["duration"] = job is { CompletedAt: { } end, StartedAt: { } start } ? (end - start).TotalSeconds : null,
            ["queued_duration"] = 0.1,
            ["failure_reason"] = status == "failed" ? FailureOf(job) : null,
            ["user"] = UserInFull(run.Suite.App),
            ["commit"] = Commit(await repo.CommitAsync(run.Suite.HeadSha), repo),
            ["pipeline"] = Pipeline(run, repo),
            ["web_url"] = Web(job, repo),
            ["project"] = new JsonObject { ["ci_job_token_scope_enabled"] = false },
            ["artifacts"] = new JsonArray(),
            ["runner"] = new JsonObject
            {
                ["id"] = 1,
                ["description"] = "localforge",
                ["ip_address"] = null,
                ["active"] = true,
                ["paused"] = false,
                ["is_shared"] = true,
                ["runner_type"] = "instance_type",
                ["name"] = "gitlab-runner",
                ["online"] = true,
                ["status"] = "online",
            },
            ["artifacts_expire_at"] = null,
            ["archived"] = false,
            ["tag_list"] = new JsonArray(),
        };
    }

    /// <summary>A status as the commit's list has it: of a job, or reported by others.</summary>
    public JsonObject CommitStatus(CheckRun job, Repo repo) => new()
    {
        ["id"] = job.Id,
        ["sha"] = job.Suite.HeadSha,
        ["ref"] = Pipelines.RefOf(job.Run!, repo),
        ["status"] = Pipelines.StatusOf(job),
        ["name"] = job.Name,
        ["target_url"] = Web(job, repo),
        ["description"] = null,
        ["created_at"] = Stamp(job.CreatedAt ?? job.Run!.CreatedAt),
        ["started_at"] = Stamp(job.StartedAt),
        ["finished_at"] = Stamp(job.CompletedAt),
        ["allow_failure"] = job.AllowFailure,
        ["coverage"] = null,
        ["pipeline_id"] = job.Run!.Id,
        ["author"] = User(job.Suite.App),
    };

    public JsonObject CommitStatus(CommitStatus status, Repo repo) => new()
    {
        ["id"] = status.Id,
        ["sha"] = status.Sha,
        ["ref"] = status.Run is { } run ? Pipelines.RefOf(run, repo) : repo.DefaultBranch,
        ["status"] = status.PipelineState ?? status.State switch { "failure" or "error" => "failed", var same => same },
        ["name"] = status.Context,
        ["target_url"] = status.TargetUrl,
        ["description"] = status.Description,
        ["created_at"] = Stamp(status.CreatedAt),
        ["started_at"] = Stamp(status.CreatedAt),
        ["finished_at"] = status.PipelineState is "pending" or "running" ? null : Stamp(status.CreatedAt),
        ["allow_failure"] = false,
        ["coverage"] = null,
        ["pipeline_id"] = status.Run?.Id,
        ["author"] = User(status.Creator),
    };

    private static string FailureOf(CheckRun job) => job.Conclusion == "timed_out" ? "job_execution_timeout" : "script_failure";

    private string Web(WorkflowRun run, Repo repo) => $"{Web(repo)}/-/pipelines/{run.Id}";

    private string Web(CheckRun job, Repo repo) => $"{Web(repo)}/-/jobs/{job.Id}";
}
