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
    /// <inheritdoc/>
    public static string Kind => "plan";

    /// <inheritdoc/>
    public static RecordRole Role => RecordRole.Agents;
}
