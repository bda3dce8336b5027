namespace CodingAgent.Mcp.Sandboxes;

/// <summary>What the sandbox is made of on this machine, for the doctor command and start-up logs.</summary>
/// <param name="Version">What <c>bwrap --version</c> says; null when it cannot run.</param>
/// <param name="Mechanism">What enforces limits.</param>
/// <param name="RunsAs">Whom commands run as, in words.</param>
/// <param name="SystemCallFilter">True when a seccomp filter is installed for commands.</param>
/// <param name="Problem">Why no command would run, and how to mend it; null when all is well.</param>
public sealed record SandboxReport(string? Version, LimitMechanism Mechanism, string RunsAs, bool SystemCallFilter, string? Problem);
