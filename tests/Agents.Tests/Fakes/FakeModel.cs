using CodingAgent.Agents.Models;

namespace CodingAgent.Agents.Tests.Fakes;

/// <summary>A model whose answer is a function of the turn (the model messages in the request so far), and which counts requests per turn.</summary>
internal sealed class FakeModel(Func<int, ModelRequest, ModelResponse> answer) : IModel
{
    public FakeModel(params ModelResponse[] answers) : this((turn, _) => answers[turn - 1])
    {
    }

    public Dictionary<int, int> RequestsByTurn { get; } = [];

    public ModelRequest? LastRequest { get; private set; }

    public static ModelResponse Says(string? text, string finish = "stop", string? refusal = null) =>
        new("r", "fake", new ModelItem.AssistantMessage(text, []), refusal, finish, new Usage(1, 100, 10, 40, 5));

    public static ModelResponse Calls(params ToolCall[] calls) =>
        new("r", "fake", new ModelItem.AssistantMessage(null, calls), null, "tool_calls", new Usage(1, 100, 10, 40, 5));

    public static ModelResponse Call(string name, string arguments, string id = "c1") => Calls(new ToolCall(id, name, arguments));

    public Task<ModelResponse> CompleteAsync(ModelRequest request, CancellationToken cancellationToken)
    {
        LastRequest = request;
        var turn = request.Items.Count(i => i is ModelItem.AssistantMessage) + 1;
        RequestsByTurn[turn] = RequestsByTurn.GetValueOrDefault(turn) + 1;
        Conversations.ShouldBeAnswered(request.Items);
        return Task.FromResult(answer(turn, request));
    }
}

/// <summary>What every conversation sent to a model must fulfil.</summary>
internal static class Conversations
{
    public static void ShouldBeAnswered(IReadOnlyList<ModelItem> items)
    {
        items[0].ShouldBeOfType<ModelItem.SystemText>();
        var open = new Queue<string>();
        foreach (var item in items)
        {
            if (item is ModelItem.ToolOutput output)
            {
                open.Dequeue().ShouldBe(output.CallId);
                continue;
            }
            open.ShouldBeEmpty("every call is answered before the next message");
            if (item is ModelItem.AssistantMessage message)
            {
                message.ToolCalls.Select(c => c.Id).ShouldBeUnique();
                foreach (var call in message.ToolCalls)
                    open.Enqueue(call.Id);
            }
        }
        open.ShouldBeEmpty();
    }
}
