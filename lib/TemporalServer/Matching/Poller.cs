namespace TemporalServer.Matching;

/// <summary>A held poll.</summary>
internal sealed class Poller(string identity, string instanceKey, Task written)
{
    private readonly TaskCompletionSource<Delivery?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Who polls.</summary>
    public string Identity { get; } = identity;

    /// <summary>Key of the one worker that polls; empty when it does not say.</summary>
    public string InstanceKey { get; } = instanceKey;

    /// <summary>Ends when the answer is on its way to the worker, or nobody is there to take it.</summary>
    public Task Written { get; } = written;

    /// <summary>What was delivered; null when the poll was given up.</summary>
    public Task<Delivery?> Answer => _answer.Task;

    /// <summary>Ends the poll.</summary>
    public void SetAnswer(Delivery? delivery) => _answer.TrySetResult(delivery);
}
