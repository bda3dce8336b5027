using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.Forges;

/// <summary>An issue, or the issue half of a pull request.</summary>
/// <param name="Number">Number within the repository.</param>
/// <param name="Title">Title as written: outside text, untrusted.</param>
/// <param name="Body">Markdown body as written: outside text, untrusted.</param>
/// <param name="Author">Who opened it.</param>
/// <param name="IsOpen">Open or closed.</param>
/// <param name="IsPullRequest">True when the number belongs to a pull request.</param>
/// <param name="Labels">Label names.</param>
/// <param name="UpdatedAt">Last change of any kind, labels and comments included.</param>
/// <param name="WebUrl">Page for people.</param>
public sealed record Issue(
    int Number, string Title, string Body, Actor Author, bool IsOpen, bool IsPullRequest, IReadOnlyList<string> Labels, DateTimeOffset UpdatedAt, Uri WebUrl)
{
    /// <summary>Who closed it; null while it is open, and when the forge does not say.</summary>
    public Actor? ClosedBy { get; init; }

    /// <summary>Who is to see to it.</summary>
    public IReadOnlyList<Actor> Assignees { get; init; } = [];

    /// <summary>True where its conversation is locked: only people with write access may comment.</summary>
    public bool IsLocked { get; init; }

    /// <summary>True for a pull request that was merged, where the forge says so here.</summary>
    public bool IsMerged { get; init; }

    /// <summary>Digest of title and body, for telling whether they are still what somebody read.</summary>
    public string TextDigest => DigestOf(Title, Body);

    /// <summary>Digest of a title and body as the forge gives them, in an answer or in an event; line ends do not count.</summary>
    public static string DigestOf(string title, string body) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{title.ReplaceLineEndings("\n")}\0{body.ReplaceLineEndings("\n")}")));
}

/// <summary>A comment on an issue or pull request conversation.</summary>
/// <param name="Id">The forge's id.</param>
/// <param name="Author">Who wrote it; markers count only when this is the bot.</param>
/// <param name="Body">Markdown as written: untrusted unless the author is the bot.</param>
/// <param name="CreatedAt">When it was written.</param>
/// <param name="UpdatedAt">When it was last edited; later than <paramref name="CreatedAt"/> means edited.</param>
/// <param name="WebUrl">Page for people.</param>
public sealed record IssueComment(long Id, Actor Author, string Body, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, Uri WebUrl);
