using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Records;

/// <summary>
/// The planner made this for one of several repositories. It is a statement of its own, so that nothing can be published by it: only the
/// <see cref="PlanRecord"/> that all of them are joined in says what a task may do.
/// </summary>
/// <param name="Task">The task.</param>
/// <param name="Repo">The repository.</param>
/// <param name="BaseSha">Commit it is made for.</param>
/// <param name="PolicyBlob">Blob of the policy file it was made under.</param>
/// <param name="Plan">What is planned there.</param>
public sealed record DraftRecord(TaskId Task, RepoRef Repo, string BaseSha, string PolicyBlob, Plan Plan) : IRecordContent
{
    /// <inheritdoc/>
    public static string Kind => "draft";

    /// <inheritdoc/>
    public static RecordRole Role => RecordRole.Agents;
}
