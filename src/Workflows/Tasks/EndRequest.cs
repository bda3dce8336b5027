namespace CodingAgent.Workflows.Tasks;

/// <summary>Why a task must end.</summary>
/// <param name="State">The state it ends in.</param>
/// <param name="Reason">In words.</param>
public sealed record EndRequest(TaskState State, string Reason);
