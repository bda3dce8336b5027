using System.Net;
using CodingAgent.Forges.Http;
using Octokit;

namespace CodingAgent.Forges.GitHub;

/// <content>Workflow runs: which workflow a check run belongs to, what a run says that has no jobs, and asking for more of them.</content>
public sealed partial class GitHubForge
{
    // The app whose check runs are the jobs of workflows; their ids are the jobs' own.
    private const string ActionsApp = "github-actions";
    private const int MostRemarks = 50;
    private const int MostPages = 10;

    /// <inheritdoc/>
    public async Task<CiLog> ReadLogAsync(RepoRef repo, CiResult result, CancellationToken cancellationToken)
    {
        if (result.Origin == CiOrigin.Status || result.Id == 0)
            return new CiLog("", [], "");
        var remarks = await ListRemarksAsync(repo, result.Id, cancellationToken);
        if (result.Origin != CiOrigin.Job)
            return new CiLog("", remarks, "");
        try
        {
            var (address, text) = await _api.LocateAsync(new GitHubCall(repo, cancellationToken), Below(repo, $"actions/jobs/{result.Id}/logs"));
            return address is null ? new CiLog(LongText.Cut(text), remarks, "") : await _logs.ReadAsync(address, cancellationToken) with { Remarks = remarks };
        }
        catch (ForgeRejectedException e)
        {
            return new CiLog("", remarks, e.Status switch
            {
                HttpStatusCode.NotFound => "there is no log of it (not written yet, never written, or the account may not see it)",
                HttpStatusCode.Gone => "its log has expired",
                HttpStatusCode.Forbidden => "its log may not be read (the account lacks the permission actions: read)",
                _ => "its log could not be read",
            });
        }
    }

    /// <inheritdoc/>
    public async Task RerunAsync(RepoRef repo, CiResult result, CancellationToken cancellationToken)
    {
        var where = result switch
        {
            { Origin: CiOrigin.Status } => throw new ForgeRejectedException("a commit status can only be reported anew by whoever reported it", HttpStatusCode.UnprocessableEntity),
            { Origin: CiOrigin.Check } => $"check-suites/{result.Suite}/rerequest",
            // Without its run (see the source's name) the job alone is known.
            _ when result.Source.StartsWith(ActionsApp + "/", StringComparison.Ordinal) => $"actions/jobs/{result.Id}/rerun",
            { Id: 0 } => $"actions/runs/{result.Suite}/rerun",
            _ => $"actions/runs/{result.Suite}/rerun-failed-jobs",
        };
        try
        {
            // Suites are asked for anew with the permission for checks, runs and jobs with that for actions.
            var call = result.Origin == CiOrigin.Check ? RunningCi(repo, cancellationToken) with { Permissions = TokenPermissions.WriteChecks } : RunningCi(repo, cancellationToken);
            await _api.RunAsync(call, async c => new Done(await c.Connection.Post(Below(repo, where))));
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Forbidden && e.Message.Contains("already running", StringComparison.OrdinalIgnoreCase))
        {
            // Asked for before, by us or by somebody.
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            throw NeedsActions(e);
        }
    }

    /// <inheritdoc/>
    public async Task StartWorkflowAsync(RepoRef repo, string workflow, string branch, CancellationToken cancellationToken)
    {
        var where = Below(repo, $"actions/workflows/{Escape(workflow)}/dispatches");
        try
        {
            await _api.RunAsync(RunningCi(repo, cancellationToken), async c => new Done(await c.Connection.Post(where, new { Ref = branch }, "application/vnd.github+json")));
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            throw NeedsActions(e);
        }
    }

    private static ForgeRejectedException NeedsActions(ForgeRejectedException refusal) => new($"{refusal.Message} (the account needs the permission actions: write)", refusal.Status);

    /// <summary>
    /// What runs say that no job of theirs says: one that waits for approval or could not be started has no jobs, and one whose jobs so far have all
    /// ended may still make more.
    /// </summary>
    private static IEnumerable<CiResult> WholeRuns(IReadOnlyList<WorkflowRunSeen> runs, List<CiResult> results)
    {
        foreach (var run in runs.GroupBy(r => (r.Source, r.Event)).Select(g => g.MaxBy(r => r.Id)!))
        {
            var jobs = results.FindAll(r => r.Origin == CiOrigin.Job && r.Suite == run.Id && r.Source == run.Source);
            var isOver = run.Status == "completed";
            if (isOver ? jobs.Count > 0 : jobs.Exists(j => j.State == CiState.Pending))
                continue;
            var state = StateOf(run.Status, run.Conclusion);
            yield return new CiResult(run.Name ?? run.Source, state == CiState.Failed ? CiState.NotStarted : state, false, "", Link(run.HtmlUrl))
            {
                Source = run.Source,
                Workflow = run.Name ?? "",
                Trigger = run.Event ?? "",
                Suite = run.Id,
                Attempt = Math.Max(1, run.RunAttempt),
                Origin = CiOrigin.Job,
            };
        }
    }

    // Empty where the account may not read them, and where the server has none: then nothing is known of workflows.
    private async Task<IReadOnlyList<WorkflowRunSeen>> ListWorkflowRunsAsync(RepoRef repo, string sha, CancellationToken cancellationToken)
    {
        var pages = await PagesAsync<RunPage, WorkflowRunSeen>(repo, $"actions/runs?head_sha={Escape(sha)}&", p => p.WorkflowRuns, cancellationToken);
        return pages.Where(r => r.HeadSha is null || r.HeadSha.Equals(sha, StringComparison.OrdinalIgnoreCase)).ToList();
    }

    private async Task AddJobsAsync(RepoRef repo, WorkflowRunSeen run, Dictionary<long, JobSeen> jobs, CancellationToken cancellationToken)
    {
        foreach (var job in await PagesAsync<JobPage, JobSeen>(repo, $"actions/runs/{run.Id}/jobs?filter=all&", p => p.Jobs, cancellationToken))
            jobs[job.Id] = job;
    }

    private async Task<List<TItem>> PagesAsync<TPage, TItem>(RepoRef repo, string where, Func<TPage, IReadOnlyList<TItem>?> items, CancellationToken cancellationToken)
        where TPage : class
    {
        var all = new List<TItem>();
        for (var page = 1; page <= MostPages; page++)
        {
            var at = Below(repo, $"{where}per_page=100&page={page}");
            TPage? answer;
            try
            {
                answer = await _api.RunAsync(new GitHubCall(repo, cancellationToken), async c => (await c.Connection.Get<TPage>(at, null)).Body);
            }
            catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Gone)
            {
                return [];
            }

            var found = items(answer) ?? [];
            all.AddRange(found);
            if (found.Count < 100)
                break;
        }

        return all;
    }

    private async Task<IReadOnlyList<string>> ListRemarksAsync(RepoRef repo, long checkRun, CancellationToken cancellationToken)
    {
        try
        {
            var firstPage = new ApiOptions { PageSize = MostRemarks, PageCount = 1 };
            var found = await _api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.Check.Run.GetAllAnnotations(repo.Owner, repo.Name, checkRun, firstPage));
            return [.. found.Select(a => Short($"{a.Path}:{a.StartLine}: {a.AnnotationLevel?.StringValue}: {a.Title} {a.Message}"))];
        }
        catch (ForgeRejectedException)
        {
            return [];
        }
    }

    private static string Short(string text)
    {
        var line = string.Join(' ', text.Split(['\r', '\n', '\t', ' '], StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 500 ? line : line[..500] + "…";
    }

    private static GitHubCall RunningCi(RepoRef repo, CancellationToken cancellationToken) =>
        new(repo, cancellationToken) { Permissions = TokenPermissions.RunCi, IsRepeatable = false };

    private sealed record Done(HttpStatusCode Status);

    // Octokit's own models of these demand numbers that older servers leave out.
    private sealed record RunPage
    {
        public IReadOnlyList<WorkflowRunSeen>? WorkflowRuns { get; init; }
    }

    private sealed record WorkflowRunSeen
    {
        public long Id { get; init; }

        public string? Name { get; init; }

        public string? Path { get; init; }

        public long WorkflowId { get; init; }

        public long CheckSuiteId { get; init; }

        public string? HeadSha { get; init; }

        public string? Event { get; init; }

        public string? Status { get; init; }

        public string? Conclusion { get; init; }

        public int RunAttempt { get; init; }

        public string? HtmlUrl { get; init; }

        public string Source => WorkflowId > 0 ? $"workflow:{WorkflowId}" : $"workflow:{Path ?? Name}";
    }

    private sealed record JobPage
    {
        public IReadOnlyList<JobSeen>? Jobs { get; init; }
    }

    private sealed record JobSeen
    {
        public long Id { get; init; }

        public int RunAttempt { get; init; }

        /// <summary>Empty for a job that no runner took up: a spending limit, say.</summary>
        public IReadOnlyList<StepSeen>? Steps { get; init; }
    }

    private sealed record StepSeen
    {
        public string? Name { get; init; }
    }
}
