using System.Globalization;
using CodingAgent.Agents.Models;

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

    public static IReadOnlyList<ModelItem> Trim(IReadOnlyList<ModelItem> items)
    {
        var result = new List<ModelItem>(items.Count);
        long total = 0;
        foreach (var item in items)
        {
            result.Add(item);
            total += Length(item);
            // Replays the same jumps from the beginning each time: a longer conversation trims its beginning as the shorter one did.
            if (total > MaxChars && item is ModelItem.ToolOutput)
                total -= Shorten(result);
        }
        return result;
    }

    private static long Shorten(List<ModelItem> items)
    {
        long saved = 0;
        var outputs = Enumerable.Range(0, items.Count).Where(i => items[i] is ModelItem.ToolOutput).ToList();
        foreach (var i in outputs.SkipLast(KeptOutputs))
        {
            var output = (ModelItem.ToolOutput)items[i];
            if (output.Text.Length <= 2 * ShortChars)
                continue;
            var text = string.Create(CultureInfo.InvariantCulture,
                $"{output.Text[..ShortChars]}\n[{output.Text.Length - ShortChars} characters of this old output were cut; call the tool again if you need them]");
            saved += output.Text.Length - text.Length;
            items[i] = output with { Text = text };
        }
        return saved;
    }

    private static int Length(ModelItem item) => item switch
    {
        ModelItem.SystemText s => s.Text.Length,
        ModelItem.UserText u => u.Text.Length,
        ModelItem.AssistantMessage a => (a.Text?.Length ?? 0) + a.ToolCalls.Sum(c => c.Name.Length + c.Arguments.Length),
        ModelItem.ToolOutput t => t.Text.Length,
        _ => 0,
    };
}
