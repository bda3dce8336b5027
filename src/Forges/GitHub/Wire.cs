using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodingAgent.Forges.GitHub;

/// <summary>GitHub's JSON, for the fields we read and write. Nothing is trusted to be there: what may be missing is nullable.</summary>
internal static class Wire
{
    public sealed record User(string? Login, long Id, string? Type);

    public sealed record Repository(string? FullName, string? DefaultBranch, string? CloneUrl, bool Archived);

    public sealed record Permission(string? RoleName, [property: JsonPropertyName("permission")] string? Level);

    public sealed record Content(string? Type, string? Sha, string? Encoding, [property: JsonPropertyName("content")] string? Text);

    public sealed record GitRef(GitObject? Object);

    public sealed record GitObject(string? Sha);

    public sealed record Label(string? Name);

    public sealed record PullMark(string? Url);

    public sealed record Issue(
        int Number, string? Title, string? Body, User? User, string? State, PullMark? PullRequest, List<Label>? Labels, DateTimeOffset UpdatedAt, string? HtmlUrl);

    public sealed record Comment(long Id, User? User, string? Body, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string? HtmlUrl);

    public sealed record Side(string? Ref, string? Sha, Repository? Repo);

    public sealed record Pull(
        int Number, string? NodeId, string? Title, string? Body, User? User, Side? Head, Side? Base, bool Draft, string? State, DateTimeOffset? MergedAt, string? HtmlUrl);

    public sealed record Review(long Id, User? User, string? State, string? Body, string? CommitId, DateTimeOffset? SubmittedAt);

    public sealed record ReviewComment(
        long Id, long? PullRequestReviewId, long? InReplyToId, string? Path, int? Line, string? DiffHunk,
        User? User, string? Body, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string? HtmlUrl);

    public sealed record CheckRunPage([property: JsonPropertyName("check_runs")] List<CheckRun>? Items);

    public sealed record CheckRun(long Id, string? Name, string? Status, string? Conclusion, Output? Output, App? App, string? DetailsUrl, string? HtmlUrl);

    public sealed record Output(string? Title, string? Summary, string? Text);

    public sealed record App(string? Slug);

    public sealed record Status(long Id, string? Context, string? State, string? Description, string? TargetUrl, User? Creator);

    public sealed record NewComment(string Body);

    public sealed record NewReaction(string Content);

    public sealed record NewLabels(string[] Labels);

    public sealed record NewPull(string Title, string Head, string Base, string Body, bool Draft);

    public sealed record PullEdit(string Title, string Body);

    public sealed record NewStatus(string State, string Context, string Description);

    public sealed record GraphQlQuery(string Query, GraphQlVariables Variables);

    public sealed record GraphQlVariables(string Id);

    public sealed record GraphQlReply(List<GraphQlError>? Errors);

    public sealed record GraphQlError(string? Type, string? Message);

    public sealed record Problem(string? Message, JsonElement Errors);
}
