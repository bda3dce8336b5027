using System.Collections.Concurrent;
using System.Net;
using CodingAgent.Forges;

namespace CodingAgent.Workflows.Tests.Routing;

/// <summary>A forge in memory: accounts with access, pull requests, comments by marker, reactions; and it can be away.</summary>
public sealed class FakeForge : IForgeRepositories, IForgePulls, IForgeIssues
{
    public static readonly Actor Bot = new("coding-agent-bot", 100, ActorKind.User);

    public ConcurrentDictionary<string, AccessLevel> Access { get; } = new(StringComparer.OrdinalIgnoreCase);

    public ConcurrentDictionary<int, PullRequest> Pulls { get; } = new();

    public ConcurrentDictionary<(int Number, string Marker), string> Comments { get; } = new();

    public ConcurrentQueue<(int Number, long? CommentId, Reaction Reaction)> Reactions { get; } = new();

    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Throws for a call (named as the method) when it returns an exception.</summary>
    public Func<string, string, Exception?> Trouble { get; set; } = (_, _) => null;

    public PullRequest AddPull(RepoRef repo, int number, string branch, Actor? author = null, string body = "", RepoRef? headRepo = null, bool isOpen = true) =>
        Pulls[number] = new PullRequest(
            number, "title", body, author ?? new Actor("mona", 1, ActorKind.User), new PullHead(branch, "headsha", headRepo ?? repo),
            "main", "basesha", false, isOpen, false, new Uri($"https://forge.test/{repo.FullName}/pull/{number}"));

    public Task<Actor> GetSelfAsync(CancellationToken cancellationToken) => Answer("GetSelf", "", () => Bot);

    public Task<AccessLevel> GetAccessAsync(RepoRef repo, string login, CancellationToken cancellationToken) =>
        Answer("GetAccess", login, () => Access.GetValueOrDefault(login));

    public Task<PullRequest> GetPullAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        Answer("GetPull", $"{number}", () => Pulls.GetValueOrDefault(number) ?? throw new ForgeRejectedException("no such pull request", HttpStatusCode.NotFound));

    public Task<IssueComment> EnsureCommentAsync(RepoRef repo, int number, string marker, string body, CancellationToken cancellationToken) =>
        Answer("EnsureComment", $"{number}", () =>
        {
            Comments[(number, marker)] = body;
            return new IssueComment(1, Bot, body, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, new Uri("https://forge.test/"));
        });

    public Task AddReactionAsync(RepoRef repo, int number, long? commentId, Reaction reaction, CancellationToken cancellationToken) =>
        Answer("AddReaction", $"{number}", () =>
        {
            Reactions.Enqueue((number, commentId, reaction));
            return true;
        });

    public Task<Repository> GetRepositoryAsync(RepoRef repo, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<RepositoryFile?> GetFileAsync(RepoRef repo, string path, string reference, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> IsProtectedAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string?> GetBranchHeadAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<PullRequest?> FindPullByBranchAsync(RepoRef repo, string headBranch, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<PullRequest> EnsureDraftPullAsync(RepoRef repo, NewPullRequest pull, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task UpdatePullAsync(RepoRef repo, int number, string title, string body, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task MarkReadyAsync(RepoRef repo, int number, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Review> GetReviewAsync(RepoRef repo, int number, long reviewId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<ReviewThread>> ListReviewThreadsAsync(RepoRef repo, int number, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task EnsureThreadReplyAsync(RepoRef repo, int number, long rootCommentId, string marker, string body, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ResolveThreadAsync(RepoRef repo, int number, long rootCommentId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Issue> GetIssueAsync(RepoRef repo, int number, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<IssueComment>> ListCommentsAsync(RepoRef repo, int number, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task AddLabelAsync(RepoRef repo, int number, string label, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RemoveLabelAsync(RepoRef repo, int number, string label, CancellationToken cancellationToken) => throw new NotSupportedException();

    private Task<T> Answer<T>(string call, string about, Func<T> answer)
    {
        Calls.Enqueue(about.Length == 0 ? call : $"{call} {about}");
        return Trouble(call, about) is { } trouble ? Task.FromException<T>(trouble) : Task.FromResult(answer());
    }
}
