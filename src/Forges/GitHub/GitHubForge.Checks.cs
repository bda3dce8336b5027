using System.Net;
using Octokit;

namespace CodingAgent.Forges.GitHub;

/// <content>CI results. Check runs can be written by apps only, so with a personal token our own check is a commit status.</content>
public sealed partial class GitHubForge
{
    /// <summary>Names of what this product reports begin so; they never count towards green.</summary>
    public const string OwnCheckPrefix = "coding-agent/";

    private const int LongestDescription = 140;
    private const int LongestSummary = 8000;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CiResult>> GetCiAsync(RepoRef repo, string sha, CancellationToken cancellationToken)
    {
        var self = await GetSelfAsync(cancellationToken);
        var runs = await ListRunsAsync(repo, sha, cancellationToken);
        var statuses = await ListStatusesAsync(repo, sha, cancellationToken);
        // Two apps may use one name. Keeping both means that neither can hide the other's failure.
        return runs.OrderByDescending(r => r.Id).DistinctBy(r => (r.App?.Slug, r.Name)).Select(r => RunOf(r, self))
            .Concat(statuses.OrderByDescending(s => s.Id).DistinctBy(s => s.Context).Select(s => StatusOf(s, self)))
            .OrderBy(r => r.Name, StringComparer.Ordinal).ToList();
    }

    /// <inheritdoc/>
    /// <remarks>A commit status holds one line of 140 characters: <see cref="EvidenceCheck.Summary"/> is not sent, and belongs in a comment or the pull request's body.</remarks>
    public async Task EnsureCheckAsync(RepoRef repo, EvidenceCheck check, CancellationToken cancellationToken)
    {
        var state = check.Conclusion switch { CiState.Passed => CommitState.Success, CiState.Failed => CommitState.Failure, _ => CommitState.Pending };
        var line = check.Title.ReplaceLineEndings(" ");
        var description = line.Length <= LongestDescription ? line : line[..(LongestDescription - 1)] + "…";
        var newest = (await ListStatusesAsync(repo, check.HeadSha, cancellationToken)).Where(s => s.Context == check.Name).MaxBy(s => s.Id);
        if (newest is not null && newest.State.TryParse(out var now) && now == state && newest.Description == description
            && await IsSelfAsync(ActorOf(newest.Creator), cancellationToken))
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
        var latest = new CheckRunRequest { Filter = CheckRunCompletedAtFilter.Latest };
        try
        {
            return (await _api.RunAsync(
                new GitHubCall(repo, cancellationToken), c => c.Check.Run.GetAllForReference(repo.Owner, repo.Name, commit, latest, AllPages))).CheckRuns;
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            // GitHub offers fine-grained tokens no permission for checks, and its own message does not say so.
            throw new ForgeRejectedException(e.Message + " (a fine-grained personal token cannot read check runs: use a classic one with the repo scope)", e.Status);
        }
    }

    private static CiResult RunOf(CheckRun run, Actor self)
    {
        // Words that Octokit does not know yet count as what they are not: neither completed nor a success.
        var state = run.Status.StringValue != "completed" ? CiState.Pending
            : run.Conclusion?.StringValue is "success" or "neutral" or "skipped" ? CiState.Passed
            : CiState.Failed;
        var summary = string.Join("\n\n", new[] { run.Output?.Title, run.Output?.Summary, run.Output?.Text }.Where(t => !string.IsNullOrWhiteSpace(t)));
        // An app's account is its slug with "[bot]"; with a personal token no check run can be ours.
        var isOurs = IsOwnName(run.Name) && run.App?.Slug is { Length: > 0 } slug && self.Login.Equals(slug + "[bot]", StringComparison.OrdinalIgnoreCase);
        return new CiResult(run.Name ?? "", state, isOurs, Tail(summary), Link(run.DetailsUrl ?? run.HtmlUrl));
    }

    private static CiResult StatusOf(CommitStatus status, Actor self)
    {
        var state = status.State.StringValue switch { "success" => CiState.Passed, "pending" => CiState.Pending, _ => CiState.Failed };
        return new CiResult(
            status.Context ?? "", state, IsOwnName(status.Context) && status.Creator?.Id == self.Id, Tail(status.Description ?? ""), Link(status.TargetUrl));
    }

    private static bool IsOwnName(string? name) => name?.StartsWith(OwnCheckPrefix, StringComparison.Ordinal) ?? false;

    private static Uri? Link(string? url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : null;

    // What failed is usually said last.
    private static string Tail(string text) => text.Length <= LongestSummary ? text : "…" + text[^LongestSummary..];
}
