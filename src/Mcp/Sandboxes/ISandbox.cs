namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Runs one untrusted command over a workspace, without network, credentials or a view of the host.</summary>
public interface ISandbox
{
    /// <summary>Runs a command to its end or its limits. Limits are results, not exceptions.</summary>
    /// <exception cref="SandboxUnavailableException">The sandbox itself cannot run on this machine; the message says what to install or set.</exception>
    Task<SandboxResult> RunAsync(SandboxCommand command, CancellationToken cancellationToken);
}
