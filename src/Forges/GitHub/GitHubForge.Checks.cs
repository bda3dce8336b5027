using System.Net;
using Octokit;

namespace CodingAgent.Forges.GitHub;

/// <content>
/// CI results: check runs, the workflow runs they belong to, and commit statuses. Check runs can be written by apps only: as an app our own check is
/// one, with a personal token it is a commit status.
/// </content>
public sealed partial class GitHubForge
{
    /// <summary>Names of what this product reports begin so; they never count towards green.</summary>
    public const string OwnCheckPrefix = "coding-agent/";

    private const int LongestDescription = 140;
    private const int LongestSummary = 8000;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CiResult>> GetCiAsync(RepoRef repo, string sha, CancellationToken cancellationToken)
    {
        var self = await GetSelfAsync(repo, cancellationToken);
        var checks = await ListRunsAsync(repo, sha, cancellationToken);
        var statuses = await ListStatusesAsync(repo, sha, cancellationToken);
        var workflows = await ListWorkflowRunsAsync(repo, sha, cancellationToken);
        // Jobs say which try they are of, and whether one that failed ever began.
        var failed = checks.Where(c => StateOf(c.Status.StringValue, c.Conclusion?.StringValue) == CiState.Failed).Select(c => c.CheckSuite?.Id ?? 0).ToHashSet();
        var jobs = new Dictionary<long, JobSeen>();
        foreach (var run in workflows.Where(w => w.RunAttempt > 1 || failed.Contains(w.CheckSuiteId)))
            await AddJobsAsync(repo, run, jobs, cancellationToken);
        var results = ResultsOf(checks, workflows.ToLookup(w => w.CheckSuiteId), jobs, self)
            .Concat(statuses.GroupBy(s => s.Context).SelectMany(c => c.OrderBy(s => s.Id).Select((s, i) => StatusOf(s, i + 1, self)))).ToList();
        return CiTries.Newest(results.Concat(WholeRuns(workflows, results)));
    }

    /// <inheritdoc/>
    /// <remarks>As an app a check run with all of it. A commit status holds one line of 140 characters: <see cref="EvidenceCheck.Summary"/> is not sent, and belongs in a comment or the pull request's body.</remarks>
    public async Task EnsureCheckAsync(RepoRef repo, EvidenceCheck check, CancellationToken cancellationToken)
    {
        if (_app is not null)
        {
            await EnsureCheckRunAsync(repo, check, cancellationToken);
            return;
        }

        var state = check.Conclusion switch { CiState.Passed => CommitState.Success, CiState.Failed => CommitState.Failure, _ => CommitState.Pending };
        var line = check.Title.ReplaceLineEndings(" ");
        var description = line.Length <= LongestDescription ? line : line[..(LongestDescription - 1)] + "…";
        var newest = (await ListStatusesAsync(repo, check.HeadSha, cancellationToken)).Where(s => s.Context == check.Name).MaxBy(s => s.Id);
        if (newest is not null && newest.State.TryParse(out var now) && now == state && newest.Description == description
            && await IsSelfAsync(repo, ActorOf(newest.Creator), cancellationToken))
            return;
        await _api.RunAsync(
            new GitHubCall(repo, cancellationToken) { Permissions = TokenPermissions.WriteChecks },
            c => c.Repository.Status.Create(
                repo.Owner, repo.Name, Escape(check.HeadSha), new NewCommitStatus { State = state, Context = check.Name, Description = description }));
    }

    // The list of statuses names their creators; the combined view does not.
    private Task<IReadOnlyList<CommitStatus>> ListStatusesAsync(RepoRef repo, string sha, CancellationToken cancellationToken)
    {
        var commit = Escape(sha);
        return _api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.Repository.Status.GetAll(repo.Owner, repo.Name, commit, AllPages));
    }

    private async Task<IReadOnlyList<CheckRun>> ListRunsAsync(RepoRef repo, string sha, CancellationToken cancellationToken)
    {
        var commit = Escape(sha);
        // The latest alone would hide that one failed before, and one of two of a name in a suite.
        var all = new CheckRunRequest { Filter = CheckRunCompletedAtFilter.All };
        try
        {
            return (await _api.RunAsync(
                new GitHubCall(repo, cancellationToken), c => c.Check.Run.GetAllForReference(repo.Owner, repo.Name, commit, all, AllPages))).CheckRuns;
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            // GitHub offers fine-grained tokens no permission for checks, and its own message does not say so.
            throw new ForgeRejectedException(
                e.Message + (_app is null ? " (a fine-grained personal token cannot read check runs: use a classic one with the repo scope)" : " (the App's installation must grant checks: read)"), e.Status);
        }
    }

    private static IEnumerable<CiResult> ResultsOf(
        IReadOnlyList<CheckRun> checks, ILookup<long, WorkflowRunSeen> workflows, Dictionary<long, JobSeen> jobs, Actor self)
    {
        foreach (var named in checks.GroupBy(c => (Suite: c.CheckSuite?.Id ?? 0, App: c.App?.Slug ?? "", Name: c.Name ?? "")))
        {
            var ordered = named.OrderBy(c => c.Id).ToList();
            if (workflows[named.Key.Suite].FirstOrDefault() is { } workflow && named.Key.Suite > 0)
            {
                foreach (var check in ordered)
                {
                    var (job, result) = (jobs.GetValueOrDefault(check.Id), RunOf(check, self));
                    yield return result with
                    {
                        State = result.State == CiState.Failed && job is { Steps.Count: 0 } ? CiState.NotStarted : result.State,
                        Source = workflow.Source,
                        Workflow = workflow.Name ?? "",
                        Trigger = workflow.Event ?? "",
                        Suite = workflow.Id,
                        // One that is not on the list of tries has just begun.
                        Attempt = Math.Max(1, job?.RunAttempt ?? workflow.RunAttempt),
                        Origin = CiOrigin.Job,
                    };
                }

                continue;
            }

            // Without its run a job's workflow is not known: then it stands for no other commit's and no other suite's job of that name.
            var isJob = named.Key.App == ActionsApp;
            var tries = isJob ? TriesByTime(ordered) : Enumerable.Range(1, ordered.Count);
            foreach (var (check, attempt) in ordered.Zip(tries))
            {
                yield return RunOf(check, self) with
                {
                    Source = isJob ? $"{ActionsApp}/{named.Key.Suite}" : $"app:{named.Key.App}",
                    Trigger = $"suite {named.Key.Suite}",
                    Suite = named.Key.Suite,
                    Attempt = attempt,
                    Origin = isJob ? CiOrigin.Job : CiOrigin.Check,
                };
            }
        }
    }

    // A try begins when the one before it has ended; what runs at the same time stands beside each other.
    private static IEnumerable<int> TriesByTime(IEnumerable<CheckRun> ordered)
    {
        var (attempt, ends) = (1, DateTimeOffset.MinValue);
        var isFirst = true;
        foreach (var run in ordered)
        {
            if (!isFirst && run.StartedAt >= ends)
                (attempt, ends) = (attempt + 1, DateTimeOffset.MinValue);
            isFirst = false;
            var end = run.CompletedAt ?? DateTimeOffset.MaxValue;
            ends = end > ends ? end : ends;
            yield return attempt;
        }
    }

    private static CiResult RunOf(CheckRun run, Actor self)
    {
        var summary = string.Join("\n\n", new[] { run.Output?.Title, run.Output?.Summary, run.Output?.Text }.Where(t => !string.IsNullOrWhiteSpace(t)));
        // An app's account is its slug with "[bot]"; with a personal token no check run can be ours.
        var isOurs = IsOwnName(run.Name) && run.App?.Slug is { Length: > 0 } slug && self.Login.Equals(slug + "[bot]", StringComparison.OrdinalIgnoreCase);
        return new CiResult(run.Name ?? "", StateOf(run.Status.StringValue, run.Conclusion?.StringValue), isOurs, Tail(summary), Link(run.DetailsUrl ?? run.HtmlUrl)) { Id = run.Id };
    }

    // Words that are not known count as what they are not: neither completed nor a success.
    private static CiState StateOf(string? status, string? conclusion) => status != "completed" ? CiState.Pending : conclusion switch
    {
        "success" => CiState.Passed,
        "neutral" or "skipped" => CiState.Skipped,
        "cancelled" => CiState.Cancelled,
        "stale" => CiState.Stale,
        "action_required" => CiState.NeedsPerson,
        "startup_failure" => CiState.NotStarted,
        _ => CiState.Failed,
    };

    private static CiResult StatusOf(CommitStatus status, int attempt, Actor self)
    {
        var state = status.State.StringValue switch { "success" => CiState.Passed, "pending" => CiState.Pending, _ => CiState.Failed };
        return new CiResult(
            status.Context ?? "", state, IsOwnName(status.Context) && status.Creator?.Id == self.Id, Tail(status.Description ?? ""), Link(status.TargetUrl))
        {
            Source = "status",
            Attempt = attempt,
            Id = status.Id,
        };
    }

    private static bool IsOwnName(string? name) => name?.StartsWith(OwnCheckPrefix, StringComparison.Ordinal) ?? false;

    private static Uri? Link(string? url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : null;

    // What failed is usually said last.
    private static string Tail(string text) => text.Length <= LongestSummary ? text : "…" + text[^LongestSummary..];
}
