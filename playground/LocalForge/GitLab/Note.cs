using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>
/// A note as GitLab sees what people and the forge wrote on an issue or merge request: a comment, a line comment, the summary of a review, a
/// system note. GitHub keeps them apart; GitLab has one list and one order, that of their ids.
/// </summary>
internal sealed class Note
{
    private Note(Issue on, long id, Account author, string body, DateTimeOffset createdAt, List<ReactionMark> awards)
    {
        (On, Id, Author, Body, CreatedAt, UpdatedAt, Awards) = (on, id, author, body, createdAt, createdAt, awards);
        RootId = id;
    }

    public Issue On { get; }

    public long Id { get; }

    public Account Author { get; }

    public string Body { get; }

    public DateTimeOffset CreatedAt { get; }

    public DateTimeOffset UpdatedAt { get; private init; }

    public List<ReactionMark> Awards { get; }

    public TextEdit? Edit { get; private init; }

    public bool IsSystem { get; private init; }

    public bool IsInternal { get; private init; }

    /// <summary>The comment behind it, when it is one.</summary>
    public Comment? Comment { get; private init; }

    /// <summary>The line comment behind it, when it is one.</summary>
    public ReviewComment? Line { get; private init; }

    /// <summary>The review whose summary it is, when it is one.</summary>
    public Review? Review { get; private init; }

    /// <summary>The note that began its discussion; itself for that one.</summary>
    public long RootId { get; private init; }

    public bool IsResolvable => Line is not null || Comment is { IsThread: true } or { Root.IsThread: true };

    /// <summary>Whether its discussion is resolved.</summary>
    public bool IsResolved { get; private init; }

    public TextEdit? Resolved { get; private init; }

    /// <summary>GitLab's word: <c>DiffNote</c> on a line, <c>DiscussionNote</c> in a thread, null for one that stands alone.</summary>
    public string? Type => Line is not null ? "DiffNote" : IsResolvable || RootId != Id ? "DiscussionNote" : null;

    /// <summary>Forty hexadecimal digits, the same for every note of a discussion.</summary>
    public string DiscussionId => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes("discussion " + RootId.ToString(CultureInfo.InvariantCulture))))[..40];

    /// <summary>Every note of an issue or merge request, oldest first.</summary>
    public static IReadOnlyList<Note> AllOf(Issue issue) =>
    [
        .. issue.Comments.Concat(issue.SystemNotes).Select(c => Of(issue, c))
            .Concat((issue.Pull?.Comments ?? []).Where(c => c.Review.State != Model.Review.Pending).Select(c => Of(issue, c)))
            .Concat((issue.Pull?.Reviews ?? []).Where(r => r is { State: not Model.Review.Pending, Body.Length: > 0 }).Select(r => Of(issue, r)))
            .OrderBy(n => n.Id),
    ];

    public static Note Of(Issue issue, Comment comment) => new(issue, comment.Id, comment.Author, comment.Body, comment.CreatedAt, comment.Reactions)
    {
        UpdatedAt = comment.UpdatedAt,
        Edit = comment.Edit,
        IsSystem = comment.IsSystem,
        IsInternal = comment.IsInternal,
        Comment = comment,
        RootId = comment.Root?.Id ?? comment.Id,
        Resolved = (comment.Root ?? comment).Resolved,
        IsResolved = (comment.Root ?? comment).Resolved is not null,
    };

    public static Note Of(Issue issue, ReviewComment comment)
    {
        var root = issue.Pull!.Comments.Find(c => c.Id == comment.InReplyTo) ?? comment;
        return new Note(issue, comment.Id, comment.Author, comment.Body, comment.CreatedAt, comment.Reactions)
        {
            UpdatedAt = comment.UpdatedAt,
            Edit = comment.Edit,
            Line = comment,
            RootId = comment.InReplyTo ?? comment.Id,
            Resolved = root.Resolved,
            IsResolved = root.IsResolved,
        };
    }

    public static Note Of(Issue issue, Review review) => new(issue, review.Id, review.Author, review.Body, review.SubmittedAt ?? issue.CreatedAt, [])
    {
        Edit = review.Edit,
        UpdatedAt = review.Edit?.At ?? review.SubmittedAt ?? issue.CreatedAt,
        Review = review,
    };
}
