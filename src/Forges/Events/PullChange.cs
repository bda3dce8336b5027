namespace CodingAgent.Forges.Events;

/// <summary>What happened to a pull request.</summary>
public enum PullChange
{
    /// <summary>Opened.</summary>
    Opened,

    /// <summary>New commits were pushed to the head.</summary>
    Synchronized,

    /// <summary>Closed without merging.</summary>
    Closed,

    /// <summary>Merged.</summary>
    Merged,

    /// <summary>Reopened.</summary>
    Reopened,

    /// <summary>Draft taken off.</summary>
    ReadyForReview,

    /// <summary>Turned back into a draft.</summary>
    ConvertedToDraft,
}
