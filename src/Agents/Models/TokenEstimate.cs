using Microsoft.Extensions.AI;
using Microsoft.ML.Tokenizers;

namespace CodingAgent.Agents.Models;

/// <summary>
/// Counts tokens where the endpoint did not: with o200k_base, whichever the model is. Others' tokenizers differ by a fifth or so on code,
/// which is near enough for a budget and is said to be an estimate.
/// </summary>
internal static class TokenEstimate
{
    // No model reads or writes this much in one answer; what is above is a mistake of who counted.
    private const long MostBelieved = 50_000_000;

    // The tokenizer takes quadratic time on long runs of one letter (200,000 of them: seven seconds).
    private const int Slice = 1_000;

    private static readonly Lazy<Tokenizer> Tokens = new(() => TiktokenTokenizer.CreateForEncoding("o200k_base"));

    public static long Of(string text)
    {
        long tokens = 0;
        for (var at = 0; at < text.Length; at += Slice)
            tokens += Tokens.Value.CountTokens(text.AsSpan(at, Math.Min(Slice, text.Length - at)));
        return tokens;
    }

    /// <summary>The usage as counted, with what was not counted, or cannot be, estimated and marked.</summary>
    /// <param name="counted">The endpoint's count, if any.</param>
    /// <param name="request">The request as sent.</param>
    /// <param name="said">What was answered, as text; empty for nothing.</param>
    public static UsageDetails Complete(UsageDetails? counted, string request, string said)
    {
        var usage = counted ?? new UsageDetails();
        var knowsInput = usage.InputTokenCount is > 0 and <= MostBelieved;
        var knowsOutput = usage.OutputTokenCount is <= MostBelieved && (usage.OutputTokenCount > 0 || said.Length == 0);
        if (knowsInput && (knowsOutput || said.Length == 0))
            return usage;
        var input = knowsInput ? usage.InputTokenCount : Of(request);
        var output = knowsOutput ? usage.OutputTokenCount : Of(said);
        return new UsageDetails
        {
            InputTokenCount = input,
            OutputTokenCount = output,
            TotalTokenCount = input + output,
            CachedInputTokenCount = Math.Min(usage.CachedInputTokenCount ?? 0, input ?? 0),
            ReasoningTokenCount = Math.Min(usage.ReasoningTokenCount ?? 0, output ?? 0),
            AdditionalCounts = new() { [Usage.EstimatedMark] = 1 },
        };
    }

    /// <summary>What a message says, as text to count.</summary>
    public static string TextOf(ChatMessage message) => string.Concat(message.Contents.Select(content => content switch
    {
        TextContent text => text.Text,
        TextReasoningContent thought => thought.Text,
        FunctionCallContent call => call.Name + Answers.ArgumentsOf(call),
        ErrorContent error => error.Message,
        _ => "",
    }));
}
