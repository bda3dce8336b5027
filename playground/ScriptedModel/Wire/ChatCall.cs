namespace CodingAgent.Playground.ScriptedModel.Wire;

/// <summary>A tool call in an assistant message.</summary>
internal sealed record ChatCall(string Id, string Name, string Arguments);
