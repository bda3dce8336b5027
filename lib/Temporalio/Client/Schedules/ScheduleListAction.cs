namespace Temporalio.Client.Schedules;

/// <summary>What a listed schedule does; always a <see cref="ScheduleListActionStartWorkflow" />.</summary>
public abstract record ScheduleListAction
{
    private protected ScheduleListAction()
    {
    }
}
