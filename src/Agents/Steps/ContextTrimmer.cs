using System.Globalization;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Outside;
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

    /// <summary>The last step of <see cref="Tighter"/>.</summary>
    public const int Tightest = 3;

    /// <summary>
    /// Cuts harder, for a model whose context turned out smaller than the bound above: fewer outputs stay whole, then none, then what the
    /// model itself wrote long ago is cut too. What the task is stays.
    /// </summary>
    /// <param name="items">Conversation, trimmed as usual.</param>
    /// <param name="tightness">0 changes nothing; up to <see cref="Tightest"/>.</param>
    public static IReadOnlyList<ChatMessage> Tighter(IReadOnlyList<ChatMessage> items, int tightness)
    {
        if (tightness <= 0)
            return items;
        var (kept, longest) = tightness switch { 1 => (3, int.MaxValue / 2), 2 => (1, 20_000), _ => (0, 1_500) };
        var result = items.ToList();
        var outputs = Enumerable.Range(0, items.Count).Where(i => items[i].Role == ChatRole.Tool).ToList();
        foreach (var (i, place) in outputs.Select((i, place) => (i, place)))
        {
            var most = place >= outputs.Count - Math.Max(kept, 1) ? longest : ShortChars;
            if (items[i].Contents is [FunctionResultContent { Result: string output } answered] && output.Length > most + ShortChars)
                result[i] = new ChatMessage(ChatRole.Tool, [new FunctionResultContent(answered.CallId, Cut(output, most))]);
        }
        if (tightness < Tightest)
            return result;
        var said = Enumerable.Range(0, items.Count).Where(i => items[i].Role == ChatRole.Assistant).ToList();
        foreach (var i in said.SkipLast(1))
            result[i] = Answers.Shortened(items[i], 2 * ShortChars);
        return result;
    }

    private static string Cut(string output, int most)
    {
        var kept = Untrusted.Head(output, most);
        return string.Create(CultureInfo.InvariantCulture,
            $"{kept}\n[{output.Length - most} characters of this old output were cut; call the tool again if you need them]");
    }

    private static long Shorten(List<ChatMessage> items)
    {
        long saved = 0;
        var outputs = Enumerable.Range(0, items.Count).Where(i => items[i].Role == ChatRole.Tool).ToList();
        foreach (var i in outputs.SkipLast(KeptOutputs))
        {
            if (items[i].Contents is not [FunctionResultContent { Result: string output } result] || output.Length <= 2 * ShortChars)
                continue;
            var text = Cut(output, ShortChars);
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
