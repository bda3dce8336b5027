namespace CodingAgent.Agents;

/// <summary>A tool call that waits for a person.</summary>
/// <param name="CallId">Id of the call.</param>
/// <param name="Tool">Tool.</param>
/// <param name="Arguments">Arguments as the model wrote them: model output, shown and never trusted.</param>
public sealed record PendingApproval(string CallId, string Tool, string Arguments);
