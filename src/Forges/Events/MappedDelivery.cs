namespace CodingAgent.Forges.Events;

/// <summary>What a delivery turned out to be: a closed set.</summary>
public abstract record MappedDelivery
{
    /// <summary>Something we act on.</summary>
    /// <param name="Value">The event.</param>
    public sealed record Event(ForgeEvent Value) : MappedDelivery
    {
        /// <summary>What the same delivery tells besides, about the same issue, pull request or commit; each has an id of its own.</summary>
        public IReadOnlyList<ForgeEvent> Also { get; init; } = [];
    }

    /// <summary>Nothing to us.</summary>
    /// <param name="Reason">Why, for the log.</param>
    public sealed record Ignored(string Reason) : MappedDelivery;

    /// <summary>Something we would act on, if it could be read: it is kept, for a version that can.</summary>
    /// <param name="Reason">What is wrong with it; quotes nothing of it.</param>
    public sealed record Unreadable(string Reason) : MappedDelivery;
}
