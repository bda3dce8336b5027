using System.Net;
using static CodingAgent.Forges.GitLab.GitLabWire;

namespace CodingAgent.Forges.GitLab;

/// <content>Merge requests and what reviewers say of them.</content>
public sealed partial class GitLabForge
{
    private const int LongestTitle = 255;
    private const int MostFiles = 1000;

    // GitLab's own words, in English whatever the reader's language is. https://docs.gitlab.com/user/project/system_notes/
    private const string RequestedChanges = "requested changes";
    private const string Approved = "approved this merge request";

    /// <inheritdoc/>
    public async Task<PullRequest> GetPullAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        await PullOfAsync(repo, await ReadMergeRequestAsync(repo, number, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<PullRequest?> FindPullByBranchAsync(RepoRef repo, string headBranch, CancellationToken cancellationToken)
    {
        var open = await _api.ListAsync(
            $"Looking for the merge request of {headBranch} in {repo.FullName}", (c, page) => c.ListMergeRequestsAsync(repo.FullName, "opened", headBranch, page, Reading(repo), cancellationToken), cancellationToken);
        // A fork may have a branch of that name, too.
        var own = open.Find(m => m.SourceBranch == headBranch && m.SourceProjectId == m.TargetProjectId);
        return own is null ? null : await PullOfAsync(repo, own, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<PullRequest> EnsureDraftPullAsync(RepoRef repo, NewPullRequest pull, CancellationToken cancellationToken)
    {
        var request = new MergeRequestWritten
        {
            SourceBranch = pull.HeadBranch,
            TargetBranch = pull.BaseBranch,
            Title = Draft.With(pull.Title, LongestTitle),
            Description = MarkedBody.Cut(pull.Body, LongestBody),
        };
        try
        {
            var made = await _api.RunAsync(
                $"Opening a merge request of {pull.HeadBranch} in {repo.FullName}", c => c.CreateMergeRequestAsync(repo.FullName, request, Merging(repo, isNew: true), cancellationToken), cancellationToken);
            return await PullOfAsync(repo, made, cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.Conflict or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotFound or HttpStatusCode.MovedPermanently)
        {
            // "Another open merge request already exists for this source branch"; or a project of another name, where only reading is led on.
            return await FindPullByBranchAsync(repo, pull.HeadBranch, cancellationToken) ?? throw new ForgeRejectedException(e.Message, e.Status);
        }
    }

    /// <inheritdoc/>
    public async Task UpdatePullAsync(RepoRef repo, int number, string title, string body, CancellationToken cancellationToken)
    {
        var now = await ReadMergeRequestAsync(repo, number, cancellationToken);
        var change = new SubjectWritten
        {
            Title = IsDraft(now) ? Draft.With(title, LongestTitle) : MarkedBody.Cut(title, LongestTitle),
            Description = MarkedBody.Cut(body, LongestBody),
        };
        await ChangeAsync(repo, Subject.Pull(number), change, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task MarkReadyAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var now = await ReadMergeRequestAsync(repo, number, cancellationToken);
        if (IsDraft(now))
            await ChangeAsync(repo, Subject.Pull(number), new SubjectWritten { Title = Draft.Without(now.Title ?? "") }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PullRequestFile>> ListChangesAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        return [.. (await ListDiffsAsync(repo, number, cancellationToken)).Take(MostFiles).Select(ChangeOf)];

        static PullRequestFile ChangeOf(DiffSeen diff) => new(
            (diff.DeletedFile ? diff.OldPath : diff.NewPath) ?? "",
            diff.NewFile ? FileChange.Added : diff.DeletedFile ? FileChange.Removed : diff.RenamedFile ? FileChange.Moved : FileChange.Modified,
            string.IsNullOrEmpty(diff.Diff) ? null : diff.Diff.TrimEnd('\n'))
        { OldPath = diff.RenamedFile ? diff.OldPath : null };
    }

    /// <inheritdoc/>
    /// <remarks>The whole list is written; the free edition keeps one of it.</remarks>
    public async Task RequestReviewAsync(RepoRef repo, int number, string reviewer, CancellationToken cancellationToken)
    {
        var user = await FindUserAsync(repo, reviewer, cancellationToken) ?? throw new ForgeRejectedException($"There is no user {reviewer}.", HttpStatusCode.NotFound);
        var now = await ListReviewersOfAsync(repo, number, cancellationToken);
        if (now.Contains(user.Id))
            return;
        await ChangeAsync(repo, Subject.Pull(number), new SubjectWritten { ReviewerIds = [.. now, user.Id] }, cancellationToken);
        // Who may not see the project is left out in silence.
        if (!(await ListReviewersOfAsync(repo, number, cancellationToken)).Contains(user.Id))
            throw new ForgeRejectedException($"{reviewer} cannot be a reviewer here.", HttpStatusCode.UnprocessableEntity);
    }

    private async Task<List<long>> ListReviewersOfAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var reviewers = await _api.RunAsync(Named("Asking for the reviewers of", repo, Subject.Pull(number)), c => c.ListReviewersAsync(repo.FullName, number, Reading(repo), cancellationToken), cancellationToken);
        return [.. reviewers.Select(r => r.User?.Id).OfType<long>()];
    }

    /// <inheritdoc/>
    public async Task ClosePullAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        if ((await ReadMergeRequestAsync(repo, number, cancellationToken)).State == "opened")
            await ChangeAsync(repo, Subject.Pull(number), new SubjectWritten { StateEvent = "close" }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Review> GetReviewAsync(RepoRef repo, int number, long reviewId, CancellationToken cancellationToken) =>
        (await FindReviewAsync(repo, number, reviewId, withEdit: false, cancellationToken))?.Review
        ?? throw new ForgeRejectedException($"{Named("Reading a verdict of", repo, Subject.Pull(number))}: there is none of the number {reviewId}.", HttpStatusCode.NotFound);

    /// <inheritdoc/>
    /// <remarks>
    /// GitLab has no reviews, only reviewers and what they decided last; that they did is a note of its own in the conversation, whose number and time
    /// are taken for the review's.
    /// </remarks>
    public async Task<RecordedReview?> FindReviewAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken)
    {
        var note = await _api.FindAsync(
            Named("Reading a verdict of", repo, Subject.Pull(number)), c => c.GetNoteAsync(repo.FullName, "merge_requests", number, id, Reading(repo), cancellationToken), cancellationToken);
        return note is not null && VerdictOf(note) is { } verdict
            ? new RecordedReview(ReviewOf(note, verdict, await StandingAsync(repo, number, cancellationToken), await ListVersionsAsync(repo, number, cancellationToken)), null)
            : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Review>> ListReviewsAsync(RepoRef repo, int number, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var standing = await StandingAsync(repo, number, cancellationToken);
        if (standing.Count == 0)
            return [];
        var verdicts = (await ListNotesAsync(repo, Subject.Pull(number), cancellationToken)).Where(n => VerdictOf(n) is not null).GroupBy(n => n.Author?.Id).Select(g => g.MaxBy(n => n.Id)!).ToList();
        var versions = verdicts.Count > 0 ? await ListVersionsAsync(repo, number, cancellationToken) : [];
        return [.. verdicts.Select(n => ReviewOf(n, VerdictOf(n)!.Value, standing, versions)).Where(r => r.State != ReviewState.Commented && r.SubmittedAt >= since).OrderBy(r => r.Id)];
    }

    // What each one's verdict is now; empty where none has any. Who approves need not be a reviewer.
    private async Task<Dictionary<long, ReviewState>> StandingAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var doing = Named("Asking for the reviewers of", repo, Subject.Pull(number));
        var approvals = await _api.FindAsync(doing, c => c.GetApprovalsAsync(repo.FullName, number, Reading(repo), cancellationToken), cancellationToken);
        var reviewers = await _api.FindAsync(doing, c => c.ListReviewersAsync(repo.FullName, number, Reading(repo), cancellationToken), cancellationToken);
        var standing = (approvals?.ApprovedBy ?? []).Select(a => a.User).OfType<UserSeen>().Select(u => u.Id).Distinct().ToDictionary(id => id, _ => ReviewState.Approved);
        // What a reviewer decided last.
        foreach (var reviewer in reviewers ?? [])
        {
            if (reviewer is { User: { } user, State: "requested_changes" or "approved" })
                standing[user.Id] = reviewer.State == "approved" ? ReviewState.Approved : ReviewState.ChangesRequested;
        }

        return standing;
    }

    private Task<List<VersionSeen>> ListVersionsAsync(RepoRef repo, int number, CancellationToken cancellationToken) => _api.ListAsync(
        Named("Reading the versions of", repo, Subject.Pull(number)), (c, page) => c.ListVersionsAsync(repo.FullName, number, page, Reading(repo), cancellationToken), cancellationToken);

    private static ReviewState? VerdictOf(NoteSeen note) => note is { System: true, Body: { } body }
        ? body.Trim() switch { RequestedChanges => ReviewState.ChangesRequested, Approved => ReviewState.Approved, _ => null }
        : null;

    // A verdict that was taken back, or replaced by another, is none any more.
    private static Review ReviewOf(NoteSeen note, ReviewState said, Dictionary<long, ReviewState> standing, List<VersionSeen> versions)
    {
        var author = ActorOf(note.Author);
        var state = standing.TryGetValue(author.Id, out var now) && now == said ? said : ReviewState.Commented;
        // The newest version that was there to be judged.
        var version = versions.Where(v => v.CreatedAt <= note.CreatedAt).MaxBy(v => v.Id) ?? versions.MinBy(v => v.Id);
        return new Review(note.Id, author, state, "", version?.HeadCommitSha ?? "", note.CreatedAt);
    }

    private Task<MergeRequestSeen> ReadMergeRequestAsync(RepoRef repo, int number, CancellationToken cancellationToken) => _api.RunAsync(
        Named("Reading", repo, Subject.Pull(number)), c => c.GetMergeRequestAsync(repo.FullName, number, Reading(repo), cancellationToken), cancellationToken);

    private static bool IsDraft(MergeRequestSeen request) => request.Draft ?? Draft.Is(request.Title ?? "");

    private async Task<PullRequest> PullOfAsync(RepoRef repo, MergeRequestSeen request, CancellationToken cancellationToken) => new(
        request.Iid,
        Draft.Without(request.Title ?? ""),
        request.Description ?? "",
        ActorOf(request.Author),
        new PullHead(request.SourceBranch ?? "", request.Sha ?? request.DiffRefs?.HeadSha ?? "", await HeadRepoAsync(repo, request, cancellationToken)),
        request.TargetBranch ?? "",
        request.DiffRefs?.StartSha ?? request.DiffRefs?.BaseSha ?? "",
        IsDraft(request),
        request.State is "opened" or "locked",
        request.State == "merged",
        WebOf(request.WebUrl))
    {
        MustFollowBase = request.DetailedMergeStatus == "need_rebase",
    };

    // Of a fork its number is named; one that was deleted, or that we may not see, is nobody's.
    private async Task<RepoRef?> HeadRepoAsync(RepoRef repo, MergeRequestSeen request, CancellationToken cancellationToken)
    {
        if (request.SourceProjectId is not { } source)
            return null;
        if (source == request.TargetProjectId)
            return repo;
        var fork = await _api.FindAsync($"Reading the fork behind {repo.FullName}!{request.Iid}", c => c.GetProjectAsync(Number(source), Reading(repo), cancellationToken), cancellationToken);
        return RepoOf(fork?.PathWithNamespace);
    }
}
