namespace CodingAgent.Playground.ScriptedModel.Wire;

/// <summary>One message of a request.</summary>
internal sealed record ChatMessage(string Role, string Text, IReadOnlyList<ChatCall> Calls, string? AnsweredCall);
