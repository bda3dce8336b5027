namespace CodingAgent.Workflows.Ports;

/// <summary>Up to when things were looked through for what passed unheard.</summary>
public interface ISweepMarks
{
    /// <summary>The mark; null where it was never looked through.</summary>
    /// <param name="what">A repository, or another thing that is looked through.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<DateTimeOffset?> FindAsync(string what, CancellationToken cancellationToken);

    /// <summary>Sets the mark. Durable when it returns.</summary>
    /// <param name="what">A repository, or another thing that is looked through.</param>
    /// <param name="at">Up to when nothing can have passed unheard.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task SetAsync(string what, DateTimeOffset at, CancellationToken cancellationToken);
}
