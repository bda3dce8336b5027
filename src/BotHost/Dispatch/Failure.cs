namespace CodingAgent.BotHost.Dispatch;

/// <summary>Which failures pass by themselves.</summary>
internal enum Failure
{
    /// <summary>Something is away: the delivery waits, however long it takes.</summary>
    Away,

    /// <summary>The forge does not say what the delivery says: asked again for a while, then it counts for nothing.</summary>
    NotOnRecord,

    /// <summary>Refused for good: trying again changes nothing.</summary>
    Permanent,

    /// <summary>Nobody foresaw it: tried a few times, then given up.</summary>
    Unexpected,
}
