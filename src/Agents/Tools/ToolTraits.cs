using CodingAgent.Mcp.ThirdParty;
using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;

namespace CodingAgent.Agents.Tools;

/// <summary>What the Runner must know of a tool: from its MCP annotations, or from the properties of a function of ours.</summary>
/// <param name="ReadOnly">Changes nothing: runs beside others, and a turn with only such calls needs no new snapshot.</param>
/// <param name="LeavesWorkspace">
/// Its effects reach outside the workspace, so that going back to a snapshot does not undo them: after a crash in its turn it is not
/// run again. MCP's <c>openWorldHint</c>, whose default in the protocol is true.
/// </param>
/// <param name="NeedsApproval">A person must agree to each call.</param>
public sealed record ToolTraits(bool ReadOnly, bool LeavesWorkspace, bool NeedsApproval)
{
    /// <summary>Key in <see cref="AITool.AdditionalProperties"/>: true for a function that only reads.</summary>
    public const string ReadOnlyKey = "coding-agent.read-only";

    /// <summary>Key in <see cref="AITool.AdditionalProperties"/>: true for a function with effects outside the workspace.</summary>
    public const string LeavesWorkspaceKey = "coding-agent.leaves-workspace";

    /// <summary>What the tool is, beyond its name: a person's word is for this one, not for what may be served under the name later. Empty for tools of ours.</summary>
    public string Identity { get; init; } = "";

    /// <summary>Key in <see cref="AITool.AdditionalProperties"/>: true for a function that needs a person's word. With effects outside the workspace it runs once at most.</summary>
    public const string NeedsApprovalKey = "coding-agent.needs-approval";

    /// <summary>Traits of a tool.</summary>
    public static ToolTraits Of(AIFunction tool)
    {
        ArgumentNullException.ThrowIfNull(tool);
        // What a third party says of its own tools is not believed.
        if (tool.GetService<ThirdPartyTool>() is { } foreign)
            return new ToolTraits(ReadOnly: false, LeavesWorkspace: true, foreign.NeedsApproval) { Identity = foreign.Identity };
        var approval = Flag(tool, NeedsApprovalKey);
        if (tool.GetService<McpClientTool>() is { } mcp)
        {
            var hints = mcp.ProtocolTool.Annotations;
            var readOnly = hints?.ReadOnlyHint ?? false;
            return new ToolTraits(readOnly, !readOnly && (hints?.OpenWorldHint ?? true), approval);
        }
        return new ToolTraits(Flag(tool, ReadOnlyKey), Flag(tool, LeavesWorkspaceKey), approval);
    }

    private static bool Flag(AIFunction tool, string key) => tool.AdditionalProperties.TryGetValue(key, out var value) && value is true;
}
