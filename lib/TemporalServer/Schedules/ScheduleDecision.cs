namespace TemporalServer.Schedules;

/// <summary>What a schedule asks for now.</summary>
/// <param name="Starts">Starts to carry out, in order.</param>
/// <param name="Tracked">The one among them that later starts must not overlap; null when there is none.</param>
/// <param name="Cancel">Executions to request cancellation of.</param>
/// <param name="Terminate">Executions to terminate.</param>
internal sealed record ScheduleDecision(
    IReadOnlyList<BufferedStart> Starts, BufferedStart? Tracked, IReadOnlyList<WorkflowExecution> Cancel, IReadOnlyList<WorkflowExecution> Terminate);
