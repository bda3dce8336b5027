namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>A commit status; a newer one of the same context replaces it in the combined view.</summary>
internal sealed record CommitStatus(
    long Id, string Sha, string State, string Context, string? Description, string? TargetUrl, Account Creator, DateTimeOffset CreatedAt)
{
    /// <summary>GitLab's word for the state, which knows more of them; null for what came by GitHub's door.</summary>
    public string? PipelineState { get; init; }

    /// <summary>The pipeline it counts in; null for what came by GitHub's door.</summary>
    public WorkflowRun? Run { get; init; }
}
