namespace CodingAgent.BotHost.Diagnosis;

/// <summary>
/// What is known of the service at work: facts that cost nothing, and what came of the last look at forges, models and Temporal. A look takes a tiny
/// request of each model, so it is taken when somebody asks for it, one at a time, and kept until the next.
/// </summary>
/// <param name="facts">The facts.</param>
/// <param name="look">Looks.</param>
/// <param name="time">Clock.</param>
public sealed class ServiceDiagnosis(Func<IReadOnlyList<Finding>> facts, Func<CancellationToken, Task<IReadOnlyList<Finding>>> look, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>The facts as they are now.</summary>
    public IReadOnlyList<Finding> Facts => facts();

    /// <summary>The last look; null before the first.</summary>
    public Look? Last { get; private set; }

    /// <summary>Looks anew; whoever asks while one is taken is given that.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<Look> LookAsync(CancellationToken cancellationToken)
    {
        var known = Last;
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (Last is { } meanwhile && meanwhile != known)
                return meanwhile;
            var found = await look(cancellationToken);
            return Last = new Look(found, time.GetUtcNow());
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    /// <summary>What a look found.</summary>
    /// <param name="Findings">Each thing.</param>
    /// <param name="At">When.</param>
    public sealed record Look(IReadOnlyList<Finding> Findings, DateTimeOffset At);
}
