using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>How GitLab sees CI: a workflow run is a pipeline, its check runs are jobs, and statuses that others report count in a pipeline too.</summary>
internal static class Pipelines
{
    /// <summary>Event of a pipeline that exists only because somebody reported a status.</summary>
    public const string External = "external";

    /// <summary>The newest pipeline of a merge request's head; null when there is none.</summary>
    public static WorkflowRun? HeadOf(Issue issue) => OfCommit(issue.Repo, issue.Pull!.HeadSha).MaxBy(r => r.Id);

    public static IEnumerable<WorkflowRun> OfCommit(Repo repo, string sha) => repo.Runs.Where(r => r.Suite.HeadSha == sha);

    public static int IidOf(WorkflowRun run, Repo repo) => repo.Runs.IndexOf(run) + 1;

    /// <summary>The jobs of each job's newest try; none of a file that could not be read.</summary>
    public static IReadOnlyList<CheckRun> JobsOf(WorkflowRun run, Repo repo) => run.YamlErrors is null ? Actions.JobsOf(repo, run) : [];

    /// <summary>The newest status of each name that counts in the pipeline.</summary>
    public static IReadOnlyList<CommitStatus> StatusesOf(WorkflowRun run, Repo repo) =>
        [.. repo.Statuses.Where(s => s.Run == run).OrderByDescending(s => s.Id).DistinctBy(s => s.Context)];

    /// <summary>GitLab's word for what became of a pipeline.</summary>
    public static string StatusOf(WorkflowRun run, Repo repo)
    {
        var states = StatusesOf(run, repo).Select(s => s.PipelineState ?? "").ToList();
        if (run.Event != External)
            states.Add(OwnStatusOf(run, repo));
        return states switch
        {
            [] => "created",
            [var only] => only,
            _ when states.TrueForAll(s => s == "pending") => "pending",
            _ when states.Exists(s => s is "running" or "pending" or "created") => "running",
            _ when states.Contains("failed") => "failed",
            _ when states.Contains("canceled") => "canceled",
            _ when states.Contains("manual") => "manual",
            _ => "success",
        };
    }

    /// <summary>GitLab's word for what became of a job.</summary>
    public static string StatusOf(CheckRun job) => (job.Status, job.Conclusion) switch
    {
        ("queued", _) => job.WaitsForOthers ? "created" : "pending",
        ("in_progress", _) => "running",
        (_, "success" or "neutral") => "success",
        (_, "cancelled") => "canceled",
        (_, "skipped") => "skipped",
        (_, "action_required") => "manual",
        _ => "failed",
    };

    public static string SourceOf(WorkflowRun run) => run.Event switch
    {
        "pull_request" => "merge_request_event",
        "workflow_dispatch" => "api",
        var other => other,
    };

    /// <summary>The merge request that a pipeline ran for; null for a branch's.</summary>
    public static Issue? MergeRequestOf(WorkflowRun run, Repo repo) =>
        run.Event == "pull_request" ? repo.Pulls.LastOrDefault(i => i.Pull!.HeadBranch == run.Suite.HeadBranch) : null;

    /// <summary>A branch, or the ref of a merge request's head.</summary>
    public static string RefOf(WorkflowRun run, Repo repo) =>
        MergeRequestOf(run, repo) is { } issue ? $"refs/merge-requests/{issue.Iid}/head" : run.Suite.HeadBranch ?? repo.DefaultBranch;

    private static string OwnStatusOf(WorkflowRun run, Repo repo) => (run.Status, run.Conclusion) switch
    {
        ("queued", _) => "pending",
        ("in_progress", _) => "running",
        (_, "cancelled") => "canceled",
        (_, "action_required") => "manual",
        (_, "success") => JobsOf(run, repo) is [_, ..] jobs && jobs.All(j => j.Conclusion == "skipped") ? "skipped" : "success",
        _ => "failed",
    };
}
