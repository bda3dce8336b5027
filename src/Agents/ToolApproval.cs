namespace CodingAgent.Agents;

/// <summary>A person's word on a pending tool call.</summary>
/// <param name="Digest">Digest of the very call that the person was shown (<see cref="PendingApproval.Digest"/>); any other call waits for a word of its own.</param>
/// <param name="Approved">True to run it.</param>
/// <param name="Reason">Told to the model when rejected.</param>
public sealed record ToolApproval(string Digest, bool Approved, string? Reason = null);

/// <summary>A tool call that waits for a person.</summary>
/// <param name="CallId">Id of the call.</param>
/// <param name="Tool">Tool.</param>
/// <param name="Arguments">Arguments as the model wrote them: model output, shown and never trusted.</param>
/// <param name="Digest">
/// SHA-256, in hex, over the run, the turn, the call's id, the tool, what the tool is (<see cref="Tools.ToolTraits.Identity"/>) and the arguments. Models repeat
/// the ids of their calls from turn to turn, so an id alone names nothing.
/// </param>
public sealed record PendingApproval(string CallId, string Tool, string Arguments, string Digest);

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
