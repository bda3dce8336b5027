namespace CodingAgent.Agents.Models;

/// <summary>A model's answer to one turn.</summary>
/// <param name="Id">The endpoint's response id.</param>
/// <param name="Model">The model that answered.</param>
/// <param name="Message">What it said.</param>
/// <param name="Refusal">Refusal text, when it refused.</param>
/// <param name="FinishReason">Why it stopped: stop, tool_calls, length, content_filter.</param>
/// <param name="Usage">Tokens used.</param>
public sealed record ModelResponse(
    string Id, string Model, ModelItem.AssistantMessage Message, string? Refusal, string FinishReason, Usage Usage);
