namespace CodingAgent.Playground.LocalForge.Ci;

/// <summary>One <c>run</c> step.</summary>
internal sealed record WorkflowStep(string Name, string Run, string WorkingDirectory, IReadOnlyDictionary<string, string> Environment);
