namespace CodingAgent.Agents;

/// <summary>
/// A person's remark given while the run goes on; it joins the conversation after a turn. The caller keeps the turn number, so
/// that a resumed run sees the same conversation.
/// </summary>
/// <param name="AfterTurn">Finished turn after which it is read.</param>
/// <param name="Text">Text, already fenced and neutralised when it came from outside.</param>
public sealed record SteeringNote(int AfterTurn, string Text);
