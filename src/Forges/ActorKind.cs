namespace CodingAgent.Forges;

/// <summary>What kind of account an <see cref="Actor"/> is.</summary>
public enum ActorKind
{
    /// <summary>A person.</summary>
    User,

    /// <summary>An app or bot account.</summary>
    Bot,

    /// <summary>Anything else the forge names (organisations, deleted accounts).</summary>
    Other,
}
