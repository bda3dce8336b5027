using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <content>Checks and statuses.</content>
internal sealed partial class Shapes
{
    private static readonly Dictionary<string, string> NoPermissions = [];

    public JsonObject App(Account app)
    {
        var registration = world.Apps.Find(app.AppSlug);
        return new JsonObject
        {
            ["id"] = app.Id,
            ["slug"] = app.AppSlug,
            ["node_id"] = $"A_{app.Id}",
            ["owner"] = Account(app),
            ["name"] = app.AppSlug,
            ["html_url"] = $"{world.BaseUrl}/apps/{app.AppSlug}",
            ["external_url"] = $"{world.BaseUrl}/apps/{app.AppSlug}",
            ["description"] = null,
            ["created_at"] = Stamp(app.CreatedAt),
            ["updated_at"] = Stamp(app.CreatedAt),
            ["permissions"] = new JsonObject((registration?.Permissions ?? NoPermissions).Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["events"] = new JsonArray([.. (registration?.Events ?? []).Select(e => (JsonNode)e)]),
        };
    }

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
            ["annotations_count"] = run.Annotations.Count,
            ["annotations_url"] = $"{Api(repo)}/check-runs/{run.Id}/annotations",
        },
        ["check_suite"] = CheckSuite(run.Suite, repo),
        ["app"] = App(run.Suite.App),
        ["pull_requests"] = PullsAt(repo, run.Suite.HeadSha),
    };

    public JsonObject Annotation(Annotation remark, CheckRun run, Repo repo) => new()
    {
        ["path"] = remark.Path,
        ["blob_href"] = $"{Api(repo)}/git/blobs/{run.Suite.HeadSha}",
        ["start_line"] = remark.Line,
        ["start_column"] = null,
        ["end_line"] = remark.Line,
        ["end_column"] = null,
        ["annotation_level"] = remark.Level,
        ["title"] = remark.Title,
        ["message"] = remark.Message,
        ["raw_details"] = "",
    };

    public JsonObject WorkflowRun(WorkflowRun run, Repo repo) => new()
    {
        ["id"] = run.Id,
        ["node_id"] = $"WFR_{run.Id}",
        ["name"] = run.Name,
        ["display_title"] = repo.Known(run.Suite.HeadSha)?.Subject ?? run.Name,
        ["path"] = run.Path,
        ["run_number"] = repo.Runs.Count(r => r.WorkflowId == run.WorkflowId && r.Id <= run.Id),
        ["workflow_id"] = run.WorkflowId,
        ["workflow_url"] = $"{Api(repo)}/actions/workflows/{run.WorkflowId}",
        ["check_suite_id"] = run.Suite.Id,
        ["check_suite_url"] = $"{Api(repo)}/check-suites/{run.Suite.Id}",
        ["url"] = Api(run, repo),
        ["jobs_url"] = Api(run, repo) + "/jobs",
        ["logs_url"] = Api(run, repo) + "/logs",
        ["artifacts_url"] = Api(run, repo) + "/artifacts",
        ["cancel_url"] = Api(run, repo) + "/cancel",
        ["rerun_url"] = Api(run, repo) + "/rerun",
        ["head_branch"] = run.Suite.HeadBranch,
        ["head_sha"] = run.Suite.HeadSha,
        ["event"] = run.Event,
        ["status"] = run.Status,
        ["conclusion"] = run.Conclusion,
        ["run_attempt"] = run.Attempt,
        ["created_at"] = Stamp(run.CreatedAt),
        ["run_started_at"] = Stamp(run.StartedAt),
        ["updated_at"] = Stamp(run.Suite.UpdatedAt),
        ["head_commit"] = SimpleCommit(repo, run.Suite.HeadSha),
        ["repository"] = Repository(repo),
        ["head_repository"] = Repository(repo),
        ["html_url"] = $"{Web(repo)}/actions/runs/{run.Id}",
        ["pull_requests"] = PullsAt(repo, run.Suite.HeadSha),
    };

    public JsonObject Job(CheckRun job, Repo repo) => new()
    {
        ["id"] = job.Id,
        ["node_id"] = $"CR_{job.Id}",
        ["url"] = $"{Api(repo)}/actions/jobs/{job.Id}",
        ["check_run_url"] = $"{Api(repo)}/check-runs/{job.Id}",
        ["run_id"] = job.Run!.Id,
        ["run_url"] = Api(job.Run, repo),
        ["workflow_name"] = job.Run.Name,
        ["head_branch"] = job.Suite.HeadBranch,
        ["labels"] = new JsonArray(),
        ["runner_id"] = null,
        ["runner_name"] = null,
        ["runner_group_id"] = null,
        ["runner_group_name"] = null,
        ["created_at"] = Stamp(job.CreatedAt ?? job.Run.CreatedAt),
        ["run_attempt"] = job.Attempt,
        ["name"] = job.Name,
        ["head_sha"] = job.Suite.HeadSha,
        ["status"] = job.Status,
        ["conclusion"] = job.Conclusion,
        ["started_at"] = StampOrNull(job.StartedAt),
        ["completed_at"] = StampOrNull(job.CompletedAt),
        ["html_url"] = Web(job, repo),
        ["steps"] = job.Log is null && !job.LogIsGone ? new JsonArray() : new JsonArray(new JsonObject { ["name"] = "Set up job", ["number"] = 1, ["status"] = "completed", ["conclusion"] = "success" }),
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
        ["head_commit"] = SimpleCommit(repo, suite.HeadSha),
        ["repository"] = Repository(repo),
        ["latest_check_runs_count"] = repo.Checks.Where(c => c.Suite == suite).DistinctBy(c => c.Name).Count(),
        ["check_runs_url"] = $"{Api(repo)}/check-suites/{suite.Id}/check-runs",
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
        ["avatar_url"] = Avatar(status.Creator),
        ["state"] = status.State,
        ["description"] = status.Description,
        ["target_url"] = status.TargetUrl,
        ["context"] = status.Context,
        ["created_at"] = Stamp(status.CreatedAt),
        ["updated_at"] = Stamp(status.CreatedAt),
        ["creator"] = Account(status.Creator),
    };

    private string Api(WorkflowRun run, Repo repo) => $"{Api(repo)}/actions/runs/{run.Id}";

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
