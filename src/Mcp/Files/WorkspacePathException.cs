namespace CodingAgent.Mcp.Files;

/// <summary>A path cannot be used as asked; the message is fit for the model that asked.</summary>
internal sealed class WorkspacePathException(string message) : Exception(message);
