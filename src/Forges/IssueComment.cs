namespace CodingAgent.Forges;

/// <summary>A comment on an issue or pull request conversation.</summary>
/// <param name="Id">The forge's id.</param>
/// <param name="Author">Who wrote it; markers count only when this is the bot.</param>
/// <param name="Body">Markdown as written: untrusted unless the author is the bot.</param>
/// <param name="CreatedAt">When it was written.</param>
/// <param name="UpdatedAt">When it was last edited; later than <paramref name="CreatedAt"/> means edited.</param>
/// <param name="WebUrl">Page for people.</param>
public sealed record IssueComment(long Id, Actor Author, string Body, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, Uri WebUrl);
