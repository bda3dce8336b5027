using System.Collections.Concurrent;
using System.Text.Json;
using CodingAgent.Agents;
using CodingAgent.Agents.Models;

namespace CodingAgent.TestKit;

/// <summary>A model that says what a test queued: tool calls, answers, or that it is away.</summary>
public sealed class FakeModel : IModel
{
    private readonly ConcurrentQueue<Func<ModelRequest, ModelItem.AssistantMessage>> _turns = [];
    private int _calls;

    /// <summary>Requests seen.</summary>
    public ConcurrentQueue<ModelRequest> Requests { get; } = [];

    public FakeModel Calls(string tool, object arguments)
    {
        _turns.Enqueue(_ => new ModelItem.AssistantMessage(null, [new ToolCall($"call-{Interlocked.Increment(ref _calls)}", tool, JsonSerializer.Serialize(arguments))]));
        return this;
    }

    public FakeModel Answers<T>(T output)
    {
        _turns.Enqueue(_ => new ModelItem.AssistantMessage(JsonSerializer.Serialize(output, OutputContract.Json), []));
        return this;
    }

    public FakeModel IsAway()
    {
        _turns.Enqueue(_ => throw new ModelUnavailableException("503 from the endpoint", TimeSpan.FromSeconds(7)));
        return this;
    }

    public Task<ModelResponse> CompleteAsync(ModelRequest request, CancellationToken cancellationToken)
    {
        Requests.Enqueue(request);
        if (!_turns.TryDequeue(out var turn))
            throw new InvalidOperationException("The model was asked more often than the test said.");
        var message = turn(request);
        return Task.FromResult(new ModelResponse("r", request.Model, message, null, message.ToolCalls.Count > 0 ? "tool_calls" : "stop", new Usage(1, 1_000, 100, 0, 0)));
    }
}
