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

    public List<ReactionMark> Reactions { get; } = [];
}
