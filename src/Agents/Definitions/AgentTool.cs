using System.ComponentModel;
using System.Text.Json;

namespace CodingAgent.Agents.Definitions;

/// <summary>
/// An agent that another one calls like a tool: it runs in a journal of its own under the calling run, with the reading tools of that run that it may use,
/// and its answer is the output of the call. Unlike with a handoff the caller stays whose turn it is, and several may run beside each other.
/// </summary>
/// <param name="Name">Name of the tool.</param>
/// <param name="Description">For the model: what it is good for.</param>
/// <param name="Agent">The agent; its tools must only read.</param>
public sealed record AgentTool(string Name, string Description, AgentDefinition Agent)
{
    private static readonly OutputContract Arguments = OutputContract.For<AgentTask>("agent_task");

    internal static JsonElement Schema => Arguments.Schema;
}

/// <summary>What an agent that is called as a tool is asked.</summary>
/// <param name="Task">What to do.</param>
public sealed record AgentTask([property: Description("What to do, with all that it needs to know: it sees nothing else.")] string Task);
