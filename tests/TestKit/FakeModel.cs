using System.Collections.Concurrent;
using System.Text.Json;
using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Models;
using Microsoft.Extensions.AI;

namespace CodingAgent.TestKit;

/// <summary>A model that says what a test queued: tool calls, answers, or that it is away.</summary>
public sealed class FakeModel : IChatClient
{
    private readonly ConcurrentQueue<Func<AIContent>> _turns = [];
    private int _calls;

    /// <summary>What it was asked with.</summary>
    public ConcurrentQueue<(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> Requests { get; } = [];

    /// <summary>Outputs of tools that it was told in the last request.</summary>
    public IReadOnlyList<string> LastOutputs => [.. Requests.Last().Messages.SelectMany(m => m.Contents).OfType<FunctionResultContent>().Select(r => $"{r.Result}")];

    public FakeModel Calls(string tool, object arguments)
    {
        _turns.Enqueue(() => new FunctionCallContent(
            $"call-{Interlocked.Increment(ref _calls)}", tool, JsonSerializer.SerializeToElement(arguments).EnumerateObject().ToDictionary(a => a.Name, a => (object?)a.Value)));
        return this;
    }

    public FakeModel Answers<T>(T output)
    {
        _turns.Enqueue(() => new TextContent(JsonSerializer.Serialize(output, OutputContract.Json)));
        return this;
    }

    /// <summary>An answer made of what tools told it.</summary>
    public FakeModel AnswersFrom<T>(Func<IReadOnlyList<string>, T> output)
    {
        _turns.Enqueue(() => new TextContent(JsonSerializer.Serialize(output(LastOutputs), OutputContract.Json)));
        return this;
    }

    /// <summary>What was queued and not asked for.</summary>
    public int Left => _turns.Count;

    public FakeModel IsAway()
    {
        _turns.Enqueue(() => throw new ModelUnavailableException("503 from the endpoint", TimeSpan.FromSeconds(7)));
        return this;
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Requests.Enqueue(([.. messages], options));
        if (!_turns.TryDequeue(out var turn))
            throw new InvalidOperationException("The model was asked more often than the test said.");
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, [turn()]))
        {
            ResponseId = "r",
            ModelId = options?.ModelId,
            Usage = new UsageDetails { InputTokenCount = 1_000, OutputTokenCount = 100 },
        });
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
