namespace Temporalio.Client.Schedules;

/// <summary>A workflow that a schedule has started.</summary>
/// <param name="WorkflowId">Workflow id.</param>
/// <param name="FirstExecutionRunId">First run of the chain.</param>
public record ScheduleActionExecutionStartWorkflow(string WorkflowId, string FirstExecutionRunId) : ScheduleActionExecution;
