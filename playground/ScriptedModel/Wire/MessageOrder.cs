namespace CodingAgent.Playground.ScriptedModel.Wire;

/// <summary>The order messages must have: instructions, task, then model and tools taking turns, every call answered once.</summary>
internal static class MessageOrder
{
    public static void Check(IReadOnlyList<ChatMessage> messages)
    {
        if (messages[0].Role is not ("system" or "developer"))
            throw ChatRefusedException.Bad("The first message must be the instructions (role 'system').");
        if (messages.Count < 2 || messages[1].Role != "user")
            throw ChatRefusedException.Bad("The second message must be the task (role 'user').");
        if (messages[^1].Role is not ("user" or "tool"))
            throw ChatRefusedException.Bad($"The last message must be of role 'user' or 'tool', not '{messages[^1].Role}'.");

        var open = new List<string>();
        for (var i = 1; i < messages.Count; i++)
        {
            var message = messages[i];
            if (message.Role == "tool")
            {
                if (!open.Remove(message.AnsweredCall!))
                    throw ChatRefusedException.Bad($"Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'. (messages[{i}], tool_call_id {message.AnsweredCall})");
                continue;
            }
            if (open.Count > 0)
                throw ChatRefusedException.Bad($"An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {string.Join(", ", open)}");
            if (message.Role is "system" or "developer")
                throw ChatRefusedException.Bad($"Instructions stand only at the beginning. (messages[{i}])");
            if (message.Role == "assistant" && messages[i - 1].Role == "assistant")
                throw ChatRefusedException.Bad($"Two assistant messages follow each other. (messages[{i}])");
            open.AddRange(message.Calls.Select(c => c.Id));
        }
        if (open.Count > 0)
            throw ChatRefusedException.Bad($"An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {string.Join(", ", open)}");
    }
}
