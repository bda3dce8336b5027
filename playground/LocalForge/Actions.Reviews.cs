using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.GitLab;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge;

/// <content>Reviews, line comments and discussions.</content>
internal sealed partial class Actions
{
    /// <summary>Asks these for a review and nobody else; who stays keeps the state.</summary>
    public void SetReviewers(Issue issue, Account by, IReadOnlyList<Account> accounts)
    {
        var reviewers = issue.Pull!.Reviewers;
        var wanted = accounts.Select(a => reviewers.Find(r => r.Account == a) ?? new Reviewer(a, world.Now)).ToList();
        if (wanted.SequenceEqual(reviewers))
            return;
        reviewers.Clear();
        reviewers.AddRange(wanted);
        Touch(issue);
        gitLab.Changed(issue, by);
    }

    /// <summary>Takes back an approval; false when there was none.</summary>
    public bool Unapprove(Issue issue, Account by)
    {
        if (issue.Pull!.Approvals.RemoveAll(a => a.By == by) == 0)
            return false;
        foreach (var review in issue.Pull.Reviews.Where(r => r.Author == by && r.State == "APPROVED"))
            review.State = "DISMISSED";
        NoteReview(issue, by, "unapproved");
        return true;
    }

    /// <summary>Asks for changes without a word, as GitLab lets a reviewer do.</summary>
    public void RequestChanges(Issue issue, Account by)
    {
        var review = StartReview(issue, by, commitSha: null);
        (review.State, review.SubmittedAt) = ("CHANGES_REQUESTED", world.Now);
        issue.Pull!.Approvals.RemoveAll(a => a.By == by);
        Tell("pull_request_review", "submitted", issue.Repo, by, ("review", shapes.ReviewForHook(review, issue)), ("pull_request", shapes.Pull(issue)));
        NoteReview(issue, by, "requested_changes");
    }

    /// <summary>Resolves the discussion of a note, or opens it again.</summary>
    public void Resolve(Issue issue, Note root, Account by, bool isResolved)
    {
        if (root.IsResolved == isResolved)
            return;
        var edit = isResolved ? new TextEdit(by, world.Now) : null;
        if (root.Line is { } line)
            (line.IsResolved, line.Resolved) = (isResolved, edit);
        else
            root.Comment!.Resolved = edit;
        if (isResolved && GitLabShapes.Discussions(issue).All(d => !d[0].IsResolvable || d[0].IsResolved))
            gitLab.AllResolved(issue, by);
    }

    public void DeleteReviewComment(Issue issue, ReviewComment comment) => issue.Pull!.Comments.Remove(comment);

    public void SubmitReview(Issue issue, Review review, string body, string state)
    {
        var own = review.Author == issue.Author;
        var comments = issue.Pull!.Comments.Where(c => c.Review == review).ToList();
        if (own && state is "APPROVED" or "CHANGES_REQUESTED")
            throw new ApiProblem(422, "Unprocessable Entity", new JsonArray($"Can not {(state == "APPROVED" ? "approve" : "request changes on")} your own pull request"));
        if (body.Length == 0 && (state == "CHANGES_REQUESTED" || (state == "COMMENTED" && comments.Count == 0)))
            throw new ApiProblem(422, "Unprocessable Entity", new JsonArray("Review body can't be blank"));
        (review.Body, review.State, review.SubmittedAt) = (body, state, world.Now);
        Touch(issue);
        Tell("pull_request_review", "submitted", issue.Repo, review.Author,
            ("review", shapes.ReviewForHook(review, issue)), ("pull_request", shapes.Pull(issue)));
        foreach (var comment in comments)
            TellReviewComment(issue, comment, review.Author, "created");
        foreach (var comment in comments)
            gitLab.NoteChanged(Note.Of(issue, comment), review.Author, "create");
        if (body.Length > 0)
            gitLab.NoteChanged(Note.Of(issue, review), review.Author, "create");
        if (state is "APPROVED" or "CHANGES_REQUESTED")
            NoteReview(issue, review.Author, state == "APPROVED" ? "approved" : "requested_changes");
    }

    public void EditReview(Issue issue, Review review, Account by, string body)
    {
        var old = review.Body;
        review.Body = body;
        review.Edit = new TextEdit(by, world.Now);
        Tell("pull_request_review", "edited", issue.Repo, by,
            ("review", shapes.ReviewForHook(review, issue)), ("pull_request", shapes.Pull(issue)),
            ("changes", new JsonObject { ["body"] = new JsonObject { ["from"] = old } }));
    }

    public Review StartReview(Issue issue, Account author, string? commitSha)
    {
        var review = new Review(world.NextId(), author, commitSha ?? issue.Pull!.HeadSha);
        issue.Pull!.Reviews.Add(review);
        return review;
    }

    /// <summary>Adds a line comment to a review that is not yet submitted.</summary>
    public async Task<ReviewComment> AddReviewCommentAsync(Issue issue, Review review, string path, int? line, string side, string body, int? startLine)
    {
        var pull = issue.Pull!;
        var files = await issue.Repo.Git.DiffAsync(pull.BaseSha, pull.HeadSha);
        var file = files.FirstOrDefault(f => f.Path == path)
            ?? throw ApiProblem.Invalid("PullRequestReviewComment", "pull_request_review_thread.path could not be resolved");
        var hunk = line is null ? "" : UnifiedDiff.HunkAt(file.Patch, line.Value, side == "LEFT")
            ?? throw ApiProblem.Invalid("PullRequestReviewComment", "pull_request_review_thread.line must be part of the diff", "pull_request_review_thread.line");
        if (startLine is { } start && !(start < line && UnifiedDiff.HunkAt(file.Patch, start, side == "LEFT") is not null))
            throw ApiProblem.Invalid("PullRequestReviewComment", "pull_request_review_thread.start_line must precede the end line and be part of the diff", "pull_request_review_thread.start_line");
        var comment = new ReviewComment(world.NextId(), review.Author, review, path, body, world.Now)
        {
            Line = line,
            OriginalLine = line,
            StartLine = startLine,
            OriginalStartLine = startLine,
            Side = side,
            DiffHunk = hunk,
            OriginalCommit = pull.HeadSha,
            Place = new DiffPlace(
                file.PreviousPath ?? file.Path, file.Path, UnifiedDiff.NumbersAt(file.Patch, line, side == "LEFT").Old, UnifiedDiff.NumbersAt(file.Patch, line, side == "LEFT").New,
                pull.Versions[^1].BaseSha, pull.Versions[^1].StartSha),
        };
        pull.Comments.Add(comment);
        return comment;
    }

    /// <summary>Answers a thread; as on GitHub the answer travels in a review of its own.</summary>
    public ReviewComment Reply(Issue issue, ReviewComment root, Account author, string body)
    {
        var review = StartReview(issue, author, root.OriginalCommit);
        var reply = new ReviewComment(world.NextId(), author, review, root.Path, body, world.Now)
        {
            InReplyTo = root.Id,
            Line = root.Line,
            OriginalLine = root.OriginalLine,
            StartLine = root.StartLine,
            OriginalStartLine = root.OriginalStartLine,
            Side = root.Side,
            DiffHunk = root.DiffHunk,
            OriginalCommit = root.OriginalCommit,
            Place = root.Place,
        };
        issue.Pull!.Comments.Add(reply);
        SubmitReview(issue, review, "", "COMMENTED");
        return reply;
    }

    public void EditReviewComment(Issue issue, ReviewComment comment, Account by, string body)
    {
        comment.Body = body;
        comment.UpdatedAt = world.Now;
        comment.Edit = new TextEdit(by, world.Now);
        TellReviewComment(issue, comment, by, "edited");
        gitLab.NoteChanged(Note.Of(issue, comment), by, "update");
    }

    // What a review does to GitLab's list of reviewers, to which whoever reviews belongs from then on.
    private void NoteReview(Issue issue, Account by, string state)
    {
        var pull = issue.Pull!;
        var reviewer = pull.Reviewers.Find(r => r.Account == by);
        if (reviewer is null)
            pull.Reviewers.Add(reviewer = new Reviewer(by, world.Now));
        reviewer.State = state;
        if (state == "approved" && !pull.Approvals.Exists(a => a.By == by))
            pull.Approvals.Add(new Approval(by, world.Now));
        Touch(issue);
        gitLab.Reviewed(issue, by, state);
    }

    private void TellReviewComment(Issue issue, ReviewComment comment, Account by, string action) =>
        Tell("pull_request_review_comment", action, issue.Repo, by,
            ("comment", shapes.ReviewComment(comment, issue)), ("pull_request", shapes.Pull(issue)));
}
