namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>An issue; a pull request is an issue with a <see cref="Pull"/> half, sharing the number.</summary>
internal sealed class Issue(long id, Repo repo, int number, Account author, DateTimeOffset createdAt)
{
    public long Id { get; } = id;

    public Repo Repo { get; } = repo;

    public int Number { get; } = number;

    /// <summary>Its number among the issues of the repository, or among its pull requests: GitLab counts the two apart.</summary>
    public required int Iid { get; init; }

    public Account Author { get; } = author;

    public required string Title { get; set; }

    public string Body { get; set; } = "";

    public bool IsOpen { get; set; } = true;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset UpdatedAt { get; set; } = createdAt;

    public DateTimeOffset? ClosedAt { get; set; }

    public Account? ClosedBy { get; set; }

    public List<IssueEvent> Events { get; } = [];

    /// <summary>Last change of the body; of the title there is an event.</summary>
    public TextEdit? Edit { get; set; }

    public List<Label> Labels { get; } = [];

    public List<Comment> Comments { get; } = [];

    /// <summary>What GitLab writes down about it as notes of its own; GitHub has events instead.</summary>
    public List<Comment> SystemNotes { get; } = [];

    public List<Account> Assignees { get; } = [];

    /// <summary>Only for its author, its assignees and members from planner on; only GitLab knows such issues.</summary>
    public bool IsConfidential { get; set; }

    public List<ReactionMark> Reactions { get; } = [];

    public Pull? Pull { get; init; }
}
