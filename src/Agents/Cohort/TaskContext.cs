namespace CodingAgent.Agents.Cohort;

/// <summary>What every agent of a task is told. Texts that came from outside are raw here; the briefs neutralise and fence them.</summary>
public sealed record TaskContext
{
    /// <summary>Repository, <c>owner/name</c>.</summary>
    public required string Repository { get; init; }

    /// <summary>The issue, when the task hangs on one.</summary>
    public IssueText? Issue { get; init; }

    /// <summary>Goal of a task without an issue.</summary>
    public string? Goal { get; init; }

    /// <summary>What was written besides the command that asked for the task, by whom.</summary>
    public PersonText? Request { get; init; }

    /// <summary>What people with write access wrote before the task was asked for, oldest first.</summary>
    public IReadOnlyList<PersonText> Conversation { get; init; } = [];

    /// <summary>What is missing in <see cref="Conversation"/> and why, a line each.</summary>
    public IReadOnlyList<string> ConversationLeftOut { get; init; } = [];

    /// <summary>Acceptance criteria given beside the issue's text.</summary>
    public IReadOnlyList<string> AcceptanceCriteria { get; init; } = [];

    /// <summary>Constraints given beside the issue's text.</summary>
    public IReadOnlyList<string> Constraints { get; init; } = [];

    /// <summary>AGENTS.md files of the base branch, root first.</summary>
    public IReadOnlyList<GuidanceFile> Guidance { get; init; } = [];

    /// <summary>The repository's checks.</summary>
    public IReadOnlyList<CheckCommand> Checks { get; init; } = [];

    /// <summary>Checks that are red on the base commit, before any change.</summary>
    public IReadOnlyList<FailedCheck> RedOnBase { get; init; } = [];

    /// <summary>Globs of files that may change; empty means all that are not denied.</summary>
    public IReadOnlyList<string> AllowedPaths { get; init; } = [];

    /// <summary>Globs of files that must not change.</summary>
    public IReadOnlyList<string> DeniedPaths { get; init; } = [];

    /// <summary>Globs of test files.</summary>
    public IReadOnlyList<string> TestPatterns { get; init; } = [];

    /// <summary>Map of the repository: its most referenced files with what they define; empty for none.</summary>
    public string Map { get; init; } = "";

    /// <summary>What the kind of work adds, in its order.</summary>
    public IReadOnlyList<BriefSection> Sections { get; init; } = [];

    /// <summary>Comments of authorised people since the task began, oldest first.</summary>
    public IReadOnlyList<PersonText> Steering { get; init; } = [];
}

/// <summary>A part of a brief that holds outside text, such as what a test printed.</summary>
/// <param name="Title">Heading: ours, one line.</param>
/// <param name="Text">Text; fenced.</param>
public sealed record BriefSection(string Title, string Text);

/// <summary>The issue a task answers; all of it is outside text.</summary>
/// <param name="Number">Issue number.</param>
/// <param name="Title">Title.</param>
/// <param name="Body">Body, as it was when the task was asked for.</param>
/// <param name="Author">Login of its author.</param>
public sealed record IssueText(int Number, string Title, string Body, string Author);

/// <summary>A guidance file of the repository, read from its base branch.</summary>
/// <param name="Path">Path, such as <c>AGENTS.md</c>; it counts for the files below its folder.</param>
/// <param name="Text">Content.</param>
public sealed record GuidanceFile(string Path, string Text);

/// <summary>A check of the repository, taken from its base branch.</summary>
/// <param name="Name">Name.</param>
/// <param name="Run">Shell line.</param>
public sealed record CheckCommand(string Name, string Run);

/// <summary>Something a person wrote: a steering comment, a review's summary, a remark in a thread.</summary>
/// <param name="Author">Login.</param>
/// <param name="Text">Text.</param>
public sealed record PersonText(string Author, string Text);
