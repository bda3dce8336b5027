namespace CodingAgent.Workflows.Ports;

/// <summary>Which delivery brought which statement of a person: each counts once, whatever else carries it again.</summary>
public interface IStatementLog
{
    /// <summary>Notes that this delivery brings the statement, unless another did before. Durable when it returns.</summary>
    /// <param name="statement">Key of what was said or done.</param>
    /// <param name="deliveryId">Delivery that brings it now.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The delivery that brought it first: this one, also when it comes again.</returns>
    Task<string> ClaimAsync(string statement, string deliveryId, CancellationToken cancellationToken);

    /// <summary>The delivery that brought the statement; null while none has.</summary>
    Task<string?> FindAsync(string statement, CancellationToken cancellationToken);
}
