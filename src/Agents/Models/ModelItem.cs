using System.Text.Json.Serialization;

namespace CodingAgent.Agents.Models;

/// <summary>One item of a conversation: a closed set that serialises losslessly (it is what the journal stores).</summary>
[JsonDerivedType(typeof(SystemText), "system")]
[JsonDerivedType(typeof(UserText), "user")]
[JsonDerivedType(typeof(AssistantMessage), "assistant")]
[JsonDerivedType(typeof(ToolOutput), "tool")]
public abstract record ModelItem
{
    /// <summary>Instructions of ours.</summary>
    public sealed record SystemText(string Text) : ModelItem;

    /// <summary>Task text, or untrusted text fenced as such.</summary>
    public sealed record UserText(string Text) : ModelItem;

    /// <summary>What the model said and which tools it calls.</summary>
    public sealed record AssistantMessage(string? Text, IReadOnlyList<ToolCall> ToolCalls) : ModelItem;

    /// <summary>The output of one tool call.</summary>
    public sealed record ToolOutput(string CallId, string Text) : ModelItem;
}
