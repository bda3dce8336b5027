using System.Net;
using Octokit;

namespace CodingAgent.Forges.GitHub;

/// <content>Commits made through the Git database API, which GitHub signs for an App that names neither author nor committer.</content>
public sealed partial class GitHubForge
{
    private const string NotForward = "not a fast forward";

    // GitHub could not look: https://docs.github.com/rest/commits/commits, "Signature verification object".
    private static readonly string[] NotLooked = ["gpgverify_error", "gpgverify_unavailable"];

    /// <inheritdoc/>
    /// <remarks>An account's token makes commits through this API too, and GitHub leaves them unsigned.</remarks>
    public bool SignsCommits(RepoRef repo) => _app is not null;

    /// <inheritdoc/>
    public async Task<MadeCommit> MakeCommitAsync(RepoRef repo, NewCommit commit, CancellationToken cancellationToken)
    {
        var asked = new Octokit.NewCommit(commit.Message, commit.Tree, commit.Parents);
        var made = await SeeingNewObjectsAsync(() => _api.RunAsync(Writing(repo, cancellationToken), c => c.Git.Commit.Create(repo.Owner, repo.Name, asked)));
        var (verified, reason) = (made.Verification?.Verified ?? false, made.Verification?.Reason.StringValue ?? "unsigned");
        if (!verified && NotLooked.Contains(reason))
            throw new ForgeUnavailableException($"GitHub could not verify the commit {made.Sha} ({reason}).");
        return new MadeCommit(made.Sha, new NewCommit(made.Tree.Sha, [.. made.Parents.Select(p => p.Sha)], made.Message ?? ""), verified, reason);
    }

    /// <inheritdoc/>
    public async Task<bool> MoveBranchAsync(RepoRef repo, BranchMove move, CancellationToken cancellationToken)
    {
        if (string.Equals(move.Branch, move.DefaultBranch, StringComparison.OrdinalIgnoreCase))
            throw new ForgeRejectedException($"'{move.Branch}' is the default branch; it is never moved.", HttpStatusCode.BadRequest);
        // GitHub takes no expectation, and forwards a branch that somebody put back as well.
        if (await GetBranchHeadAsync(repo, move.Branch, cancellationToken) is var now && now == move.To)
            return true;
        if (now != move.From)
            return false;
        try
        {
            await SeeingNewObjectsAsync(() => _api.RunAsync(Writing(repo, cancellationToken), c => move.From is null
                ? c.Git.Reference.Create(repo.Owner, repo.Name, new NewReference($"refs/heads/{move.Branch}", move.To))
                : c.Git.Reference.Update(repo.Owner, repo.Name, $"heads/{EscapePath(move.Branch)}", new ReferenceUpdate(move.To, force: false))));
            return true;
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.UnprocessableEntity or HttpStatusCode.Conflict)
        {
            // It may have been done by a request whose answer was lost, or by somebody else, or never.
            var then = await GetBranchHeadAsync(repo, move.Branch, cancellationToken);
            if (then == move.To)
                return true;
            if (then != move.From)
                return false;
            // GitHub's own servers may lag behind each other (rust-lang/homu#75).
            if (e.Message.Contains(NotForward, StringComparison.OrdinalIgnoreCase))
                throw new ForgeUnavailableException(e.Message, null, e);
            throw;
        }
    }

    // Objects were pushed, and a commit made, a moment ago.
    private static async Task<T> SeeingNewObjectsAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.UnprocessableEntity && IsUnseen(e.Message))
        {
            throw new ForgeUnavailableException(e.Message, null, e);
        }
    }

    private static bool IsUnseen(string words) => words.Contains("does not exist", StringComparison.OrdinalIgnoreCase) && !words.Contains("Reference does not exist", StringComparison.OrdinalIgnoreCase);

    private static GitHubCall Writing(RepoRef repo, CancellationToken cancellationToken) => new(repo, cancellationToken) { Permissions = TokenPermissions.WriteContents };
}
