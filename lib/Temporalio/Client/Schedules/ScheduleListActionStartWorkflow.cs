namespace Temporalio.Client.Schedules;

/// <summary>Starts a workflow.</summary>
/// <param name="Workflow">Workflow type name.</param>
public record ScheduleListActionStartWorkflow(string Workflow) : ScheduleListAction;
