namespace CodingAgent.Agents;

/// <summary>A person's word on a pending tool call.</summary>
/// <param name="CallId">Id of the call.</param>
/// <param name="Approved">True to run it.</param>
/// <param name="Reason">Told to the model when rejected.</param>
public sealed record ToolApproval(string CallId, bool Approved, string? Reason = null);

/// <summary>A tool call that waits for a person.</summary>
/// <param name="CallId">Id of the call.</param>
/// <param name="Tool">Tool.</param>
/// <param name="Arguments">Arguments as the model wrote them: model output, shown and never trusted.</param>
public sealed record PendingApproval(string CallId, string Tool, string Arguments);

/// <summary>
/// A person's remark given while the run goes on; it joins the conversation after a turn. The caller keeps the turn number, so
/// that a resumed run sees the same conversation.
/// </summary>
/// <param name="AfterTurn">Finished turn after which it is read.</param>
/// <param name="Text">Text, already fenced and neutralised when it came from outside.</param>
public sealed record SteeringNote(int AfterTurn, string Text);

/// <summary>A handoff out of a run that its caller did not admit.</summary>
/// <param name="Turn">The turn that asked for it.</param>
/// <param name="Reason">Why not, in words for the model.</param>
public sealed record RefusedHandoff(int Turn, string Reason);
