namespace Temporalio.Client.Schedules;

/// <summary>Handle of a schedule.</summary>
/// <param name="Client">Client it works with.</param>
/// <param name="Id">Schedule id.</param>
public record ScheduleHandle(ITemporalClient Client, string Id)
{
    /// <summary>Catches up on periods, as if their times came now.</summary>
    /// <param name="backfills">The periods; at least one.</param>
    /// <param name="rpcOptions">How the call is made.</param>
    /// <returns>Completes when the server has the request.</returns>
    /// <exception cref="ArgumentException">There is no period.</exception>
    public virtual Task BackfillAsync(IReadOnlyCollection<ScheduleBackfill> backfills, RpcOptions? rpcOptions = null) => backfills.Count == 0
        ? throw new ArgumentException("At least one backfill is needed.", nameof(backfills))
        : Client.OutboundInterceptor.BackfillScheduleAsync(new(Id, backfills, rpcOptions));

    /// <summary>Deletes the schedule; what it has started goes on.</summary>
    /// <param name="rpcOptions">How the call is made.</param>
    /// <returns>Completes when it is deleted.</returns>
    public virtual Task DeleteAsync(RpcOptions? rpcOptions = null) =>
        Client.OutboundInterceptor.DeleteScheduleAsync(new(Id, rpcOptions));

    /// <summary>Describes the schedule.</summary>
    /// <param name="rpcOptions">How the call is made.</param>
    /// <returns>The description.</returns>
    /// <exception cref="Exceptions.RpcException">The call failed; NOT_FOUND when there is no such schedule.</exception>
    public virtual Task<ScheduleDescription> DescribeAsync(RpcOptions? rpcOptions = null) =>
        Client.OutboundInterceptor.DescribeScheduleAsync(new(Id, rpcOptions));

    /// <summary>Pauses the schedule.</summary>
    /// <param name="note">Why, for people.</param>
    /// <param name="rpcOptions">How the call is made.</param>
    /// <returns>Completes when it is paused.</returns>
    public virtual Task PauseAsync(string? note = null, RpcOptions? rpcOptions = null) =>
        Client.OutboundInterceptor.PauseScheduleAsync(new(Id, note, rpcOptions));

    /// <summary>Takes the action now.</summary>
    /// <param name="options">Options.</param>
    /// <returns>Completes when the server has the request.</returns>
    public virtual Task TriggerAsync(ScheduleTriggerOptions? options = null) =>
        Client.OutboundInterceptor.TriggerScheduleAsync(new(Id, options));

    /// <summary>Unpauses the schedule.</summary>
    /// <param name="note">Why, for people.</param>
    /// <param name="rpcOptions">How the call is made.</param>
    /// <returns>Completes when it is unpaused.</returns>
    public virtual Task UnpauseAsync(string? note = null, RpcOptions? rpcOptions = null) =>
        Client.OutboundInterceptor.UnpauseScheduleAsync(new(Id, note, rpcOptions));

    /// <summary>Changes the schedule.</summary>
    /// <param name="updater">Makes the new form of the present one; null leaves it.</param>
    /// <param name="rpcOptions">How the calls are made.</param>
    /// <returns>Completes when it is changed.</returns>
    public Task UpdateAsync(Func<ScheduleUpdateInput, ScheduleUpdate?> updater, RpcOptions? rpcOptions = null) =>
        UpdateAsync(input => Task.FromResult(updater(input)), rpcOptions);

    /// <summary>Changes the schedule.</summary>
    /// <param name="updater">Makes the new form of the present one; null leaves it.</param>
    /// <param name="rpcOptions">How the calls are made.</param>
    /// <returns>Completes when it is changed.</returns>
    public virtual Task UpdateAsync(Func<ScheduleUpdateInput, Task<ScheduleUpdate?>> updater, RpcOptions? rpcOptions = null) =>
        Client.OutboundInterceptor.UpdateScheduleAsync(new(Id, updater, rpcOptions));
}
