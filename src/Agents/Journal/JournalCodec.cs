using System.Text.Json;
using System.Text.Json.Serialization;
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

    public static string Write(ChatResponse answer, TimeSpan elapsed) =>
        JsonSerializer.Serialize(
            new ResponseRow(JsonSerializer.SerializeToElement(answer, AIJsonUtilities.DefaultOptions), (long)elapsed.TotalMilliseconds), Json);

    public static string Write(IReadOnlyList<FunctionResultContent> outputs, TimeSpan elapsed) =>
        JsonSerializer.Serialize(
            new OutputsRow([.. outputs.Select(o => new Output(o.CallId, (string)o.Result!))], (long)elapsed.TotalMilliseconds), Json);

    public static (ChatResponse Answer, TimeSpan Elapsed) ReadResponse(string json)
    {
        var row = JsonSerializer.Deserialize<ResponseRow>(json, Json) ?? throw new JsonException("A journalled response is null.");
        var answer = row.Answer.ValueKind == JsonValueKind.Object
            ? row.Answer.Deserialize<ChatResponse>(AIJsonUtilities.DefaultOptions)
            : row.Response?.ToAnswer();
        return (answer ?? throw new JsonException("A journalled response holds no answer."), TimeSpan.FromMilliseconds(row.Ms));
    }

    public static (IReadOnlyList<FunctionResultContent> Outputs, TimeSpan Elapsed) ReadOutputs(string json)
    {
        var row = JsonSerializer.Deserialize<OutputsRow>(json, Json) ?? throw new JsonException("Journalled outputs are null.");
        return ([.. row.Outputs.Select(o => new FunctionResultContent(o.CallId, o.Text))], TimeSpan.FromMilliseconds(row.Ms));
    }

    private sealed record ResponseRow(JsonElement Answer, long Ms)
    {
        // Only ever read.
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public EarlierResponse? Response { get; init; }
    }

    private sealed record OutputsRow(IReadOnlyList<Output> Outputs, long Ms);

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
