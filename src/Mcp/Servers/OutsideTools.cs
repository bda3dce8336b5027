using CodingAgent.Mcp.Pages;

namespace CodingAgent.Mcp.Servers;

/// <summary>What agents may use beside the workspace, where the operator opened it.</summary>
/// <param name="Pages">Reads pages of documentation; null for none.</param>
public sealed record OutsideTools(PageReader? Pages)
{
    /// <summary>Nothing, the default.</summary>
    public static OutsideTools None { get; } = new(Pages: null);
}
