namespace CodingAgent.Playground.LocalForge;

/// <summary>What kind of account a user of the forge is.</summary>
public enum AccountKind
{
    /// <summary>A person, or a dedicated account that acts with a personal token.</summary>
    User,

    /// <summary>An app: may write check runs, as on GitHub.</summary>
    Bot,

    /// <summary>A group or subgroup of GitLab's: it owns repositories and nobody signs in as it.</summary>
    Group,
}
