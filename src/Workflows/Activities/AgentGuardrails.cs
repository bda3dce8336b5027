using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Guardrails;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.Workflows.Activities;

/// <summary>The guardrails of every agent of a task, beside the contracts of their answers.</summary>
internal static class AgentGuardrails
{
    // About 150,000 tokens: with the tools and a conversation beside it more than most models take.
    private const int MostInput = 600_000;

    // Inside the workspace it may be what is to be removed.
    private static readonly ToolGuardrail NoSecretLeaves = new("secrets-leave")
    {
        Before = call => call.LeavesWorkspace && SecretShapes.Find(call.ArgumentsJson) is { } what
            ? GuardrailVerdict.Reject($"this call leaves the workspace, and in its arguments stands what {what}.")
            : GuardrailVerdict.Allow,
    };

    /// <summary>The agent with its guardrails, those that take over inside its runs and those that it calls as tools.</summary>
    public static AgentDefinition On(AgentDefinition agent) => agent with
    {
        InputGuardrails = [InputGuardrails.AtMost(MostInput)],
        ToolGuardrails = [NoSecretLeaves],
        AgentTools = [.. agent.AgentTools.Select(t => t with { Agent = On(t.Agent) })],
        Handoffs = [.. agent.Handoffs.Select(h => h with { Agent = h.Agent is { } inside ? On(inside) : null })],
    };
}
