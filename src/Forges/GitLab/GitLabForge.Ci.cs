using System.Net;
using System.Text.RegularExpressions;
using static CodingAgent.Forges.GitLab.GitLabWire;

namespace CodingAgent.Forges.GitLab;

/// <content>CI: pipelines with their jobs, and commit statuses of others.</content>
public sealed partial class GitLabForge
{
    /// <summary>Names of what this product reports begin so; they never count towards green.</summary>
    public const string OwnCheckPrefix = "coding-agent/";

    // https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
    private const int LongestDescription = 255;

    // Of each commit the newest pipelines are asked for their jobs; more than these belong to other times.
    private const int MostPipelines = 20;

    /// <inheritdoc/>
    /// <remarks>
    /// All pipelines of a project are of one file, so they are told apart by what set them going. One that runs on a merged result has another commit:
    /// it counts for the head of the merge request whose head pipeline it is.
    /// </remarks>
    public async Task<IReadOnlyList<CiResult>> GetCiAsync(RepoRef repo, string sha, CancellationToken cancellationToken)
    {
        var self = await GetSelfAsync(repo, cancellationToken);
        var pipelines = await _api.ListAsync(
            $"Reading the pipelines of {Short(sha)} in {repo.FullName}", (c, page) => c.ListPipelinesAsync(repo.FullName, sha, page, Reading(repo), cancellationToken), cancellationToken);
        foreach (var request in await OpenMergeRequestsAsync(repo, sha, cancellationToken))
        {
            if (request.HeadPipeline is { } head && pipelines.TrueForAll(p => p.Id != head.Id))
                pipelines.Add(head);
        }

        var results = new List<CiResult>();
        var jobIds = new HashSet<long>();
        foreach (var pipeline in pipelines.Where(p => p.Source != "external").OrderByDescending(p => p.Id).Take(MostPipelines))
        {
            var jobs = await JobsAsync(repo, pipeline, cancellationToken);
            jobIds.UnionWith(jobs.Select(j => j.Id));
            results.AddRange(jobs.GroupBy(j => j.Name).SelectMany(tries => tries.OrderBy(j => j.Id).Select((j, i) => ResultOf(pipeline, j, i + 1))));
            if (jobs.Count == 0)
                results.Add(WholeOf(pipeline));
        }

        var statuses = await _api.ListAsync(
            $"Reading the statuses of {Short(sha)} in {repo.FullName}", (c, page) => c.ListStatusesAsync(repo.FullName, sha, page, Reading(repo), cancellationToken), cancellationToken);
        // Jobs are on this list, too.
        results.AddRange(statuses.Where(s => !jobIds.Contains(s.Id)).GroupBy(s => s.Name).SelectMany(named => named.OrderBy(s => s.Id).Select((s, i) => ResultOf(s, i + 1, self))));
        return CiTries.Newest(results);
    }

    /// <inheritdoc/>
    /// <remarks>A commit status holds one line of 255 characters: <see cref="EvidenceCheck.Summary"/> is not sent, and belongs in a note or the merge request's description.</remarks>
    public async Task EnsureCheckAsync(RepoRef repo, EvidenceCheck check, CancellationToken cancellationToken)
    {
        var state = check.Conclusion switch { CiState.Passed => "success", CiState.Failed => "failed", _ => "pending" };
        var line = check.Title.ReplaceLineEndings(" ");
        var status = new StatusWritten(state, check.Name, line.Length <= LongestDescription ? line : line[..(LongestDescription - 1)] + "…");
        var self = await GetSelfAsync(repo, cancellationToken);
        var newest = (await _api.ListAsync(
            $"Reading the statuses of {Short(check.HeadSha)} in {repo.FullName}", (c, page) => c.ListStatusesAsync(repo.FullName, check.HeadSha, page, Reading(repo), cancellationToken), cancellationToken))
            .Where(s => s.Name == check.Name).MaxBy(s => s.Id);
        if (newest is not null && newest.Status == state && newest.Description == status.Description && newest.Author?.Id == self.Id)
            return;
        try
        {
            await _api.RunAsync(
                $"Reporting {check.Name} on {Short(check.HeadSha)} in {repo.FullName}",
                c => c.SetStatusAsync(repo.FullName, check.HeadSha, status, new GitLabCall(repo) { Permissions = TokenPermissions.WriteChecks }, cancellationToken), cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.BadRequest && e.Message.Contains("Cannot transition status", StringComparison.OrdinalIgnoreCase))
        {
            // GitLab takes no second report of one state: only the words would be others.
        }
    }

    /// <inheritdoc/>
    public async Task<CiLog> ReadLogAsync(RepoRef repo, CiResult result, CancellationToken cancellationToken)
    {
        if (result.Origin != CiOrigin.Job || result.Id == 0)
            return new CiLog("", [], "");
        try
        {
            var trace = await _api.RunAsync(
                $"Reading the log of {result.Name} in {repo.FullName}", c => c.GetTraceAsync(repo.FullName, result.Id, new GitLabCall(repo) { ReadsLog = true }, cancellationToken), cancellationToken);
            var text = Plain(trace);
            return new CiLog(text, [], text.Length == 0 ? "its log is empty, or was erased" : "");
        }
        catch (ForgeRejectedException e)
        {
            return new CiLog("", [], e.Status switch
            {
                HttpStatusCode.NotFound => "there is no log of it (not written yet, never written, or the account may not see it)",
                HttpStatusCode.Forbidden => "its log may not be read by the account",
                _ => "its log could not be read",
            });
        }
    }

    /// <inheritdoc/>
    public async Task RerunAsync(RepoRef repo, CiResult result, CancellationToken cancellationToken)
    {
        if (result.Origin == CiOrigin.Status)
            throw new ForgeRejectedException("a commit status can only be reported anew by whoever reported it", HttpStatusCode.UnprocessableEntity);
        await _api.RunAsync(
            $"Running pipeline {result.Suite} of {repo.FullName} again", c => c.RetryPipelineAsync(repo.FullName, result.Suite, RunningCi(repo), cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>There is one file, so its name says nothing here.</remarks>
    public async Task StartWorkflowAsync(RepoRef repo, string workflow, string branch, CancellationToken cancellationToken) => await _api.RunAsync(
        $"Starting a pipeline on {branch} of {repo.FullName}", c => c.StartPipelineAsync(repo.FullName, new PipelineWritten(branch), RunningCi(repo), cancellationToken), cancellationToken);

    // Pipelines of merge requests may run on a commit of their own.
    private async Task<IReadOnlyList<MergeRequestSeen>> OpenMergeRequestsAsync(RepoRef repo, string sha, CancellationToken cancellationToken)
    {
        List<MergeRequestSeen> named;
        try
        {
            named = await _api.ListAsync(
                $"Looking for the merge requests of {Short(sha)} in {repo.FullName}", (c, page) => c.ListMergeRequestsOfAsync(repo.FullName, sha, page, Reading(repo), cancellationToken), cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden)
        {
            return [];
        }

        var open = new List<MergeRequestSeen>();
        foreach (var request in named.Where(m => m.State == "opened" && m.Sha == sha))
            open.Add(await ReadMergeRequestAsync(repo, request.Iid, cancellationToken));
        return open;
    }

    private async Task<List<JobSeen>> JobsAsync(RepoRef repo, PipelineSeen pipeline, CancellationToken cancellationToken)
    {
        var jobs = await _api.ListAsync(
            $"Reading the jobs of pipeline {pipeline.Id} of {repo.FullName}", (c, page) => c.ListJobsAsync(repo.FullName, pipeline.Id, page, Reading(repo), cancellationToken), cancellationToken);
        try
        {
            // What starts another pipeline is no job.
            jobs.AddRange(await _api.ListAsync(
                $"Reading the bridges of pipeline {pipeline.Id} of {repo.FullName}", (c, page) => c.ListBridgesAsync(repo.FullName, pipeline.Id, page, Reading(repo), cancellationToken), cancellationToken));
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden)
        {
            // An older server has none.
        }

        return jobs;
    }

    private static CiResult ResultOf(PipelineSeen pipeline, JobSeen job, int attempt) => new(job.Name ?? "", StateOf(job), false, job.FailureReason?.Replace('_', ' ') ?? "", Link(job.WebUrl))
    {
        Source = "gitlab-ci",
        Trigger = pipeline.Source ?? "",
        Suite = pipeline.Id,
        Attempt = attempt,
        Id = job.Id,
        Origin = CiOrigin.Job,
    };

    // One without jobs could not be made: a file that is not valid, or rules that leave nothing over.
    private static CiResult WholeOf(PipelineSeen pipeline) => new("pipeline", pipeline.Status == "failed" ? CiState.NotStarted : StateOf(pipeline.Status), false, pipeline.YamlErrors ?? "", Link(pipeline.WebUrl))
    {
        Source = "gitlab-ci",
        Trigger = pipeline.Source ?? "",
        Suite = pipeline.Id,
        Origin = CiOrigin.Job,
    };

    private static CiResult ResultOf(StatusSeen status, int attempt, Actor self)
    {
        var isOurs = status.Author?.Id == self.Id && status.Name?.StartsWith(OwnCheckPrefix, StringComparison.Ordinal) == true;
        return new CiResult(status.Name ?? "", status is { Status: "failed", AllowFailure: true } ? CiState.Skipped : StateOf(status.Status), isOurs, status.Description ?? "", Link(status.TargetUrl))
        {
            Source = $"status:{status.Author?.Username}",
            Attempt = attempt,
            Id = status.Id,
        };
    }

    private static CiState StateOf(JobSeen job) => job switch
    {
        { Status: "failed", AllowFailure: true } => CiState.Skipped,
        // It never ran: no runner took it, or what should run it broke.
        { Status: "failed", FailureReason: "stuck_or_timeout_failure" or "runner_unsupported" or "ci_quota_exceeded" or "no_matching_runner" or "user_blocked", StartedAt: null } => CiState.NotStarted,
        // One that may be left out waits for nobody.
        { Status: "manual", AllowFailure: true } => CiState.Skipped,
        _ => StateOf(job.Status),
    };

    // https://docs.gitlab.com/ci/jobs/#available-job-statuses
    private static CiState StateOf(string? status) => status switch
    {
        "success" => CiState.Passed,
        "failed" => CiState.Failed,
        "canceled" or "canceling" => CiState.Cancelled,
        "skipped" => CiState.Skipped,
        "manual" => CiState.NeedsPerson,
        "created" or "waiting_for_resource" or "preparing" or "waiting_for_callback" or "pending" or "running" or "scheduled" => CiState.Pending,
        _ => CiState.Failed,
    };

    private static GitLabCall RunningCi(RepoRef repo) => new(repo) { Permissions = TokenPermissions.RunCi, IsRepeatable = false };

    private static Uri? Link(string? url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : null;

    private static string Short(string sha) => sha.Length > 8 ? sha[..8] : sha;

    // Colours, and lines that make sections fold: "section_start:1700000000:name[collapsed=true]\r\e[0K". Since version 17 each line may begin with
    // its time and stream, "2026-01-01T00:00:00.000000Z 00O ".
    private static string Plain(string trace) => Decoration().Replace(Stamp().Replace(trace, ""), "");

    [GeneratedRegex(@"section_(start|end):[0-9]+:[^\r\n]*?(\r|(?=\n|$))(\x1b\[0K)?|\x1b\[[0-9;]*[A-Za-z]|\r(?=\n)", RegexOptions.ExplicitCapture)]
    private static partial Regex Decoration();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}Z [0-9a-f]{2}[OE][ +]", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Stamp();
}
