namespace Temporalio.Worker;

/// <summary>One thing that happened to a workflow, applied on its scheduler.</summary>
/// <param name="Rank">Order among the jobs of one activation.</param>
/// <param name="Position">Order among signals and updates: the event they follow.</param>
/// <param name="Apply">What to do.</param>
internal sealed record WorkflowJob(WorkflowJobRank Rank, long Position, Action Apply);
