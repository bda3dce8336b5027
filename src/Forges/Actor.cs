namespace CodingAgent.Forges;

/// <summary>Who caused an event, as the forge names them.</summary>
/// <param name="Login">Login name; compare ignoring case.</param>
/// <param name="Id">The forge's numeric id, stable across renames.</param>
/// <param name="Kind">Person or machine.</param>
public sealed record Actor(string Login, long Id, ActorKind Kind);
