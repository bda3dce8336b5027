using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Ci;

/// <summary>Something that may start CI: a commit, how it came, and the branch that workflow filters look at.</summary>
internal sealed record CiJobSource(Repo Repo, string Sha, string HeadBranch, string Event, string FilterBranch)
{
    /// <summary>The one workflow file that is wanted; null for all that the event starts.</summary>
    public string? OnlyPath { get; init; }

    /// <summary>The run of which these jobs are done once more; null for new runs.</summary>
    public WorkflowRun? Again { get; init; }
}
