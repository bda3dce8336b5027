using System.ClientModel.Primitives;
using System.Globalization;
using System.Text.RegularExpressions;

namespace CodingAgent.Agents.Models;

/// <summary>
/// How long an endpoint asks us to wait, wherever it says so: <c>retry-after-ms</c>, <c>retry-after</c> (seconds or a date), the resets of
/// its rate limits (OpenAI and Groq write Go durations, OpenRouter milliseconds since 1970, Anthropic dates), or the words of the error.
/// </summary>
internal static partial class RetryWords
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    // Each with the header that says how much is left of it: only what is used up is waited for.
    private static readonly (string Reset, string Remaining)[] Limits =
    [
        ("x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"), ("x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"),
        ("anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"), ("anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining"),
        ("x-ratelimit-reset", "x-ratelimit-remaining"), ("ratelimit-reset", "ratelimit-remaining"),
    ];

    /// <summary>The wait, at most a day; null when none is asked for.</summary>
    public static TimeSpan? Of(PipelineResponseHeaders headers, OpenAiFault fault, DateTimeOffset now)
    {
        if (Text(headers, "retry-after-ms") is { } ms && double.TryParse(ms, NumberStyles.Float, CultureInfo.InvariantCulture, out var millis) && millis >= 0)
            return Bounded(millis / 1000);
        if (Text(headers, "retry-after") is { } after && Wait(after, now) is { } wait)
            return wait;
        var resets = Limits
            .Select(l => (Left: Text(headers, l.Remaining), Wait: Text(headers, l.Reset) is { } reset ? Wait(reset, now) : null))
            .Where(l => l.Wait is not null)
            .ToList();
        var usedUp = resets.Where(l => l.Left is { } left && double.TryParse(left, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) && n <= 0).ToList();
        // Where it is not told which of them is used up, the words below know better than the longest of all.
        return usedUp.Count > 0 ? usedUp.Max(l => l.Wait) : OfFault(fault, now) ?? (resets.Count == 1 ? resets[0].Wait : null);
    }

    /// <summary>The wait that an error's body asks for.</summary>
    public static TimeSpan? OfFault(OpenAiFault fault, DateTimeOffset now) =>
        fault.RetryAfter is { } told && Wait(told, now) is { } wait ? wait
        : Again().Match(fault.Message) is { Success: true } match ? Wait(match.Groups["for"].Value.Replace(" ", "", StringComparison.Ordinal), now)
        : null;

    // Seconds; milliseconds or seconds since 1970; a Go duration; a date.
    private static TimeSpan? Wait(string text, DateTimeOffset now)
    {
        text = text.Trim();
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return Bounded(number > 1e11 ? (number / 1000) - now.ToUnixTimeSeconds() : number > 1e9 ? number - now.ToUnixTimeSeconds() : number);
        if (Duration().Match(text) is { Success: true } match)
        {
            double Part(string name) => match.Groups[name].Success ? double.Parse(match.Groups[name].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) : 0;
            return Bounded((Part("d") * 86_400) + (Part("h") * 3600) + (Part("m") * 60) + Part("s") + (Part("ms") / 1000));
        }
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? Bounded((at - now).TotalSeconds) : null;
    }

    private static TimeSpan Bounded(double seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, Longest.TotalSeconds));

    private static string? Text(PipelineResponseHeaders headers, string name) => headers.TryGetValue(name, out var value) && !string.IsNullOrWhiteSpace(value) ? value : null;

    [GeneratedRegex(
        @"^(?=.)(?:(?<d>\d{1,4})d(?:ays?)?)?(?:(?<h>\d{1,6})h(?:ours?)?)?(?:(?<m>\d{1,7})m(?:in(?:ute)?s?)?)?(?:(?<s>\d{1,9}(?:\.\d{1,9})?)s(?:ec(?:ond)?s?)?)?(?:(?<ms>\d{1,12}(?:\.\d{1,9})?)ms)?$",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Duration();

    [GeneratedRegex(@"(?:try again|retry|retry after|available|wait)\s+(?:again\s+)?(?:in|after|for)?\s*(?<for>(?:\d[\d.]*\s?(?:days?|d|hours?|h|minutes?|mins?|m|seconds?|secs?|s|ms)\s?){1,4})\b", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Again();
}
