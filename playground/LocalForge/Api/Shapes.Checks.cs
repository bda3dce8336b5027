using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <content>Checks and statuses.</content>
internal sealed partial class Shapes
{
    public JsonObject App(Account app) => new()
    {
        ["id"] = app.Id,
        ["slug"] = app.AppSlug,
        ["node_id"] = $"A_{app.Id}",
        ["owner"] = Account(app),
        ["name"] = app.AppSlug,
        ["html_url"] = $"{world.BaseUrl}/{app.AppSlug}",
    };

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

    public static JsonObject Annotation(Annotation remark) => new()
    {
        ["path"] = remark.Path,
        ["start_line"] = remark.Line,
        ["end_line"] = remark.Line,
        ["annotation_level"] = remark.Level,
        ["title"] = remark.Title,
        ["message"] = remark.Message,
        ["raw_details"] = "",
    };

    public JsonObject WorkflowRun(WorkflowRun run, Repo repo) => new()
    {
        ["id"] = run.Id,
        ["name"] = run.Name,
        ["path"] = run.Path,
        ["workflow_id"] = run.WorkflowId,
        ["check_suite_id"] = run.Suite.Id,
        ["head_branch"] = run.Suite.HeadBranch,
        ["head_sha"] = run.Suite.HeadSha,
        ["event"] = run.Event,
        ["status"] = run.Status,
        ["conclusion"] = run.Conclusion,
        ["run_attempt"] = run.Attempt,
        ["created_at"] = Stamp(run.CreatedAt),
        ["run_started_at"] = Stamp(run.StartedAt),
        ["html_url"] = $"{Web(repo)}/actions/runs/{run.Id}",
        ["pull_requests"] = PullsAt(repo, run.Suite.HeadSha),
    };

    public JsonObject Job(CheckRun job, Repo repo) => new()
    {
        ["id"] = job.Id,
        ["run_id"] = job.Run!.Id,
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
        ["state"] = status.State,
        ["description"] = status.Description,
        ["target_url"] = status.TargetUrl,
        ["context"] = status.Context,
        ["created_at"] = Stamp(status.CreatedAt),
        ["updated_at"] = Stamp(status.CreatedAt),
        ["creator"] = Account(status.Creator),
    };

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
