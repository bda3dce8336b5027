using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Patterns;

/// <summary>
/// Regular expressions that others write: each look at a text ends within a time, whatever the two are. Small ones without counted repeats are
/// run in linear time. The others are not: .NET builds that engine's states as it reads, a counted repeat makes thousands of them, and its clock
/// is looked at once in a thousand characters (measured: <c>(.*a){100}b</c> ran for over a minute on a limit of two seconds). They backtrack, where the clock
/// is looked at in every step.
/// </summary>
public static class BoundedRegex
{
    private const int Longest = 1000;
    private const int LongestLinear = 200;
    private const int MostLoops = 8;

    /// <summary>Compiles an expression, by the rules of no language.</summary>
    /// <param name="pattern">The expression, at most 1000 characters.</param>
    /// <param name="limit">How long one look may take; then it throws <see cref="RegexMatchTimeoutException"/>.</param>
    /// <exception cref="ArgumentException">It cannot be read.</exception>
    public static Regex Compile(string pattern, TimeSpan limit)
    {
        if (pattern.Length > Longest) throw new ArgumentException($"it has {pattern.Length} characters; at most {Longest}.", nameof(pattern));
        try
        {
            if (pattern.Length <= LongestLinear && !pattern.Contains('{', StringComparison.Ordinal) && pattern.Count(c => c is '*' or '+' or '?') <= MostLoops)
                return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, limit);
        }
        catch (NotSupportedException)
        {
            // Lookarounds and back references.
        }

        return new Regex(pattern, RegexOptions.CultureInvariant, limit);
    }
}
