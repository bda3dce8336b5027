namespace CodingAgent.Playground.LocalForge.Ci;

/// <summary>A workflow file that cannot be read, or asks for what this runner does not do.</summary>
internal sealed class WorkflowFormatException(string message) : Exception(message);
