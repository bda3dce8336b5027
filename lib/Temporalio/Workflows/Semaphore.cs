namespace Temporalio.Workflows;

/// <summary>Semaphore for workflow code: lets a number of flows in, in the order they came.</summary>
public class Semaphore
{
    private readonly LinkedList<object> _waiting = new();

    /// <summary>Creates a semaphore.</summary>
    /// <param name="initialCount">How many may enter at once; at least 1.</param>
    public Semaphore(int initialCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(initialCount);
        Max = initialCount;
        CurrentCount = initialCount;
    }

    /// <summary>How many may be inside at once.</summary>
    public int Max { get; init; }

    /// <summary>How many may still enter.</summary>
    public int CurrentCount { get; private set; }

    /// <summary>Enters.</summary>
    /// <param name="cancellationToken">Cancels the wait; the workflow's own token when null.</param>
    /// <returns>Completes when inside.</returns>
    public Task WaitAsync(CancellationToken? cancellationToken = null) => WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Enters unless time passes.</summary>
    /// <param name="millisecondsTimeout">Longest wait in milliseconds; -1 for no limit, 0 to try only.</param>
    /// <param name="cancellationToken">Cancels the wait; the workflow's own token when null.</param>
    /// <returns>Whether inside.</returns>
    public Task<bool> WaitAsync(int millisecondsTimeout, CancellationToken? cancellationToken = null) =>
        WaitAsync(TimeSpan.FromMilliseconds(millisecondsTimeout), cancellationToken);

    /// <summary>Enters unless time passes.</summary>
    /// <param name="timeout">Longest wait; infinite for no limit, 0 to try only.</param>
    /// <param name="cancellationToken">Cancels the wait; the workflow's own token when null.</param>
    /// <returns>Whether inside.</returns>
    public async Task<bool> WaitAsync(TimeSpan timeout, CancellationToken? cancellationToken = null)
    {
        (cancellationToken ?? Workflow.CancellationToken).ThrowIfCancellationRequested();
        if (CurrentCount > 0 && _waiting.Count == 0)
        {
            CurrentCount--;
            return true;
        }

        if (timeout == TimeSpan.Zero)
        {
            return false;
        }

        var place = _waiting.AddLast(new object());
        try
        {
            var entered = await Workflow.WaitConditionAsync(() => CurrentCount > 0 && _waiting.First == place, timeout, cancellationToken);
            if (entered)
            {
                CurrentCount--;
            }

            return entered;
        }
        finally
        {
            _waiting.Remove(place);
        }
    }

    /// <summary>Leaves.</summary>
    /// <exception cref="InvalidOperationException">Nobody is inside.</exception>
    public void Release()
    {
        if (CurrentCount == Max)
        {
            throw new InvalidOperationException("The semaphore is released more often than it was entered.");
        }

        CurrentCount++;
    }
}
