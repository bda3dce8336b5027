namespace CodingAgent.Agents;

/// <summary>A person's word on a pending tool call.</summary>
/// <param name="CallId">Id of the call.</param>
/// <param name="Approved">True to run it.</param>
/// <param name="Reason">Told to the model when rejected.</param>
public sealed record ToolApproval(string CallId, bool Approved, string? Reason = null);
