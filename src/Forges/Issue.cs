namespace CodingAgent.Forges;

/// <summary>An issue, or the issue half of a pull request.</summary>
/// <param name="Number">Number within the repository.</param>
/// <param name="Title">Title as written: outside text, untrusted.</param>
/// <param name="Body">Markdown body as written: outside text, untrusted.</param>
/// <param name="Author">Who opened it.</param>
/// <param name="IsOpen">Open or closed.</param>
/// <param name="IsPullRequest">True when the number belongs to a pull request.</param>
/// <param name="Labels">Label names.</param>
/// <param name="UpdatedAt">Last change, for dropping text edited after the trigger.</param>
/// <param name="WebUrl">Page for people.</param>
public sealed record Issue(
    int Number, string Title, string Body, Actor Author, bool IsOpen, bool IsPullRequest, IReadOnlyList<string> Labels, DateTimeOffset UpdatedAt, Uri WebUrl);
