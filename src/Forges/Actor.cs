using System.Text.Json.Serialization;

namespace CodingAgent.Forges;

/// <summary>Who caused an event, as the forge names them.</summary>
/// <param name="Login">Login name; compare ignoring case.</param>
/// <param name="Id">The forge's numeric id, stable across renames.</param>
/// <param name="Kind">Person or machine.</param>
public sealed record Actor(string Login, long Id, ActorKind Kind)
{
    /// <summary>How people write it when they mention it: the login without what a forge adds to the names of apps.</summary>
    [JsonIgnore]
    public string Handle { get; init; } = Login;

    /// <summary>True when both name the same account.</summary>
    /// <param name="other">Another name.</param>
    public bool IsSame(Actor other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (Id != 0 && Id == other.Id) || string.Equals(Login, other.Login, StringComparison.OrdinalIgnoreCase);
    }
}

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
