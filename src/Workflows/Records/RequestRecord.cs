using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Records;

/// <summary>A person with write access asked for work.</summary>
/// <param name="Task">The task it starts.</param>
/// <param name="Work">What kind of work.</param>
/// <param name="Issue">Issue it answers, if any.</param>
/// <param name="Pull">Pull request it starts on, if any.</param>
/// <param name="BaseBranch">Branch to base the work on; null means the default branch.</param>
/// <param name="By">Who asked.</param>
/// <param name="At">When.</param>
/// <param name="Statement">Where it stands on the forge; null over REST.</param>
public sealed record RequestRecord(TaskId Task, TaskKind Work, int? Issue, int? Pull, string? BaseBranch, Actor By, DateTimeOffset At, Statement? Statement) : IRecordContent
{
    /// <inheritdoc/>
    public static string Kind => "request";

    /// <inheritdoc/>
    public static RecordRole Role => RecordRole.Control;
}

/// <summary>A person with write access approved a plan, or a call of a tool.</summary>
/// <param name="Task">The task.</param>
/// <param name="By">Login of who approved.</param>
/// <param name="PlanHash">Hash of the plan or call it names, as people see it; null when it names none.</param>
/// <param name="Statement">Where it stands on the forge; null over REST.</param>
public sealed record ApprovalRecord(TaskId Task, string By, string? PlanHash, Statement? Statement) : IRecordContent
{
    /// <inheritdoc/>
    public static string Kind => "approval";

    /// <inheritdoc/>
    public static RecordRole Role => RecordRole.Control;
}

/// <summary>What signed approvals prove.</summary>
public static class Approvals
{
    /// <summary>
    /// Whether the service that takes people's words signed that this very call of this task was approved. The word itself travels through the workflow, which
    /// whoever may write to Temporal can forge.
    /// </summary>
    /// <param name="keys">The keys.</param>
    /// <param name="task">The task.</param>
    /// <param name="word">The word.</param>
    public static bool Proves(this IRecordKeys keys, TaskId task, CallWord word)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(word);
        return keys.Open<ApprovalRecord>(word.Record) is { PlanHash: { } hash } record && record.Task == task && AskedCall.IsHash(hash) && word.Digest.StartsWith(hash, StringComparison.Ordinal);
    }
}
