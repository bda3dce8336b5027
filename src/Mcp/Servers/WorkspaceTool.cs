using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace CodingAgent.Mcp.Servers;

/// <summary>One tool: checked arguments in, text out, every failure that the model can act on as an <see cref="McpException"/>.</summary>
internal sealed partial class WorkspaceTool : McpServerTool
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(3);

    private readonly ToolSchema _schema;
    private readonly Func<ToolArguments, CancellationToken, Task<string>> _run;

    /// <summary>Describes a tool.</summary>
    /// <param name="name">Name on the wire.</param>
    /// <param name="description">What it does, for the model.</param>
    /// <param name="effect">Annotations.</param>
    /// <param name="schema">Arguments.</param>
    /// <param name="timeout">Time limit of a call.</param>
    /// <param name="time">Clock of the limit.</param>
    /// <param name="run">The work.</param>
    public WorkspaceTool(
        string name, string description, ToolEffect effect, ToolSchema schema, TimeSpan timeout, TimeProvider time, Func<ToolArguments, CancellationToken, Task<string>> run)
    {
        _schema = schema;
        _run = run;
        Limits = new CallLimits(timeout, time);
        ProtocolTool = new Tool
        {
            Name = name,
            Description = description,
            InputSchema = schema.ToJson(),
            Annotations = new ToolAnnotations
            {
                ReadOnlyHint = effect is ToolEffect.Reads or ToolEffect.Asks,
                DestructiveHint = effect is not (ToolEffect.Reads or ToolEffect.Asks),
                IdempotentHint = effect != ToolEffect.Acts,
                OpenWorldHint = effect == ToolEffect.Asks,
            },
        };
    }

    public CallLimits Limits { get; }

    public override Tool ProtocolTool { get; }

    public override IReadOnlyList<object> Metadata => [];

    public override async ValueTask<CallToolResult> InvokeAsync(RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default)
    {
        var name = ProtocolTool.Name;
        var log = Log(request.Server, name);
        var started = Limits.Time.GetTimestamp();
        await using var progress = Progress(request);
        try
        {
            var text = await Limits.RunAsync(name, stop => _run(ToolArguments.Check(name, _schema, request.Params?.Arguments), stop), cancellationToken);
            var took = Milliseconds(started);
            LogAnswered(log, name, took);
            return new CallToolResult { Content = [new TextContentBlock { Text = text }] };
        }
        catch (McpException e)
        {
            var took = Milliseconds(started);
            LogRefused(log, name, took, e.Message);
            throw;
        }
    }

    /// <summary>Tells a client that asked for it that the call still runs, until disposed.</summary>
    private ITimer? Progress(RequestContext<CallToolRequestParams> request)
    {
        if (request.Params?.ProgressToken is not { } token) return null;
        var started = Limits.Time.GetTimestamp();
        return Limits.Time.CreateTimer(
            _ =>
            {
                var seconds = Math.Round(Limits.Time.GetElapsedTime(started).TotalSeconds);
                var told = new ProgressNotificationValue { Progress = (float)seconds, Total = (float)Limits.Timeout.TotalSeconds, Message = $"{ProtocolTool.Name} has run for {seconds:0} s, at most {Limits.Timeout.TotalSeconds:0} s" };
                // Who has gone hears nothing; the call's own end is told elsewhere.
                _ = request.Server.NotifyProgressAsync(token, told).ContinueWith(t => _ = t.Exception, TaskScheduler.Default);
            },
            null,
            Beat,
            Beat);
    }

#pragma warning disable MCP9005 // Deprecated in the newest revision of the protocol, and what the clients of all others have.
    private static ILogger Log(McpServer server, string name) => server.AsClientLoggerProvider().CreateLogger(name);
#pragma warning restore MCP9005

    private int Milliseconds(long started) => (int)Limits.Time.GetElapsedTime(started).TotalMilliseconds;

    [LoggerMessage(EventId = 2201, Level = LogLevel.Information, Message = "{Tool} answered after {Milliseconds} ms")]
    private static partial void LogAnswered(ILogger logger, string tool, int milliseconds);

    [LoggerMessage(EventId = 2202, Level = LogLevel.Warning, Message = "{Tool} refused or gave up after {Milliseconds} ms: {Reason}")]
    private static partial void LogRefused(ILogger logger, string tool, int milliseconds, string reason);
}

/// <summary>What a tool does to the world; becomes its annotations, which drive concurrency and retries.</summary>
internal enum ToolEffect
{
    /// <summary>Changes nothing.</summary>
    Reads,

    /// <summary>Changes nothing, and asks the world outside.</summary>
    Asks,

    /// <summary>Changes the workspace; the same call twice is the same as once.</summary>
    Writes,

    /// <summary>Changes the workspace; a second call may do something else.</summary>
    Acts,
}
