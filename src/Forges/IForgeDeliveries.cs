namespace CodingAgent.Forges;

/// <summary>What a forge has on record of the events it sent, and could not deliver.</summary>
public interface IForgeDeliveries
{
    /// <summary>The forge.</summary>
    ForgeKind Forge { get; }

    /// <summary>
    /// Has the forge send again what it tried to deliver here since and got no answer for, or one that says that we were away. What we refused is not asked
    /// for: it would be refused again. Where the forge does not let us see its record, nothing is.
    /// </summary>
    /// <param name="wishes">Whose events, and where they are sent to.</param>
    /// <param name="since">By the forge's clock; forges keep such records for days.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>How many it is to send again.</returns>
    /// <exception cref="ForgeUnavailableException">The forge is away.</exception>
    /// <exception cref="ForgeRejectedException">The forge refused for good.</exception>
    Task<int> RedeliverAsync(ForgeWishes wishes, DateTimeOffset since, CancellationToken cancellationToken);
}
