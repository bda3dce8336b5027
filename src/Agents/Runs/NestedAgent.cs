using System.Text.Json;
using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Tools;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Runs;

/// <summary>An agent as the function that the run which may call it offers.</summary>
/// <param name="tool">The agent and its tool.</param>
/// <param name="run">Runs it: what it is asked, and the id of the call.</param>
internal sealed class NestedAgent(AgentTool tool, Func<AgentTool, string, string, CancellationToken, Task<string>> run) : AIFunction
{
    public override string Name => tool.Name;

    public override string Description => tool.Description;

    public override JsonElement JsonSchema => AgentTool.Schema;

    public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } = new Dictionary<string, object?> { [ToolTraits.ReadOnlyKey] = true };

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        var task = ((JsonElement)arguments["task"]!).GetString()!;
        return await run(tool, task, (string)arguments.Context![Toolbox.CallKey]!, cancellationToken);
    }
}

/// <summary>The model gave an agent that was called as a tool no answer: the run that called it waits, and goes on in the same call.</summary>
internal sealed class NestedModelAwayException(AgentRunResult.ModelAway away) : Exception(away.Reason)
{
    public AgentRunResult.ModelAway Away { get; } = away;
}
