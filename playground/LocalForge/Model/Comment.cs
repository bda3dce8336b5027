namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>A conversation comment.</summary>
internal sealed class Comment(long id, Account author, string body, DateTimeOffset createdAt)
{
    public long Id { get; } = id;

    public Account Author { get; } = author;

    public string Body { get; set; } = body;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset UpdatedAt { get; set; } = createdAt;

    public TextEdit? Edit { get; set; }

    /// <summary>Somebody hid it from readers.</summary>
    public bool IsHidden { get; set; }

    /// <summary>Written by the forge.</summary>
    public bool IsSystem { get; init; }

    /// <summary>Only for members from reporter on; only GitLab knows such notes.</summary>
    public bool IsInternal { get; init; }

    /// <summary>It began a thread that can be resolved.</summary>
    public bool IsThread { get; set; }

    /// <summary>The comment that began the thread it answers in; null where it stands alone or began one.</summary>
    public Comment? Root { get; init; }

    /// <summary>Of a thread's first comment: who resolved it, and when; null while it is open.</summary>
    public TextEdit? Resolved { get; set; }

    public List<ReactionMark> Reactions { get; } = [];
}
