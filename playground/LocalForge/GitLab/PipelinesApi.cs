using System.Text;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Ci;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>Pipelines, jobs and the statuses that others report.</summary>
internal sealed class PipelinesApi(GitLabShapes shapes, Actions actions)
{
    private static readonly string[] States = ["pending", "running", "success", "failed", "canceled", "skipped"];

    public void Map(GitLabRoutes routes)
    {
        const string pipelines = GitLabRoutes.Project + "/pipelines", pipeline = pipelines + "/{id:long}", job = GitLabRoutes.Project + "/jobs/{id:long}";
        routes.Get(pipelines, c => c.Page(Filter(c), r => shapes.Pipeline(r, c.Project)));
        routes.Get(pipeline, c => Answer.Ok(shapes.PipelineInFull(PipelineOf(c), c.Project)));
        routes.Get(pipeline + "/jobs", JobsAsync);
        routes.Post(pipeline + "/retry", Retry);
        routes.Post(pipeline + "/cancel", Cancel);
        routes.Post(GitLabRoutes.Project + "/pipeline", StartAsync);
        routes.Get(job, async c => Answer.Ok(await shapes.JobAsync(JobOf(c), c.Project)));
        // A job that has printed nothing yet has an empty trace.
        routes.Get(job + "/trace", c => new Answer(200) { Text = JobOf(c).Log ?? "" });
        routes.Post(job + "/retry", RetryJobAsync);
        routes.Post(job + "/erase", EraseAsync);
        routes.Post(GitLabRoutes.Project + "/statuses/{sha}", SetStatusAsync);
        routes.Get(GitLabRoutes.Project + "/repository/commits/{sha}/statuses", StatusesAsync);
    }

    private static IEnumerable<WorkflowRun> Filter(GitLabCall call)
    {
        RequireCi(call);
        var (repo, given) = (call.Project, call.Parameters);
        return repo.Runs
            .Where(r => given.Text("sha") is not { } sha || r.Suite.HeadSha == sha)
            .Where(r => given.Text("ref") is not { } reference || Pipelines.RefOf(r, repo) == reference)
            .Where(r => given.Text("status") is not { } status || Pipelines.StatusOf(r, repo) == status)
            .Where(r => given.Text("source") is not { } source || Pipelines.SourceOf(r) == source)
            .OrderBy(r => given.Text("sort") == "asc" ? r.Id : -r.Id);
    }

    // Guests of a private project do not see its CI, nor does a token from which that was taken.
    private static void RequireCi(GitLabCall call)
    {
        if ((call.Project.IsPrivate && call.Level < GitLabCall.Reporter) || call.AccountOrNone is { MayReadActions: false })
            throw GitLabProblem.Forbidden();
    }

    private static WorkflowRun PipelineOf(GitLabCall call)
    {
        RequireCi(call);
        return call.Project.Runs.Find(r => r.Id == call.Number("id")) ?? throw GitLabProblem.NotFound();
    }

    private static CheckRun JobOf(GitLabCall call)
    {
        RequireCi(call);
        return call.Project.Checks.Find(j => j.Id == call.Number("id") && j.Run is { YamlErrors: null }) ?? throw GitLabProblem.NotFound();
    }

    private Task<Answer> JobsAsync(GitLabCall call)
    {
        var (run, repo) = (PipelineOf(call), call.Project);
        var jobs = call.Parameters.Flag("include_retried") == true && run.YamlErrors is null ? repo.Checks.Where(j => j.Run == run) : Pipelines.JobsOf(run, repo);
        var scope = call.Parameters.List("scope");
        return call.PageAsync(jobs.Where(j => scope is null || scope.Contains(Pipelines.StatusOf(j))).OrderByDescending(j => j.Id), j => shapes.JobAsync(j, repo));
    }

    private Answer Retry(GitLabCall call)
    {
        call.Require(GitLabCall.Developer);
        var (run, repo) = (PipelineOf(call), call.Project);
        // What runs is left running, and where nothing failed nothing is done; the answer is the same.
        if (run.Status == "completed" && Pipelines.JobsOf(run, repo).Any(IsRetried))
            actions.RunAgain(repo, run, IsRetried);
        return Answer.Created(shapes.PipelineInFull(run, repo));

        static bool IsRetried(CheckRun job) => job.Conclusion is "failure" or "timed_out" or "cancelled" or "skipped";
    }

    private Answer Cancel(GitLabCall call)
    {
        call.Require(GitLabCall.Developer);
        var run = PipelineOf(call);
        if (run.Status != "completed")
        {
            run.IsCancelled = true;
            run.EndStep?.Invoke();
        }

        return Answer.Created(shapes.PipelineInFull(run, call.Project));
    }

    private async Task<Answer> RetryJobAsync(GitLabCall call)
    {
        call.Require(GitLabCall.Developer);
        var (job, repo) = (JobOf(call), call.Project);
        var run = job.Run!;
        if (run.Status != "completed" || Pipelines.StatusOf(job) is not ("success" or "failed" or "canceled") || !Pipelines.JobsOf(run, repo).Contains(job))
            throw new GitLabProblem(403, "403 Forbidden - Job is not retryable");
        actions.RunAgain(repo, run, j => j == job);
        return Answer.Created(await shapes.JobAsync(Pipelines.JobsOf(run, repo).First(j => j.Name == job.Name), repo));
    }

    private async Task<Answer> EraseAsync(GitLabCall call)
    {
        call.Require(GitLabCall.Maintainer);
        var job = JobOf(call);
        if (job.Status != "completed" || job.LogIsGone)
            throw new GitLabProblem(403, "403 Forbidden - Job is not erasable!");
        (job.Log, job.LogIsGone) = (null, true);
        return Answer.Created(await shapes.JobAsync(job, call.Project));
    }

    private async Task<Answer> StartAsync(GitLabCall call)
    {
        call.Require(GitLabCall.Developer);
        var (repo, branch) = (call.Project, call.Parameters.Needed("ref"));
        var sha = await repo.Git.BranchHeadAsync(branch) ?? throw Base("Reference not found");
        if (await repo.Git.EntryAsync(sha, GitLabCiFile.Path) is not { Type: "blob" } entry)
            throw Base("Missing CI config file");
        try
        {
            var file = GitLabCiFile.Parse(Encoding.UTF8.GetString(await repo.Git.BlobAsync(entry.Sha)));
            return Answer.Created(shapes.PipelineInFull(await actions.StartPipelineAsync(repo, call.Account, sha, branch, file), repo));
        }
        catch (WorkflowFormatException e)
        {
            throw Base(e.Message);
        }

        static GitLabProblem Base(string reason) => GitLabProblem.Invalid("base", reason);
    }

    private async Task<Answer> SetStatusAsync(GitLabCall call)
    {
        call.Require(GitLabCall.Developer);
        var repo = call.Project;
        var state = call.Parameters.Needed("state");
        if (!States.Contains(state))
            throw GitLabProblem.Parameter("state does not have a valid value");
        var sha = await repo.Git.ResolveAsync(call.Route("sha")) ?? throw GitLabProblem.NotFound("Commit");
        var name = call.Parameters.Text("name") ?? call.Parameters.Text("context") ?? "default";
        var description = call.Parameters.Text("description");
        if (description is { Length: > 255 })
            throw GitLabProblem.Invalid("description", "is too long (maximum is 255 characters)");
        var branch = call.Parameters.Text("ref")
            ?? (await repo.Git.BranchesAsync()).Where(b => b.Value == sha).Select(b => b.Key).FirstOrDefault();
        var before = repo.Statuses.FindLast(s => s.Sha == sha && s.Context == name && s.Run is not null)?.PipelineState;
        // A state that is there already, or comes before it, is no step of GitLab's state machine.
        if ((state, before) is ("pending", "pending" or "running") or ("running", "running"))
        {
            var step = state == "pending" ? "enqueue" : "run";
            throw new GitLabProblem(400, $"Cannot transition status via :{step} from :{before} (Reason(s): Status cannot transition via \"{step}\")");
        }

        return Answer.Created(shapes.CommitStatus(actions.SetPipelineStatus(repo, call.Account, sha, branch, state, name, description, call.Parameters.Text("target_url")), repo));
    }

    // What jobs and others report, the newest of each name unless all are wanted.
    private async Task<Answer> StatusesAsync(GitLabCall call)
    {
        var repo = call.Project;
        var sha = await RepositoryApi.CommitOfAsync(call, call.Route("sha"));
        var isAll = call.Parameters.Flag("all") == true;
        var jobs = Pipelines.OfCommit(repo, sha).SelectMany(r => isAll ? repo.Checks.Where(j => j.Run == r && r.YamlErrors is null) : Pipelines.JobsOf(r, repo));
        var reported = repo.Statuses.Where(s => s.Sha == sha).OrderByDescending(s => s.Id);
        var all = jobs.Select(j => (j.Id, j.Name, Json: shapes.CommitStatus(j, repo)))
            .Concat((isAll ? reported : reported.DistinctBy(s => s.Context)).Select(s => (s.Id, Name: s.Context, Json: shapes.CommitStatus(s, repo))));
        return call.Page(
            all.Where(s => call.Parameters.Text("name") is not { } name || s.Name == name).OrderBy(s => s.Id),
            s => s.Json);
    }
}
