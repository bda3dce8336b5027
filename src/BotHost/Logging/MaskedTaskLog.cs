using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Logging;

/// <summary>The live log without secrets in it, and without failures for those who write it.</summary>
/// <param name="inner">The store.</param>
/// <param name="redaction">Takes secrets out.</param>
/// <param name="logger">Log.</param>
public sealed partial class MaskedTaskLog(ITaskLog inner, Redaction redaction, ILogger<MaskedTaskLog> logger) : ITaskLog
{
    /// <inheritdoc/>
    public async Task AppendAsync(TaskId task, IReadOnlyList<TaskLogEntry> entries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(task);
        try
        {
            await inner.AppendAsync(task, [.. entries.Select(e => e with { Text = redaction.Apply(e.Text) })], cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogLost(task.ToString(), entries.Count, e);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TaskLogRow>> ReadAsync(TaskId task, long after, int most, CancellationToken cancellationToken) => inner.ReadAsync(task, after, most, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TaskLogRow>> ReadLastAsync(TaskId task, int most, CancellationToken cancellationToken) => inner.ReadLastAsync(task, most, cancellationToken);

    [LoggerMessage(EventId = 142, Level = LogLevel.Warning, Message = "The live log of {Task} lost {Count} entries; the task goes on")]
    private partial void LogLost(string task, int count, Exception error);
}
