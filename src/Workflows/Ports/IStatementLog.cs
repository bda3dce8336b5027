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

    /// <summary>Whether a delivery has brought the statement.</summary>
    Task<bool> IsClaimedAsync(string statement, CancellationToken cancellationToken);
}
