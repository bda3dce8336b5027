using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Ci;
using CodingAgent.Playground.LocalForge.GitLab;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge;

/// <content>Statuses, checks, workflow runs and pipelines.</content>
internal sealed partial class Actions
{
    /// <summary>Reports a status by GitLab's door: it counts in the newest pipeline of the commit, and makes one where there is none.</summary>
    public CommitStatus SetPipelineStatus(Repo repo, Account by, string sha, string? branch, string state, string name, string? description, string? targetUrl)
    {
        var run = Pipelines.OfCommit(repo, sha).MaxBy(r => r.Id);
        if (run is null)
        {
            var suite = new CheckSuite(world.NextId(), by, sha, branch ?? repo.DefaultBranch, world.Now) { Status = "completed" };
            run = new WorkflowRun(world.NextId(), 0, name, "", Pipelines.External, suite, world.Now) { FilterBranch = "", Status = "completed" };
            repo.Runs.Add(run);
        }

        run.Suite.UpdatedAt = world.Now;
        // One that is under way is moved on; one that has ended is left, and another begun.
        var before = repo.Statuses.Find(s => s.Run == run && s.Context == name && s.PipelineState is "pending" or "running");
        if (before is not null)
            repo.Statuses.Remove(before);
        var known = state switch { "failed" => "failure", "canceled" => "error", "success" => "success", _ => "pending" };
        var status = SetStatus(repo, by, sha, known, name, description ?? before?.Description, targetUrl ?? before?.TargetUrl, state, run, before?.Id);
        gitLab.PipelineChanged(repo, run);
        return status;
    }

    public CommitStatus SetStatus(
        Repo repo, Account by, string sha, string state, string context, string? description, string? targetUrl, string? pipelineState = null, WorkflowRun? run = null, long? id = null)
    {
        var status = new CommitStatus(id ?? world.NextId(), sha, state, context, description, targetUrl, by, world.Now) { PipelineState = pipelineState, Run = run };
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

    public CheckRun OpenCheck(Repo repo, CheckSuite suite, string name, WorkflowRun? of = null, WorkflowJob? job = null)
    {
        var run = new CheckRun(world.NextId(), suite, name)
        {
            Run = of,
            Attempt = of?.Attempt ?? 1,
            Stage = job?.Stage ?? "test",
            AllowFailure = job is { AllowFailure: true },
            IsManual = job is { IsManual: true },
            WaitsForOthers = job is { Needs.Count: > 0 },
            CreatedAt = world.Now,
        };
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

    /// <summary>Tells of a run; GitLab's hooks hear of a new one only once it has its jobs.</summary>
    public void TellRun(Repo repo, WorkflowRun run, string action)
    {
        Tell("workflow_run", action, repo, run.Suite.App, ("workflow_run", shapes.WorkflowRun(run, repo)));
        if (action != "requested")
            gitLab.PipelineChanged(repo, run);
    }

    /// <summary>Tells GitLab's hooks of a new pipeline, or one that begins again, and of its jobs.</summary>
    public void TellPipeline(Repo repo, WorkflowRun run)
    {
        gitLab.PipelineChanged(repo, run);
        foreach (var job in JobsOf(repo, run).Where(j => j.Attempt == run.Attempt))
            gitLab.JobChanged(repo, job);
    }

    /// <summary>A job began or ended; GitHub tells of the end alone.</summary>
    public void TellJob(Repo repo, CheckRun job) => gitLab.JobChanged(repo, job);

    /// <summary>The jobs of a run's newest try, or of the tries before where it did not repeat them.</summary>
    public static IReadOnlyList<CheckRun> JobsOf(Repo repo, WorkflowRun run) =>
        [.. repo.Checks.Where(c => c.Run == run).GroupBy(c => c.Name).SelectMany(g => g.Where(c => c.Attempt == g.Max(x => x.Attempt)))];

    /// <summary>Does jobs of a run once more: those that did not pass, or all.</summary>
    public void RunAgain(Repo repo, WorkflowRun run, bool all) => RunAgain(repo, run, j => all || j.Conclusion != "success");

    /// <summary>Does some jobs of a run once more.</summary>
    public void RunAgain(Repo repo, WorkflowRun run, Func<CheckRun, bool> which)
    {
        if (run.Status != "completed")
            throw new ApiProblem(403, "This workflow is already running");
        var jobs = JobsOf(repo, run).Where(which).ToList();
        if (jobs.Count == 0)
            throw new ApiProblem(403, "This workflow run has no failed jobs to re-run");
        run.Attempt++;
        (run.Status, run.Conclusion, run.IsCancelled, run.StartedAt) = ("queued", null, false, world.Now);
        foreach (var job in jobs)
        {
            var same = new WorkflowJob(job.Name, job.Name, [], []) { Stage = job.Stage, AllowFailure = job.AllowFailure, IsManual = job.IsManual };
            TellCheck(repo, OpenCheck(repo, run.Suite, job.Name, run, same), "created");
        }

        RefreshSuite(repo, run.Suite);
        TellRun(repo, run, "requested");
        TellPipeline(repo, run);
        ci.Add(new CiJobSource(repo, run.Suite.HeadSha, run.Suite.HeadBranch ?? "", run.Event, run.FilterBranch) { OnlyPath = run.Path, Again = run });
    }

    /// <summary>Starts one workflow on a branch.</summary>
    public void Dispatch(Repo repo, string sha, string branch, string path) =>
        ci.Add(new CiJobSource(repo, sha, branch, "workflow_dispatch", branch) { OnlyPath = path });

    /// <summary>Starts a pipeline on a branch; it is there when this returns.</summary>
    public async Task<WorkflowRun> StartPipelineAsync(Repo repo, Account by, string sha, string branch, WorkflowFile file)
    {
        await repo.CommitAsync(sha);
        var suite = OpenSuite(repo, by, sha, branch);
        var run = OpenRun(repo, suite, file.Name, GitLabCiFile.Path, "workflow_dispatch", branch);
        foreach (var job in file.Jobs)
            TellCheck(repo, OpenCheck(repo, suite, job.Name, run, job), "created");
        TellPipeline(repo, run);
        ci.Add(new CiJobSource(repo, sha, branch, run.Event, branch) { OnlyPath = run.Path, Again = run });
        return run;
    }

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
}
