namespace Temporalio.Workflows;

/// <summary>Mutex for workflow code: lets one flow in at a time, in the order they came.</summary>
public class Mutex
{
    private readonly Semaphore _semaphore = new(1);

    /// <summary>Enters.</summary>
    /// <param name="cancellationToken">Cancels the wait; the workflow's own token when null.</param>
    /// <returns>Completes when inside.</returns>
    public Task WaitOneAsync(CancellationToken? cancellationToken = null) => _semaphore.WaitAsync(cancellationToken);

    /// <summary>Enters unless time passes.</summary>
    /// <param name="millisecondsTimeout">Longest wait in milliseconds; -1 for no limit, 0 to try only.</param>
    /// <param name="cancellationToken">Cancels the wait; the workflow's own token when null.</param>
    /// <returns>Whether inside.</returns>
    public Task<bool> WaitOneAsync(int millisecondsTimeout, CancellationToken? cancellationToken = null) =>
        _semaphore.WaitAsync(millisecondsTimeout, cancellationToken);

    /// <summary>Enters unless time passes.</summary>
    /// <param name="timeout">Longest wait; infinite for no limit, 0 to try only.</param>
    /// <param name="cancellationToken">Cancels the wait; the workflow's own token when null.</param>
    /// <returns>Whether inside.</returns>
    public Task<bool> WaitOneAsync(TimeSpan timeout, CancellationToken? cancellationToken = null) =>
        _semaphore.WaitAsync(timeout, cancellationToken);

    /// <summary>Leaves.</summary>
    public void ReleaseMutex() => _semaphore.Release();
}
