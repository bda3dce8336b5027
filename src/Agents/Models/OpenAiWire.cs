using OpenAI.Chat;

namespace CodingAgent.Agents.Models;

/// <summary>Our terms to the package's and back.</summary>
internal static class OpenAiWire
{
    public static (List<ChatMessage> Messages, ChatCompletionOptions Options) ToWire(ModelRequest request)
    {
        var options = new ChatCompletionOptions { MaxOutputTokenCount = request.MaxOutputTokens };
        foreach (var tool in request.Tools)
            options.Tools.Add(ChatTool.CreateFunctionTool(tool.Name, tool.Description, BinaryData.FromString(tool.Parameters.GetRawText()), tool.Strict));
        if (request.OutputSchema is { } schema)
        {
            options.ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat(
                request.OutputName, BinaryData.FromString(schema.GetRawText()), jsonSchemaIsStrict: true);
        }
        return ([.. request.Items.Select(ToWire)], options);
    }

    public static ModelResponse FromWire(ChatCompletion completion)
    {
        var text = string.Concat(completion.Content.Where(p => p.Kind == ChatMessageContentPartKind.Text).Select(p => p.Text));
        var calls = completion.ToolCalls.Select(c => new ToolCall(c.Id, c.FunctionName, c.FunctionArguments?.ToString() ?? "")).ToList();
        var usage = completion.Usage is { } u
            ? new Usage(1, u.InputTokenCount, u.OutputTokenCount, u.InputTokenDetails?.CachedTokenCount ?? 0, u.OutputTokenDetails?.ReasoningTokenCount ?? 0)
            : new Usage(1, 0, 0, 0, 0);
        var finish = completion.FinishReason switch
        {
            ChatFinishReason.Stop => "stop",
            ChatFinishReason.ToolCalls or ChatFinishReason.FunctionCall => "tool_calls",
            ChatFinishReason.Length => "length",
            ChatFinishReason.ContentFilter => "content_filter",
            _ => "stop",
        };
        return new ModelResponse(
            completion.Id ?? "", completion.Model ?? "", new ModelItem.AssistantMessage(text.Length == 0 ? null : text, calls), completion.Refusal, finish, usage);
    }

    private static ChatMessage ToWire(ModelItem item) => item switch
    {
        ModelItem.SystemText system => new SystemChatMessage(system.Text),
        ModelItem.UserText user => new UserChatMessage(user.Text),
        ModelItem.ToolOutput output => new ToolChatMessage(output.CallId, output.Text),
        ModelItem.AssistantMessage { ToolCalls.Count: > 0 } message => Calling(message),
        // The wire needs content where there are no calls; an empty message of the model stays an empty text.
        ModelItem.AssistantMessage message => new AssistantChatMessage(message.Text ?? ""),
        _ => throw new InvalidOperationException($"{item.GetType().Name} has no form on the wire."),
    };

    private static AssistantChatMessage Calling(ModelItem.AssistantMessage message)
    {
        var wire = new AssistantChatMessage(message.ToolCalls.Select(c =>
            ChatToolCall.CreateFunctionToolCall(c.Id, c.Name, BinaryData.FromString(c.Arguments))));
        if (!string.IsNullOrEmpty(message.Text))
            wire.Content.Add(ChatMessageContentPart.CreateTextPart(message.Text));
        return wire;
    }
}
