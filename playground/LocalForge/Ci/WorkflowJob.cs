namespace CodingAgent.Playground.LocalForge.Ci;

/// <summary>One job: it becomes one check run.</summary>
internal sealed record WorkflowJob(string Id, string Name, IReadOnlyList<string> Needs, IReadOnlyList<WorkflowStep> Steps);
