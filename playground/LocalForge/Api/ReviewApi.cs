using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>Reviews and line comments.</summary>
internal sealed class ReviewApi(Shapes shapes, Actions actions, IssueApi issues)
{
    public void Map(ApiRoutes routes)
    {
        const string repo = "/repos/{owner}/{repo}", pull = repo + "/pulls/{number:int}", comment = repo + "/pulls/comments/{id:long}";
        routes.Get(pull + "/reviews", c => c.Page(c.PullIssue.Pull!.Reviews.Where(r => IsVisible(c, r)), r => shapes.Review(r, c.PullIssue)));
        routes.Post(pull + "/reviews", CreateAsync);
        routes.Get(pull + "/reviews/{id:long}", c => Answer.Ok(shapes.Review(ReviewOf(c), c.PullIssue)));
        routes.Put(pull + "/reviews/{id:long}", EditReview);
        routes.Post(pull + "/reviews/{id:long}/events", Submit);
        routes.Get(pull + "/reviews/{id:long}/comments", c =>
            c.Page(c.PullIssue.Pull!.Comments.Where(m => m.Review == ReviewOf(c)), m => shapes.ReviewComment(m, c.PullIssue)));
        routes.Get(pull + "/comments", c =>
            c.Page(c.PullIssue.Pull!.Comments.Where(m => IsVisible(c, m.Review)).OrderBy(m => m.Id), m => shapes.ReviewComment(m, c.PullIssue)));
        routes.Post(pull + "/comments", CreateCommentAsync);
        routes.Post(pull + "/comments/{id:long}/replies", c => Reply(c, c.PullIssue, c.Id));
        routes.Get(comment, c => CommentOf(c) is var (i, m) ? Answer.Ok(shapes.ReviewComment(m, i)) : throw ApiProblem.NotFound());
        routes.Patch(comment, c => Task.FromResult(EditComment(c)));
        routes.Get(comment + "/reactions", c => c.Page(CommentOf(c).Comment.Reactions, shapes.Reaction));
        routes.Post(comment + "/reactions", c => issues.React(c, CommentOf(c).Comment.Reactions));
    }

    private static bool IsVisible(ApiCall call, Review review) => review.State != Review.Pending || review.Author == call.AccountOrNone;

    private static Review ReviewOf(ApiCall call) =>
        call.PullIssue.Pull!.Reviews.Find(r => r.Id == call.Id && IsVisible(call, r)) ?? throw ApiProblem.NotFound();

    private async Task<Answer> CreateAsync(ApiCall call)
    {
        call.Require(RepoAccess.Read);
        var issue = call.PullIssue;
        var state = call.Text("event") is { } name ? StateOf(name) : null;
        var review = actions.StartReview(issue, call.Account, call.Text("commit_id"));
        try
        {
            foreach (var item in (call.Body["comments"] as JsonArray ?? []).OfType<JsonObject>())
            {
                var path = ApiCall.TextOf(item, "path") ?? throw ApiProblem.Missing("PullRequestReviewComment", "path");
                var body = ApiCall.TextOf(item, "body") ?? throw ApiProblem.Missing("PullRequestReviewComment", "body");
                var line = ApiCall.NumberOf(item, "line") ?? throw ApiProblem.Missing("PullRequestReviewComment", "line");
                await actions.AddReviewCommentAsync(issue, review, path, line, ApiCall.TextOf(item, "side") ?? "RIGHT", body, ApiCall.NumberOf(item, "start_line"));
            }

            if (state is not null)
                actions.SubmitReview(issue, review, call.Text("body") ?? "", state);
            else
                review.Body = call.Text("body") ?? "";
        }
        catch (ApiProblem)
        {
            Discard(issue, review);
            throw;
        }

        return Answer.Ok(shapes.Review(review, issue));
    }

    private Answer Submit(ApiCall call)
    {
        var review = ReviewOf(call);
        if (review.Author != call.Account || review.State != Review.Pending)
            throw new ApiProblem(422, "Unprocessable Entity", new JsonArray("Can not submit a review that is not your pending one"));
        actions.SubmitReview(call.PullIssue, review, call.Text("body") ?? review.Body, StateOf(call.Needed("PullRequestReview", "event")));
        return Answer.Ok(shapes.Review(review, call.PullIssue));
    }

    private Answer EditReview(ApiCall call)
    {
        var review = ReviewOf(call);
        IssueApi.RequireAuthorOr(call, review.Author, RepoAccess.Write);
        actions.EditReview(call.PullIssue, review, call.Account, call.Needed("PullRequestReview", "body"));
        return Answer.Ok(shapes.Review(review, call.PullIssue));
    }

    // A single line comment, or with in_reply_to an answer.
    private async Task<Answer> CreateCommentAsync(ApiCall call)
    {
        call.Require(RepoAccess.Read);
        var issue = call.PullIssue;
        if (ApiCall.NumberOf(call.Body, "in_reply_to") is { } root)
            return Reply(call, issue, root);
        var body = IssueApi.CommentBody(call, "PullRequestReviewComment");
        var review = actions.StartReview(issue, call.Account, call.Text("commit_id"));
        try
        {
            var comment = await actions.AddReviewCommentAsync(
                issue, review, call.Needed("PullRequestReviewComment", "path"), ApiCall.NumberOf(call.Body, "line"), call.Text("side") ?? "RIGHT", body, ApiCall.NumberOf(call.Body, "start_line"));
            actions.SubmitReview(issue, review, "", "COMMENTED");
            return Answer.Created(shapes.ReviewComment(comment, issue));
        }
        catch (ApiProblem)
        {
            Discard(issue, review);
            throw;
        }
    }

    private Answer Reply(ApiCall call, Issue issue, long id)
    {
        call.Require(RepoAccess.Read);
        var root = issue.Pull!.Comments.Find(c => c.Id == id && IsVisible(call, c.Review)) ?? throw ApiProblem.NotFound();
        if (root.InReplyTo is not null)
            throw ApiProblem.Invalid("PullRequestReviewComment", "Replies to replies are not supported", "in_reply_to");
        return Answer.Created(shapes.ReviewComment(actions.Reply(issue, root, call.Account, IssueApi.CommentBody(call, "PullRequestReviewComment")), issue));
    }

    private Answer EditComment(ApiCall call)
    {
        var (issue, comment) = CommentOf(call);
        IssueApi.RequireAuthorOr(call, comment.Author, RepoAccess.Write);
        actions.EditReviewComment(issue, comment, call.Account, IssueApi.CommentBody(call, "PullRequestReviewComment"));
        return Answer.Ok(shapes.ReviewComment(comment, issue));
    }

    private static (Issue Issue, ReviewComment Comment) CommentOf(ApiCall call)
    {
        foreach (var issue in call.Repo.Pulls)
        {
            if (issue.Pull!.Comments.Find(c => c.Id == call.Id && IsVisible(call, c.Review)) is { } comment)
                return (issue, comment);
        }

        throw ApiProblem.NotFound();
    }

    /// <summary>Takes back a review that could not be submitted.</summary>
    public static void Discard(Issue issue, Review review)
    {
        issue.Pull!.Reviews.Remove(review);
        issue.Pull.Comments.RemoveAll(c => c.Review == review);
    }

    private static string StateOf(string name) => name switch
    {
        "APPROVE" => "APPROVED",
        "REQUEST_CHANGES" => "CHANGES_REQUESTED",
        "COMMENT" => "COMMENTED",
        _ => throw ApiProblem.Invalid("PullRequestReview", $"{name} is not a review event", "event"),
    };
}
