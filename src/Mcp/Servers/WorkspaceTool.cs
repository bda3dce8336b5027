using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace CodingAgent.Mcp.Servers;

/// <summary>One tool: checked arguments in, text out, every failure that the model can act on as an <see cref="McpException"/>.</summary>
internal sealed class WorkspaceTool : McpServerTool
{
    private readonly ToolSchema _schema;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly Func<ToolArguments, CancellationToken, Task<string>> _run;

    /// <summary>Describes a tool.</summary>
    /// <param name="name">Name on the wire.</param>
    /// <param name="description">What it does, for the model.</param>
    /// <param name="effect">Annotations.</param>
    /// <param name="schema">Arguments.</param>
    /// <param name="timeout">
    /// Own time limit: a client that gives up a call sends no cancellation over streams, and the tool would run on.
    /// </param>
    /// <param name="time">Clock of the limit.</param>
    /// <param name="run">The work.</param>
    public WorkspaceTool(
        string name, string description, ToolEffect effect, ToolSchema schema, TimeSpan timeout, TimeProvider time, Func<ToolArguments, CancellationToken, Task<string>> run)
    {
        _schema = schema;
        _timeout = timeout;
        _time = time;
        _run = run;
        ProtocolTool = new Tool
        {
            Name = name,
            Description = description,
            InputSchema = schema.ToJson(),
            Annotations = new ToolAnnotations
            {
                ReadOnlyHint = effect == ToolEffect.Reads,
                DestructiveHint = effect != ToolEffect.Reads,
                IdempotentHint = effect != ToolEffect.Acts,
                OpenWorldHint = false,
            },
        };
    }

    /// <summary>Set by the tool box: calls in flight, and the stop that ends them.</summary>
    public CallCounter Calls { get; set; } = new();

    public override Tool ProtocolTool { get; }

    public override IReadOnlyList<object> Metadata => [];

    public override async ValueTask<CallToolResult> InvokeAsync(RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default)
    {
        var name = ProtocolTool.Name;
        Calls.Enter();
        using var timeout = new CancellationTokenSource(_timeout, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, Calls.Stop, cancellationToken);
        try
        {
            var text = await _run(ToolArguments.Check(name, _schema, request.Params?.Arguments), stop.Token);
            return new CallToolResult { Content = [new TextContentBlock { Text = text }] };
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested)
        {
            throw new McpException($"{name} did not finish within {_timeout.TotalSeconds:0} seconds and was stopped.", e);
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

/// <summary>What a tool does to the world; becomes its annotations, which drive concurrency and retries.</summary>
internal enum ToolEffect
{
    /// <summary>Changes nothing.</summary>
    Reads,

    /// <summary>Changes the workspace; the same call twice is the same as once.</summary>
    Writes,

    /// <summary>Changes the workspace; a second call may do something else.</summary>
    Acts,
}
