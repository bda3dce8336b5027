namespace Temporalio.Client.Schedules;

/// <summary>What an action of a schedule has brought about; always a <see cref="ScheduleActionExecutionStartWorkflow" />.</summary>
public abstract record ScheduleActionExecution
{
    private protected ScheduleActionExecution()
    {
    }
}
