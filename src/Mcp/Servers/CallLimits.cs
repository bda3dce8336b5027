using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using ModelContextProtocol;

namespace CodingAgent.Mcp.Servers;

/// <summary>Bounds of one kind of call, and the words for what stops it.</summary>
/// <param name="Timeout">
/// Time limit of the server's own: a client that gives up a call may send no cancellation, and the tool would run on.
/// </param>
/// <param name="Time">Clock of the limit.</param>
internal sealed record CallLimits(TimeSpan Timeout, TimeProvider Time)
{
    /// <summary>Set by the tool box: calls in flight, and the stop that ends them.</summary>
    public CallCounter Calls { get; set; } = new();

    /// <summary>Runs a call; every failure that the caller can act on comes as an <see cref="McpException"/>.</summary>
    public async Task<string> RunAsync(string name, Func<CancellationToken, Task<string>> run, CancellationToken cancellationToken)
    {
        Calls.Enter();
        using var timeout = new CancellationTokenSource(Timeout, Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, Calls.Stop, cancellationToken);
        try
        {
            return await run(stop.Token);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested)
        {
            throw new McpException($"{name} did not finish within {Timeout.TotalSeconds:0} seconds and was stopped.", e);
        }
        catch (WorkspacePathException e)
        {
            throw new McpException(e.Message, e);
        }
        catch (GitFailedException e)
        {
            throw new McpException($"{name} failed: {e.Message}", e);
        }
        catch (SandboxUnavailableException e)
        {
            throw new McpException($"{name} cannot run commands on this machine: {e.Message}", e);
        }
        finally
        {
            Calls.Leave();
        }
    }
}
