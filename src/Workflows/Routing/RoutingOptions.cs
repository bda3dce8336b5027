namespace CodingAgent.Workflows.Routing;

/// <summary>What an operator may set about routing.</summary>
public sealed record RoutingOptions
{
    /// <summary>Bots that may give commands (with write access, as people), by login; comparison ignores case. Empty: none.</summary>
    public IReadOnlyList<string> AllowedBots { get; init; } = [];

    /// <summary>Whether a command by somebody without write access is refused in words; otherwise in silence.</summary>
    public bool RefuseInWords { get; init; } = true;
}
