namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Makes the limits of single commands.</summary>
internal interface ILimiter
{
    LimitMechanism Mechanism { get; }

    /// <summary>Sets up limits for one command.</summary>
    ILimitScope Open(SandboxLimits limits);
}
