using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Comments;

/// <summary>
/// Words of a commit message or title that act by themselves: they close issues, keep CI from running, set versions. The text comes from
/// issues and models, and a squash merge copies titles and bodies into the commit, so none of them may act; they stay readable.
/// </summary>
internal static partial class LiveWords
{
    /// <summary>The same words without their effect. Applying it twice changes nothing more.</summary>
    public static string Disarm(string text)
    {
        text = Bracketed().Replace(text, m => Parts().Matches(m.Groups["words"].Value).Any(w => IsOfCi(w.Value)) ? $"({m.Groups["words"].Value})" : m.Value);
        text = Starred().Replace(text, "${words}");
        text = Footer().Replace(text, "${key}");
        text = text.Replace("://", ": //", StringComparison.Ordinal);
        text = Lettered().Replace(text, "${key} ${number}");
        return Numbered().Replace(text, m => m.Index > 0 && (char.IsLetterOrDigit(text[m.Index - 1]) || text[m.Index - 1] is '_' or '-' or '.') ? $" no. {m.Groups["number"].Value}" : $"no. {m.Groups["number"].Value}");
    }

    // "[skip ci]", "[ci-skip]", "[no ci]", "[skip actions]", "[azurepipelines skip]" and what the next service makes of them.
    private static bool IsOfCi(string word) => word.ToUpperInvariant() is "SKIP" or "CI" or "NOCI" or "SKIPCI" or "CISKIP";

    [GeneratedRegex(@"\[(?<words>[^\[\]]{2,80})\]", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Bracketed();

    [GeneratedRegex("[A-Za-z]+", RegexOptions.NonBacktracking)]
    private static partial Regex Parts();

    [GeneratedRegex(@"\*{3} *(?<words>no_ci|skip_ci|ci_skip) *\*{3}", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Starred();

    [GeneratedRegex(@"\b(?<key>skip-checks|release-as)( *:)+", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Footer();

    [GeneratedRegex(@"\b(?<key>GH|GL)-(?<number>[0-9]+)", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Lettered();

    // "#9", "org/repo#9", and a merge request's "!9".
    [GeneratedRegex(@"[#!](?<number>[0-9]+)\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Numbered();
}
