namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>A line comment of a pull request.</summary>
internal sealed class ReviewComment(long id, Account author, Review review, string path, string body, DateTimeOffset createdAt)
{
    public long Id { get; } = id;

    public Account Author { get; } = author;

    public Review Review { get; } = review;

    public string Path { get; } = path;

    public string Body { get; set; } = body;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset UpdatedAt { get; set; } = createdAt;

    public TextEdit? Edit { get; set; }

    public long? InReplyTo { get; init; }

    /// <summary>Line in the current head; null once a push changed or removed it.</summary>
    public int? Line { get; set; }

    public int? OriginalLine { get; init; }

    public string Side { get; init; } = "RIGHT";

    /// <summary>First line of a comment on several, in the current head; null for one line, and with <see cref="Line"/>.</summary>
    public int? StartLine { get; set; }

    public int? OriginalStartLine { get; init; }

    public string DiffHunk { get; init; } = "";

    public required string OriginalCommit { get; init; }

    /// <summary>Of a thread's first comment: whether the thread is resolved.</summary>
    public bool IsResolved { get; set; }

    /// <summary>Somebody hid it from readers.</summary>
    public bool IsHidden { get; set; }

    /// <summary>Who resolved it, and when, where that is known.</summary>
    public TextEdit? Resolved { get; set; }

    /// <summary>Where it was put, as GitLab says it.</summary>
    public required DiffPlace Place { get; init; }

    public List<ReactionMark> Reactions { get; } = [];
}

/// <summary>A line of a diff: its numbers in the two files, of which an added or removed line has one, and the commits that were compared.</summary>
internal sealed record DiffPlace(string OldPath, string NewPath, int? OldLine, int? NewLine, string BaseSha, string StartSha);
