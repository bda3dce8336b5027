using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Ci;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Http;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>Workflow runs, their jobs and logs; doing them again, cancelling and starting them.</summary>
internal sealed class RunApi(World world, Shapes shapes, Actions actions)
{
    /// <summary>Where logs lie: beside the API, as GitHub keeps them with a storage that refuses a request with a token.</summary>
    public const string LogRoute = "/_logs/{ticket}";

    public void Map(ApiRoutes routes)
    {
        const string repo = "/repos/{owner}/{repo}/actions";
        routes.Get(repo + "/runs", c =>
        {
            RequireActions(c);
            return c.Page(
                c.Repo.Runs.Where(r => c.Query("head_sha") is not { } sha || r.Suite.HeadSha == sha).OrderByDescending(r => r.Id),
                r => shapes.WorkflowRun(r, c.Repo),
                (page, total) => new JsonObject { ["total_count"] = total, ["workflow_runs"] = page });
        });
        routes.Get(repo + "/runs/{id:long}", c => Answer.Ok(shapes.WorkflowRun(RunOf(c), c.Repo)));
        routes.Get(repo + "/runs/{id:long}/jobs", c =>
        {
            var run = RunOf(c);
            var jobs = c.Query("filter") == "all" ? c.Repo.Checks.Where(j => j.Run == run) : Actions.JobsOf(c.Repo, run);
            return c.Page(jobs, j => shapes.Job(j, c.Repo), (page, total) => new JsonObject { ["total_count"] = total, ["jobs"] = page });
        });
        routes.Post(repo + "/runs/{id:long}/rerun", c => Again(c, RunOf(c), all: true));
        routes.Post(repo + "/runs/{id:long}/rerun-failed-jobs", c => Again(c, RunOf(c), all: false));
        routes.Post(repo + "/runs/{id:long}/cancel", Cancel);
        routes.Delete(repo + "/runs/{id:long}/logs", DeleteLogs);
        routes.Get(repo + "/jobs/{id:long}", c => Answer.Ok(shapes.Job(JobOf(c), c.Repo)));
        routes.Get(repo + "/jobs/{id:long}/logs", LocateLog);
        routes.Post(repo + "/jobs/{id:long}/rerun", c => Again(c, JobOf(c).Run!, all: false));
        routes.Post(repo + "/workflows/{file}/dispatches", DispatchAsync);
    }

    /// <summary>A log, to whoever has its address and shows no token.</summary>
    public async Task ServeLogAsync(HttpContext http)
    {
        var ticket = http.Request.RouteValues["ticket"]?.ToString() ?? "";
        string? log;
        await world.Gate.WaitAsync(http.RequestAborted);
        try
        {
            log = world.Repos.Select(r => r.LogTickets.GetValueOrDefault(ticket)).FirstOrDefault(j => j is not null)?.Log;
        }
        finally
        {
            world.Gate.Release();
        }

        if (http.Request.Headers.Authorization.Count > 0)
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
        else if (log is null)
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        else
            await Results.Bytes(Encoding.UTF8.GetBytes(log), "text/plain", enableRangeProcessing: true).ExecuteAsync(http);
    }

    private static void RequireActions(ApiCall call)
    {
        if (call.AccountOrNone is { MayReadActions: false })
            throw new ApiProblem(403, "Resource not accessible by personal access token");
        _ = call.Repo;
    }

    private static WorkflowRun RunOf(ApiCall call)
    {
        RequireActions(call);
        return call.Repo.Runs.Find(r => r.Id == call.Id) ?? throw ApiProblem.NotFound();
    }

    private static CheckRun JobOf(ApiCall call)
    {
        RequireActions(call);
        return call.Repo.Checks.Find(r => r.Id == call.Id && r.Run is not null) ?? throw ApiProblem.NotFound();
    }

    private Answer Again(ApiCall call, WorkflowRun run, bool all)
    {
        call.Require(RepoAccess.Write);
        actions.RunAgain(call.Repo, run, all);
        return Answer.Created(new JsonObject());
    }

    private static Answer Cancel(ApiCall call)
    {
        var run = RunOf(call);
        call.Require(RepoAccess.Write);
        if (run.Status == "completed")
            throw new ApiProblem(409, "Cannot cancel a workflow run that is completed.");
        run.IsCancelled = true;
        run.EndStep?.Invoke();
        return new Answer(202, new JsonObject());
    }

    private static Answer DeleteLogs(ApiCall call)
    {
        var run = RunOf(call);
        call.Require(RepoAccess.Write);
        foreach (var job in call.Repo.Checks.Where(j => j.Run == run))
            (job.Log, job.LogIsGone) = (null, true);
        return Answer.NoContent;
    }

    private Answer LocateLog(ApiCall call)
    {
        var job = JobOf(call);
        if (job.LogIsGone)
            throw new ApiProblem(410, "Server Error");
        if (job.Log is null)
            throw ApiProblem.NotFound();
        var ticket = RandomNumberGenerator.GetHexString(32);
        call.Repo.LogTickets[ticket] = job;
        return new Answer(302) { Location = world.BaseUrl + LogRoute.Replace("{ticket}", ticket, StringComparison.Ordinal) };
    }

    private async Task<Answer> DispatchAsync(ApiCall call)
    {
        RequireActions(call);
        call.Require(RepoAccess.Write);
        var (repo, branch, path) = (call.Repo, call.Needed("Workflow", "ref"), CiRunner.WorkflowFolder + "/" + call.Route("file"));
        // GitHub knows a workflow by the default branch, and runs the branch's own version of it.
        if (await FileAsync(repo, repo.DefaultBranch, path) is null)
            throw ApiProblem.NotFound();
        if (await repo.Git.BranchHeadAsync(branch) is not { } sha)
            throw new ApiProblem(422, $"No ref found for: {branch}");
        if (await FileAsync(repo, branch, path) is not { } text || !CanBeStarted(path, text))
            throw new ApiProblem(422, "Workflow does not have 'workflow_dispatch' trigger");
        actions.Dispatch(repo, sha, branch, path);
        return Answer.NoContent;
    }

    private static async Task<string?> FileAsync(Repo repo, string branch, string path) =>
        await repo.Git.BranchHeadAsync(branch) is { } sha && await repo.Git.EntryAsync(sha, path) is { Type: "blob" } entry
            ? Encoding.UTF8.GetString(await repo.Git.BlobAsync(entry.Sha))
            : null;

    private static bool CanBeStarted(string path, string text)
    {
        try
        {
            return WorkflowFile.Parse(path, text).Triggers.ContainsKey("workflow_dispatch");
        }
        catch (WorkflowFormatException)
        {
            return false;
        }
    }
}
