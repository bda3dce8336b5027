using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;
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

/// <summary>A person with write access approved a plan.</summary>
/// <param name="Task">The task.</param>
/// <param name="By">Login of who approved.</param>
/// <param name="PlanHash">Hash of the plan it names, as people see it; null when it names none.</param>
/// <param name="Statement">Where it stands on the forge; null over REST.</param>
public sealed record ApprovalRecord(TaskId Task, string By, string? PlanHash, Statement? Statement) : IRecordContent
{
    /// <inheritdoc/>
    public static string Kind => "approval";

    /// <inheritdoc/>
    public static RecordRole Role => RecordRole.Control;
}
