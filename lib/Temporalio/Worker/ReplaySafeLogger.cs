using Microsoft.Extensions.Logging;

namespace Temporalio.Worker;

/// <summary>Logger of workflow code: silent while recorded work is replayed, each line carries the run.</summary>
internal sealed class ReplaySafeLogger(ILogger inner, WorkflowInstance instance) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => !instance.IsReplaying && inner.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        // What a log does with a line, on whatever thread, is nothing the workflow waits for.
        using var pause = EscapeWatch.Pause();
        using var scope = inner.BeginScope(new Dictionary<string, object>
        {
            ["WorkflowId"] = instance.Info.WorkflowId,
            ["RunId"] = instance.Info.RunId,
            ["WorkflowType"] = instance.Info.WorkflowType,
        });
        inner.Log(logLevel, eventId, state, exception, formatter);
    }
}
