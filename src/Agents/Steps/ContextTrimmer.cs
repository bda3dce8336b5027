using System.Globalization;
using CodingAgent.Agents.Models;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Steps;

/// <summary>
/// Keeps a long conversation within bounds by shortening old tool outputs. The cut moves in jumps, not with every turn, so that
/// the prefix stays the same between jumps and the endpoint's prompt cache keeps working.
/// </summary>
internal static class ContextTrimmer
{
    // About 60,000 tokens at four characters each: half of the smallest context window in use today.
    private const int MaxChars = 240_000;
    private const int KeptOutputs = 6;
    private const int ShortChars = 300;

    public static IReadOnlyList<ChatMessage> Trim(IReadOnlyList<ChatMessage> items)
    {
        var result = new List<ChatMessage>(items.Count);
        long total = 0;
        foreach (var item in items)
        {
            result.Add(item);
            total += Length(item);
            // Replays the same jumps from the beginning each time: a longer conversation trims its beginning as the shorter one did.
            if (total > MaxChars && item.Role == ChatRole.Tool)
                total -= Shorten(result);
        }
        return result;
    }

    private static long Shorten(List<ChatMessage> items)
    {
        long saved = 0;
        var outputs = Enumerable.Range(0, items.Count).Where(i => items[i].Role == ChatRole.Tool).ToList();
        foreach (var i in outputs.SkipLast(KeptOutputs))
        {
            if (items[i].Contents is not [FunctionResultContent { Result: string output } result] || output.Length <= 2 * ShortChars)
                continue;
            var text = string.Create(CultureInfo.InvariantCulture,
                $"{output[..ShortChars]}\n[{output.Length - ShortChars} characters of this old output were cut; call the tool again if you need them]");
            saved += output.Length - text.Length;
            items[i] = new ChatMessage(ChatRole.Tool, [new FunctionResultContent(result.CallId, text)]);
        }
        return saved;
    }

    private static int Length(ChatMessage item) => item.Contents.Sum(content => content switch
    {
        TextContent text => text.Text.Length,
        TextReasoningContent thought => thought.Text.Length,
        FunctionCallContent call => call.Name.Length + Answers.ArgumentsOf(call).Length,
        FunctionResultContent { Result: string output } => output.Length,
        _ => 0,
    });
}
