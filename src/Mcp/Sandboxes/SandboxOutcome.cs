namespace CodingAgent.Mcp.Sandboxes;

/// <summary>How a sandboxed command ended.</summary>
public enum SandboxOutcome
{
    /// <summary>By itself.</summary>
    Exited,

    /// <summary>Killed at the time limit.</summary>
    TimedOut,

    /// <summary>Killed at the memory limit.</summary>
    OutOfMemory,
}
