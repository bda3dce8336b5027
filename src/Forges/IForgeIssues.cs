namespace CodingAgent.Forges;

/// <summary>Issues and conversation comments. Every write is idempotent.</summary>
public interface IForgeIssues
{
    /// <summary>Reads an issue, or what a pull request has of one.</summary>
    Task<Issue> GetIssueAsync(RepoRef repo, Subject on, CancellationToken cancellationToken);

    /// <summary>All comments, oldest first.</summary>
    Task<IReadOnlyList<IssueComment>> ListCommentsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken);

    /// <summary>Which of the comments somebody who may has hidden from readers: as spam, off topic, outdated, settled. Empty on forges that hide none.</summary>
    Task<IReadOnlyCollection<long>> ListHiddenCommentsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the bot's comment with this hidden marker have this body: edits it in place or creates it. The adapter appends
    /// the marker as an HTML comment; a marker counts only when the bot is the author.
    /// </summary>
    /// <returns>The comment as the forge now has it.</returns>
    /// <exception cref="ForgeRejectedException">With <see cref="System.Net.HttpStatusCode.Locked"/>: the conversation is locked, also for the bot.</exception>
    Task<IssueComment> EnsureCommentAsync(RepoRef repo, Subject on, string marker, string body, CancellationToken cancellationToken);

    /// <summary>Adds a reaction to the issue or pull request itself, or to a comment when <paramref name="commentId"/> is given; adding twice is one.</summary>
    Task AddReactionAsync(RepoRef repo, Subject on, long? commentId, Reaction reaction, CancellationToken cancellationToken);

    /// <summary>Adds a label (created when unknown).</summary>
    Task AddLabelAsync(RepoRef repo, Subject on, string label, CancellationToken cancellationToken);

    /// <summary>Removes a label; absent is fine.</summary>
    Task RemoveLabelAsync(RepoRef repo, Subject on, string label, CancellationToken cancellationToken);

    /// <summary>Closes an issue as done; a no-op when it is closed.</summary>
    Task CloseIssueAsync(RepoRef repo, int number, CancellationToken cancellationToken);
}

/// <summary>Reactions the bot gives.</summary>
public enum Reaction
{
    /// <summary>👀: seen and accepted.</summary>
    Eyes,

    /// <summary>👎: refused.</summary>
    ThumbsDown,

    /// <summary>🚀: done.</summary>
    Rocket,

    /// <summary>😕: not understood.</summary>
    Confused,
}
