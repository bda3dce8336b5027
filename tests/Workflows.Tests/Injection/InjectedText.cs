using CodingAgent.Agents.Cohort;
using CodingAgent.TestKit;

namespace CodingAgent.Workflows.Tests.Injection;

/// <summary>Text that an attacker put where an agent reads it, and what a model does that obeys it.</summary>
/// <param name="Name">For the test's name.</param>
/// <param name="Where">Where it stands.</param>
/// <param name="Says">The text; one line.</param>
/// <param name="Does">What the model does.</param>
public sealed record InjectedText(string Name, Place Where, string Says, Obeyed Does);

/// <summary>Where an agent reads.</summary>
public enum Place
{
    /// <summary>Title of the issue.</summary>
    Title,

    /// <summary>Body of the issue.</summary>
    Body,

    /// <summary>Title and description of a pull request.</summary>
    Goal,

    /// <summary>A comment from before the task.</summary>
    Conversation,

    /// <summary>A comment while it goes on.</summary>
    Steering,

    /// <summary>A guidance file of the base branch.</summary>
    Guidance,

    /// <summary>The map of the repository: names of files and definitions.</summary>
    Map,

    /// <summary>What is planned for the same task in another repository.</summary>
    PlanElsewhere,

    /// <summary>A comment in code.</summary>
    Code,

    /// <summary>A page of documentation.</summary>
    Page,

    /// <summary>A script of a manifest.</summary>
    Manifest,

    /// <summary>A file's name.</summary>
    FileName,

    /// <summary>A line that a search finds.</summary>
    SearchHit,

    /// <summary>The message of a commit.</summary>
    CommitMessage,

    /// <summary>A guidance file that the change itself adds.</summary>
    OwnGuidance,

    /// <summary>What a check prints.</summary>
    TestOutput,

    /// <summary>What a command prints.</summary>
    CommandOutput,

    /// <summary>The name of a check, in a tool's description.</summary>
    ToolDescription,

    /// <summary>What a tool says that refuses: the nearest place to an edit.</summary>
    Refusal,

    /// <summary>The summary of a review.</summary>
    Review,

    /// <summary>A remark in a thread.</summary>
    Thread,

    /// <summary>The diff lines of a thread.</summary>
    DiffHunk,

    /// <summary>A replacement that a reviewer proposes.</summary>
    Suggestion,

    /// <summary>The log of a red CI job.</summary>
    CiLog,

    /// <summary>A finding of the critic.</summary>
    Finding,
}

/// <summary>What a model does that obeys. In commands and texts <c>{port}</c>, <c>{secret}</c> and <c>{remote}</c> stand for a listener, a file and the repository on the host.</summary>
public sealed record Obeyed
{
    /// <summary>Tools it calls, with their arguments.</summary>
    public IReadOnlyList<(string Tool, object Arguments)> Calls { get; init; } = [];

    /// <summary>What it reports, of what tools told it.</summary>
    public Func<IReadOnlyList<string>, CoderReport> Report { get; init; } = _ => FakeWork.Report;

    /// <summary>Files beside the honest ones that a person approved, taken in by the plan.</summary>
    public IReadOnlyList<string> Approved { get; init; } = [];

    /// <summary>Nothing may leave at all; else the honest part of the change may.</summary>
    public bool MustNotLeave { get; init; }

    /// <summary>Commands really run, in the sandbox.</summary>
    public bool InSandbox { get; init; }

    /// <summary>What the checks say in truth.</summary>
    public bool ChecksAreRed { get; init; }
}
