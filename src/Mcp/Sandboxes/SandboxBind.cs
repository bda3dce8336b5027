namespace CodingAgent.Mcp.Sandboxes;

/// <summary>A host folder or file shown read-only in a sandbox.</summary>
/// <param name="HostPath">Where it is on the host.</param>
/// <param name="SandboxPath">Where commands see it.</param>
public sealed record SandboxBind(string HostPath, string SandboxPath);
