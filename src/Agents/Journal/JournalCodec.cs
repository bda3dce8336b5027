using System.Text.Json;
using System.Text.Json.Serialization;
using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Models;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Journal;

/// <summary>
/// The JSON inside journal rows. A response is kept as the chat client gave it, the endpoint's raw items included. Time spent is kept
/// with it, so that the active-time budget survives retries. Rows written before chat clients were the model port
/// (<c>response</c> instead of <c>answer</c>) are read too.
/// </summary>
internal static class JournalCodec
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static string Write(ChatResponse answer, TimeSpan elapsed, AgentDefinition agent) =>
        JsonSerializer.Serialize(
            new ResponseRow(JsonSerializer.SerializeToElement(answer, AIJsonUtilities.DefaultOptions), (long)elapsed.TotalMilliseconds)
            {
                Model = agent.Model,
                Agent = agent.Name,
                Prompt = agent.PromptVersion,
            },
            Json);

    /// <summary>The row of an answer that was paid and lost.</summary>
    public static string WriteLost(UsageDetails? spent, TimeSpan elapsed, AgentDefinition agent, LostAnswer lost) =>
        JsonSerializer.Serialize(
            new ResponseRow(JsonSerializer.SerializeToElement(new ChatResponse([]) { Usage = spent }, AIJsonUtilities.DefaultOptions), (long)elapsed.TotalMilliseconds)
            {
                Model = agent.Model,
                Agent = agent.Name,
                Prompt = agent.PromptVersion,
                Lost = lost,
            },
            Json);

    /// <summary>The row of a finished turn.</summary>
    /// <param name="outputs">Outputs of its calls.</param>
    /// <param name="elapsed">Time they took.</param>
    /// <param name="handoff">Agent that took over inside the run; null for none.</param>
    /// <param name="nested">What agents that were called as tools used; null for none.</param>
    public static string Write(IReadOnlyList<FunctionResultContent> outputs, TimeSpan elapsed, string? handoff = null, Consumption? nested = null) =>
        JsonSerializer.Serialize(
            new OutputsRow([.. outputs.Select(o => new Output(o.CallId, (string)o.Result!))], (long)elapsed.TotalMilliseconds) { Handoff = handoff, Nested = nested }, Json);

    public static JournalledAnswer ReadResponse(string json)
    {
        var row = JsonSerializer.Deserialize<ResponseRow>(json, Json) ?? throw new JsonException("A journalled response is null.");
        var answer = row.Answer.ValueKind == JsonValueKind.Object
            ? row.Answer.Deserialize<ChatResponse>(AIJsonUtilities.DefaultOptions)
            : row.Response?.ToAnswer();
        return new JournalledAnswer(
            answer ?? throw new JsonException("A journalled response holds no answer."), TimeSpan.FromMilliseconds(row.Ms), row.Model, row.Lost)
        {
            Agent = row.Agent,
            Prompt = row.Prompt ?? "",
        };
    }

    public static (IReadOnlyList<FunctionResultContent> Outputs, TimeSpan Elapsed, string? Handoff, Consumption? Nested) ReadOutputs(string json)
    {
        var row = JsonSerializer.Deserialize<OutputsRow>(json, Json) ?? throw new JsonException("Journalled outputs are null.");
        return ([.. row.Outputs.Select(o => new FunctionResultContent(o.CallId, o.Text))], TimeSpan.FromMilliseconds(row.Ms), row.Handoff, row.Nested);
    }

    private sealed record ResponseRow(JsonElement Answer, long Ms)
    {
        // Rows of earlier builds have none: their answers came from the agent's own model.
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Model { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Agent { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Prompt { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public LostAnswer? Lost { get; init; }

        // Only ever read.
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public EarlierResponse? Response { get; init; }
    }

    private sealed record OutputsRow(IReadOnlyList<Output> Outputs, long Ms)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Handoff { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public Consumption? Nested { get; init; }
    }

    private sealed record Output(string CallId, string Text);

    private sealed record EarlierResponse(string Id, string Model, EarlierMessage Message, string? Refusal, string FinishReason, Usage Usage)
    {
        public ChatResponse ToAnswer()
        {
            var contents = new List<AIContent>();
            if (Message.Text is { } text)
                contents.Add(new TextContent(text));
            contents.AddRange(Message.ToolCalls.Select(c => Answers.Call(c.Id, c.Name, c.Arguments)));
            if (Refusal is { Length: > 0 })
                contents.Add(Answers.Refused(Refusal));
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, contents))
            {
                ResponseId = Id,
                ModelId = Model,
                FinishReason = new ChatFinishReason(FinishReason),
                Usage = new UsageDetails
                {
                    InputTokenCount = Usage.InputTokens,
                    OutputTokenCount = Usage.OutputTokens,
                    CachedInputTokenCount = Usage.CachedTokens,
                    ReasoningTokenCount = Usage.ReasoningTokens,
                },
            };
        }
    }

    private sealed record EarlierMessage(string? Text, IReadOnlyList<EarlierCall> ToolCalls);

    private sealed record EarlierCall(string Id, string Name, string Arguments);
}

/// <summary>A journalled answer of a model.</summary>
/// <param name="Answer">The answer; without messages when it was lost.</param>
/// <param name="Elapsed">Time it took.</param>
/// <param name="Model">Model that was asked; null in rows of earlier builds.</param>
/// <param name="Lost">Where it was lost; null when it was not.</param>
internal sealed record JournalledAnswer(ChatResponse Answer, TimeSpan Elapsed, string? Model, LostAnswer? Lost)
{
    /// <summary>Name of the agent that asked; null in rows of earlier builds.</summary>
    public string? Agent { get; init; }

    /// <summary>Version of its prompt; empty in rows of earlier builds.</summary>
    public string Prompt { get; init; } = "";
}

/// <summary>Where a paid answer was lost.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LostAnswer>))]
internal enum LostAnswer
{
    /// <summary>The endpoint broke it off, or sent what cannot be read.</summary>
    AtEndpoint,

    /// <summary>This process died before the answer was journalled.</summary>
    Here,
}
