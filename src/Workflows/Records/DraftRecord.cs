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

    /// <summary>Joins what was planned for several repositories to the one plan of the task. A repository for which nothing is planned is left out.</summary>
    /// <param name="task">The task.</param>
    /// <param name="drafts">What was planned for each; the task's own repository among them.</param>
    /// <exception cref="InvalidOperationException">A draft is that of another task, or the task's own repository is missing.</exception>
    public static PlanRecord Join(TaskId task, IReadOnlyCollection<DraftRecord> drafts)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (drafts.Any(d => d.Task.ToString() != task.ToString()))
            throw new InvalidOperationException("What is to be joined is not what the planner made for this task.");
        var lead = drafts.Single(d => d.Repo == task.Repo);
        var others = drafts.Where(d => d.Repo != task.Repo).DistinctBy(d => d.Repo).ToLookup(d => d.Plan.CountFiles() > 0);
        // Where nothing is planned, what is asked must not be lost.
        var asked = others[false].SelectMany(d => d.Plan.Questions.Select(q => $"{d.Repo.FullName}: {q}"));
        return new PlanRecord(task, lead.BaseSha, lead.PolicyBlob, lead.Plan with
        {
            Questions = [.. lead.Plan.Questions, .. asked],
            Others = others[true].Any() ? [.. others[true].Select(d => new PlanElsewhere(d.Repo.FullName, d.BaseSha, d.PolicyBlob, d.Plan with { Others = null }))] : null,
        });
    }
}
