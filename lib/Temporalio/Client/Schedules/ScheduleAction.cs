namespace Temporalio.Client.Schedules;

/// <summary>What a schedule does; always a <see cref="ScheduleActionStartWorkflow" />.</summary>
public abstract record ScheduleAction
{
    private protected ScheduleAction()
    {
    }
}
