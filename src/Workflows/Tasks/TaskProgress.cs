using System.Text.Json.Serialization;
using CodingAgent.Forges;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tasks;

/// <summary>Where a task stands, as people see it.</summary>
public sealed record TaskProgress
{
    /// <summary>Names this task in markers, branches and journals; stays the same through continue-as-new.</summary>
    public string RunKey { get; init; } = "";

    /// <summary>Start.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Facts of the repository; null until loaded.</summary>
    [JsonInclude]
    public TaskFacts? Facts { get; private set; }

    /// <summary>Where the task stands.</summary>
    [JsonInclude]
    public TaskState State { get; private set; } = TaskState.Queued;

    /// <summary>What happens now, in words.</summary>
    [JsonInclude]
    public string Step { get; private set; } = "";

    /// <summary>Something people should know while the task goes on; empty for none.</summary>
    [JsonInclude]
    public string Note { get; private set; } = "";

    /// <summary>Why it ended, and what a person can do.</summary>
    [JsonInclude]
    public string Reason { get; private set; } = "";

    /// <summary>Version of the last projection written.</summary>
    [JsonInclude]
    public long Version { get; private set; }

    /// <summary>True in the states a task never leaves.</summary>
    [JsonIgnore]
    public bool IsOver => State.IsOver();

    /// <summary>The words people should read now: why it ended, or the note.</summary>
    [JsonIgnore]
    public string Words => Reason.Length > 0 ? Reason : Note;

    /// <summary>What was read about the repository; frozen from here on.</summary>
    public void Loaded(TaskFacts facts) => Facts = facts;

    /// <summary>The step to take next.</summary>
    public void GoTo(TaskState state) => State = state;

    /// <summary>A step begins.</summary>
    public void Enter(TaskState state, string step)
    {
        State = state;
        Step = step;
    }

    /// <summary>Notes something for people; empty takes it back.</summary>
    public void Remark(string note) => Note = note;

    /// <summary>The task is over.</summary>
    public void End(TaskState state, string reason)
    {
        State = state;
        Reason = reason;
        Step = "";
        Note = "";
    }

    /// <summary>Another projection is written.</summary>
    public void Told() => Version++;
}

/// <summary>What a task knows about its repository, read once when it starts and frozen from then on.</summary>
/// <param name="DefaultBranch">Default branch; never pushed to.</param>
/// <param name="BaseBranch">Branch the pull request goes to.</param>
/// <param name="BaseSha">Commit the work starts from.</param>
/// <param name="Policy">Policy of the default branch.</param>
/// <param name="PolicyBlob">Blob id of the policy file; empty when there is none. Part of the plan hash.</param>
/// <param name="Title">Issue title, pull request title or goal: untrusted text.</param>
/// <param name="ContextId">Artifact with what the agents are told (issue text as of the start, guidance, criteria).</param>
/// <param name="Branch">Branch of the pull request a fix starts on; null for new work.</param>
/// <param name="PullUrl">Its page.</param>
public sealed record TaskFacts(
    string DefaultBranch, string BaseBranch, string BaseSha, RepositoryPolicy Policy, string PolicyBlob, string Title, string ContextId,
    string? Branch, Uri? PullUrl)
{
    /// <summary>What people should know from the start, a line each: a policy file that is not read, rules that refuse pushes. Names of files are outside text.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Name of the prompt variant that the task was given; empty for the prompts of the release.</summary>
    public string Variant { get; init; } = "";

    /// <summary>How the repository is built; null until it was looked at.</summary>
    public RepositoryBuild? Build { get; init; }

    /// <summary>The policy as the file says it, before what was found was filled in; null in tasks from before it was kept.</summary>
    public RepositoryPolicy? AsWritten { get; init; }

    /// <summary>How it is built and checked as the checks role signed it.</summary>
    public SignedRecord? BuildRecord { get; init; }

    /// <summary>Artifact with the map of the repository that planner and coder begin with; null for none, as in tasks from before there was one.</summary>
    public string? MapId { get; init; }

    /// <summary>Other repositories that the task may change as well; empty for most.</summary>
    public IReadOnlyList<OtherRepository> Others { get; init; } = [];
}

/// <summary>Another repository that a task may change, read with the task's own and frozen with it.</summary>
/// <param name="Repo">The repository.</param>
/// <param name="BaseSha">Commit of its default branch that is planned on.</param>
/// <param name="Policy">Policy of its default branch; completed with what was found once it was looked at.</param>
/// <param name="PolicyBlob">Blob id of its policy file; empty when there is none.</param>
/// <param name="ContextId">Artifact with what agents are told there.</param>
public sealed record OtherRepository(RepoRef Repo, string BaseSha, RepositoryPolicy Policy, string PolicyBlob, string ContextId)
{
    /// <summary>How it is built; null until it was looked at.</summary>
    public RepositoryBuild? Build { get; init; }

    /// <summary>Artifact with the map of it; null for none.</summary>
    public string? MapId { get; init; }
}
