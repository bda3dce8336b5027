using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Records;

/// <summary>The planner made this plan.</summary>
/// <param name="Task">The task.</param>
/// <param name="BaseSha">Commit it is made for.</param>
/// <param name="PolicyBlob">Blob of the policy file it was made under.</param>
/// <param name="Plan">The plan.</param>
public sealed record PlanRecord(TaskId Task, string BaseSha, string PolicyBlob, Plan Plan) : IRecordContent
{
    /// <summary>
    /// Files that were added after the planner's answer, because the change touches them and they take a person's word. Such a plan counts only when a
    /// person approved it, whatever the policy asks; of a task that works without a plan it is nothing but that agreement.
    /// </summary>
    public IReadOnlyList<string> Added { get; init; } = [];

    /// <inheritdoc/>
    public static string Kind => "plan";

    /// <inheritdoc/>
    public static RecordRole Role => RecordRole.Agents;
}
