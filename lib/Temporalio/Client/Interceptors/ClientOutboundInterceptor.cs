using Temporalio.Client.Schedules;

namespace Temporalio.Client.Interceptors;

/// <summary>A link in the chain that calls of a client go through; the last one makes the call. Override what is of interest.</summary>
public abstract class ClientOutboundInterceptor
{
    /// <summary>Creates an interceptor.</summary>
    /// <param name="next">Next interceptor of the chain.</param>
    protected ClientOutboundInterceptor(ClientOutboundInterceptor next) => MaybeNext = next;

    private protected ClientOutboundInterceptor()
    {
    }

    /// <summary>Next interceptor of the chain.</summary>
    /// <exception cref="InvalidOperationException">This is the last one.</exception>
    protected ClientOutboundInterceptor Next => MaybeNext ?? throw new InvalidOperationException("No next interceptor");

    private protected ClientOutboundInterceptor? MaybeNext { get; init; }

    /// <summary>Starts a workflow, with or without a signal.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <typeparam name="TResult">Type of the result.</typeparam>
    /// <param name="input">Input.</param>
    /// <returns>Its handle.</returns>
    public virtual Task<WorkflowHandle<TWorkflow, TResult>> StartWorkflowAsync<TWorkflow, TResult>(StartWorkflowInput input) => Next.StartWorkflowAsync<TWorkflow, TResult>(input);

    /// <summary>Signals a workflow.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes when the server has the signal.</returns>
    public virtual Task SignalWorkflowAsync(SignalWorkflowInput input) => Next.SignalWorkflowAsync(input);

    /// <summary>Queries a workflow.</summary>
    /// <typeparam name="TResult">Type of the result.</typeparam>
    /// <param name="input">Input.</param>
    /// <returns>The answer.</returns>
    public virtual Task<TResult> QueryWorkflowAsync<TResult>(QueryWorkflowInput input) => Next.QueryWorkflowAsync<TResult>(input);

    /// <summary>Starts an update of a workflow.</summary>
    /// <typeparam name="TResult">Type of the result.</typeparam>
    /// <param name="input">Input.</param>
    /// <returns>Its handle.</returns>
    public virtual Task<WorkflowUpdateHandle<TResult>> StartWorkflowUpdateAsync<TResult>(StartWorkflowUpdateInput input) => Next.StartWorkflowUpdateAsync<TResult>(input);

    /// <summary>Describes a workflow.</summary>
    /// <param name="input">Input.</param>
    /// <returns>The description.</returns>
    public virtual Task<WorkflowExecutionDescription> DescribeWorkflowAsync(DescribeWorkflowInput input) => Next.DescribeWorkflowAsync(input);

    /// <summary>Asks a workflow to cancel.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes when the server has the request.</returns>
    public virtual Task CancelWorkflowAsync(CancelWorkflowInput input) => Next.CancelWorkflowAsync(input);

    /// <summary>Closes a workflow by force.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes when it is closed.</returns>
    public virtual Task TerminateWorkflowAsync(TerminateWorkflowInput input) => Next.TerminateWorkflowAsync(input);

    /// <summary>Fetches a page of a history, for results too.</summary>
    /// <param name="input">Input.</param>
    /// <returns>The page.</returns>
    public virtual Task<WorkflowHistoryEventPage> FetchWorkflowHistoryEventPageAsync(FetchWorkflowHistoryEventPageInput input) => Next.FetchWorkflowHistoryEventPageAsync(input);

    /// <summary>Lists workflows.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Workflows as the server finds them.</returns>
    public virtual IAsyncEnumerable<WorkflowExecution> ListWorkflowsAsync(ListWorkflowsInput input) => Next.ListWorkflowsAsync(input);

    /// <summary>Counts workflows.</summary>
    /// <param name="input">Input.</param>
    /// <returns>The count.</returns>
    public virtual Task<WorkflowExecutionCount> CountWorkflowsAsync(CountWorkflowsInput input) => Next.CountWorkflowsAsync(input);

    /// <summary>Creates a schedule.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Its handle.</returns>
    public virtual Task<ScheduleHandle> CreateScheduleAsync(CreateScheduleInput input) => Next.CreateScheduleAsync(input);

    /// <summary>Lists schedules.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Schedules as the server finds them.</returns>
    public virtual IAsyncEnumerable<ScheduleListDescription> ListSchedulesAsync(ListSchedulesInput input) => Next.ListSchedulesAsync(input);

    /// <summary>Catches up on periods of a schedule.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes when the server has the request.</returns>
    public virtual Task BackfillScheduleAsync(BackfillScheduleInput input) => Next.BackfillScheduleAsync(input);

    /// <summary>Deletes a schedule.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes when it is deleted.</returns>
    public virtual Task DeleteScheduleAsync(DeleteScheduleInput input) => Next.DeleteScheduleAsync(input);

    /// <summary>Describes a schedule.</summary>
    /// <param name="input">Input.</param>
    /// <returns>The description.</returns>
    public virtual Task<ScheduleDescription> DescribeScheduleAsync(DescribeScheduleInput input) => Next.DescribeScheduleAsync(input);

    /// <summary>Pauses a schedule.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes when it is paused.</returns>
    public virtual Task PauseScheduleAsync(PauseScheduleInput input) => Next.PauseScheduleAsync(input);

    /// <summary>Triggers a schedule's action now.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes when the server has the request.</returns>
    public virtual Task TriggerScheduleAsync(TriggerScheduleInput input) => Next.TriggerScheduleAsync(input);

    /// <summary>Unpauses a schedule.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes when it is unpaused.</returns>
    public virtual Task UnpauseScheduleAsync(UnpauseScheduleInput input) => Next.UnpauseScheduleAsync(input);

    /// <summary>Changes a schedule.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes when it is changed.</returns>
    public virtual Task UpdateScheduleAsync(UpdateScheduleInput input) => Next.UpdateScheduleAsync(input);
}
