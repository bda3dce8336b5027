namespace CodingAgent.Mcp.Sandboxes;

/// <summary>No sandbox can be made here (missing bubblewrap, no enforceable memory limit); nothing untrusted was run.</summary>
public sealed class SandboxUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
