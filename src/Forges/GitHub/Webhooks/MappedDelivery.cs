using CodingAgent.Forges.Events;

namespace CodingAgent.Forges.GitHub.Webhooks;

/// <summary>What a delivery turned out to be: a closed set.</summary>
public abstract record MappedDelivery
{
    /// <summary>Something we act on.</summary>
    /// <param name="Value">The event.</param>
    public sealed record Event(ForgeEvent Value) : MappedDelivery;

    /// <summary>Nothing to us.</summary>
    /// <param name="Reason">Why, for the log.</param>
    public sealed record Ignored(string Reason) : MappedDelivery;

    /// <summary>An event we know whose payload lacks what it always has; or no JSON.</summary>
    /// <param name="Reason">What is wrong with it.</param>
    public sealed record Malformed(string Reason) : MappedDelivery;
}
