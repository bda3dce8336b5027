namespace CodingAgent.Forges;

/// <summary>Reactions the bot gives.</summary>
public enum Reaction
{
    /// <summary>👀: seen and accepted.</summary>
    Eyes,

    /// <summary>👎: refused.</summary>
    ThumbsDown,

    /// <summary>🚀: done.</summary>
    Rocket,

    /// <summary>😕: not understood.</summary>
    Confused,
}
