using CodingAgent.Mcp.Pages;
using CodingAgent.Mcp.ThirdParty;

namespace CodingAgent.Mcp.Servers;

/// <summary>What agents may use beside the workspace, where the operator opened it.</summary>
/// <param name="Pages">Reads pages of documentation; null for none.</param>
/// <param name="Servers">Servers of others; null for none.</param>
public sealed record OutsideTools(PageReader? Pages, ThirdPartyServers? Servers)
{
    /// <summary>Nothing, the default.</summary>
    public static OutsideTools None { get; } = new(Pages: null, Servers: null);
}
