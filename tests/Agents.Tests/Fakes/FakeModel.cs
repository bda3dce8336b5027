using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Tests.Fakes;

/// <summary>A model whose answer is a function of the turn (the model messages in the request so far), and which counts requests per turn.</summary>
internal sealed class FakeModel(Func<int, IReadOnlyList<ChatMessage>, ChatResponse> answer) : IChatClient
{
    public FakeModel(params ChatResponse[] answers) : this((turn, _) => answers[turn - 1])
    {
    }

    public Dictionary<int, int> RequestsByTurn { get; } = [];

    public IReadOnlyList<ChatMessage>? LastRequest { get; private set; }

    public ChatOptions? LastOptions { get; private set; }

    /// <summary>What the tools said in the conversation of the last request.</summary>
    public IReadOnlyList<string> LastOutputs => [.. Conversations.OutputsIn(LastRequest!)];

    public static ChatResponse Says(string? text, string finish = "stop", string? refusal = null)
    {
        List<AIContent> contents = text is null ? [] : [new TextContent(text)];
        if (refusal is not null)
            contents.Add(new ErrorContent(refusal) { ErrorCode = "Refusal" });
        return Answer(finish, contents);
    }

    public static ChatResponse Calls(params FunctionCallContent[] calls) => Answer("tool_calls", [.. calls]);

    public static ChatResponse Call(string name, string arguments, string id = "c1") => Calls(CallOf(id, name, arguments));

    /// <summary>A call as chat clients read it: arguments that are no JSON object come with the exception instead.</summary>
    public static FunctionCallContent CallOf(string id, string name, string arguments) => FunctionCallContent.CreateFromParsedArguments(
        arguments, id, name, a => System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, object?>>(a)!);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        (LastRequest, LastOptions) = ([.. messages], options);
        var turn = LastRequest.Count(m => m.Role == ChatRole.Assistant) + 1;
        RequestsByTurn[turn] = RequestsByTurn.GetValueOrDefault(turn) + 1;
        Conversations.ShouldBeAnswered(LastRequest);
        return Task.FromResult(answer(turn, LastRequest));
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("fake", new Uri("http://model.test/v1")) : null;

    public void Dispose()
    {
    }

    private static ChatResponse Answer(string finish, IList<AIContent> contents) => new(new ChatMessage(ChatRole.Assistant, contents))
    {
        ResponseId = "r",
        ModelId = "fake",
        FinishReason = new ChatFinishReason(finish),
        Usage = new UsageDetails { InputTokenCount = 100, OutputTokenCount = 10, CachedInputTokenCount = 40, ReasoningTokenCount = 5 },
    };
}

/// <summary>What every conversation sent to a model must fulfil.</summary>
internal static partial class Conversations
{
    /// <summary>What tools returned, inside its fences.</summary>
    public static IEnumerable<string> OutputsIn(IEnumerable<ChatMessage> messages) => AsTold(messages).Select(Inside);

    public static string Inside(string output) => Fence().Replace(output, "${inside}");

    public static IEnumerable<string> AsTold(IEnumerable<ChatMessage> messages) =>
        messages.SelectMany(m => m.Contents).OfType<FunctionResultContent>().Select(r => (string)r.Result!);

    [GeneratedRegex(@"\A<(?<tag>untrusted-[0-9a-f]{16}) [^\n]*>\n(?<inside>.*)\n</\k<tag>>", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Fence();

    public static void ShouldBeAnswered(IReadOnlyList<ChatMessage> messages)
    {
        messages[0].Role.ShouldBe(ChatRole.System);
        var open = new Queue<string>();
        foreach (var message in messages)
        {
            if (message.Role == ChatRole.Tool)
            {
                open.Dequeue().ShouldBe(message.Contents.ShouldHaveSingleItem().ShouldBeOfType<FunctionResultContent>().CallId);
                continue;
            }
            open.ShouldBeEmpty("every call is answered before the next message");
            var calls = message.Contents.OfType<FunctionCallContent>().Select(c => c.CallId).ToList();
            calls.ShouldBeUnique();
            calls.ForEach(open.Enqueue);
        }
        open.ShouldBeEmpty();
    }
}
