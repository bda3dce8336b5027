using System.Collections.Concurrent;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Logging;

/// <summary>
/// Logs what tasks do, a line a step, where every step passes: on its way to the projection. What REST will tell of it is masked here, too: titles,
/// reasons and warnings hold words of issues, forges and exceptions.
/// </summary>
/// <param name="inner">The projection.</param>
/// <param name="log">The live log, which masks for itself.</param>
/// <param name="redaction">Takes secrets out.</param>
/// <param name="logger">Log.</param>
public sealed partial class LoggedProjection(ITaskProjection inner, ITaskLog log, Redaction redaction, ILogger<LoggedProjection> logger) : ITaskProjection
{
    private const int MostRemembered = 10_000;

    // What was said last of each task: a step may be told several times.
    private readonly ConcurrentDictionary<string, string> _said = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RepoRef>> ListRepositoriesAsync(ForgeKind forge, int limit, CancellationToken cancellationToken) => inner.ListRepositoriesAsync(forge, limit, cancellationToken);

    /// <inheritdoc/>
    public async Task UpsertAsync(TaskSummary task, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(task);
        task = task with
        {
            Title = redaction.Apply(task.Title),
            Step = redaction.Apply(task.Step),
            Reason = redaction.Apply(task.Reason),
            Warnings = [.. task.Warnings.Select(redaction.Apply)],
            Parts = [.. task.Parts.Select(p => p with { Name = redaction.Apply(p.Name) })],
        };
        var id = task.Id.ToString();
        var words = $"{task.State}: {Line(task.Step)}{(task.Reason.Length > 0 ? $" ({Line(task.Reason)})" : "")}";
        var isNew = !_said.TryGetValue(id, out var before) || before != words;
        // First the log: who watches it to the end looks for the end in the projection.
        if (isNew)
            await log.AppendAsync(task.Id, [new TaskLogEntry(task.UpdatedAt, TaskLogKind.Step, task.Reason.Length == 0 ? task.Step : task.Step.Length == 0 ? task.Reason : $"{task.Step}: {task.Reason}") { State = task.State.ToString() }], cancellationToken);
        await inner.UpsertAsync(task, cancellationToken);
        if (!isNew)
            return;
        // Forgetting only makes a line come twice.
        if (_said.Count >= MostRemembered)
            _said.Clear();
        _said[id] = words;
        if (task.State == TaskState.Failed)
            LogFailed(id, words);
        else
            LogStep(id, words);
    }

    /// <inheritdoc/>
    public Task<TaskSummary?> FindAsync(TaskId id, CancellationToken cancellationToken) => inner.FindAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TaskSummary>> ListAsync(TaskQuery query, CancellationToken cancellationToken) => inner.ListAsync(query, cancellationToken);

    private static string Line(string text) => text.ReplaceLineEndings(" ");

    [LoggerMessage(EventId = 140, Level = LogLevel.Information, Message = "{Task} {Words}")]
    private partial void LogStep(string task, string words);

    [LoggerMessage(EventId = 141, Level = LogLevel.Warning, Message = "{Task} {Words}")]
    private partial void LogFailed(string task, string words);
}
