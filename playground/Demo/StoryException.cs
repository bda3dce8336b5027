namespace CodingAgent.Playground.Demo;

/// <summary>The story did not go as it must; the message says what was awaited and what was seen instead.</summary>
public sealed class StoryException(string message) : Exception(message);
