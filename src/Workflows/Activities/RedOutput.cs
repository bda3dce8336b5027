using CodingAgent.Forges;
using CodingAgent.Workflows.Ci;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.Workflows.Activities;

/// <summary>What the fixer is shown of a red CI result. Pure.</summary>
internal static class RedOutput
{
    private const string Hidden = "(a line that looks like it holds a secret was left out)";

    /// <summary>Remarks, the result's own words and its log's telling lines, together at most so many characters: outside text.</summary>
    public static string Of(CiResult result, CiLog log, int limit)
    {
        var parts = new List<string>();
        if (log.Remarks.Count > 0)
            parts.Add(Cut(string.Join('\n', log.Remarks), limit / 4));
        if (log.Missing.Length > 0)
            parts.Add($"({log.Missing})");
        if (result.Summary.Length > 0)
            parts.Add(TellingLines.Of(result.Summary, log.Text.Length > 0 ? limit / 4 : Left()));
        if (log.Text.Length > 0)
            parts.Add(TellingLines.Of(log.Text, Left()));
        int Left() => limit - parts.Sum(p => p.Length + 2);
        // A forge masks the secrets it knows.
        var shown = WithoutSecrets(string.Join("\n\n", parts.Where(p => p.Length > 0)));
        return Cut(shown, limit);
    }

    private static string WithoutSecrets(string text)
    {
        (int From, int To)[] found = [.. SecretShapes.Parts(text)];
        if (found.Length == 0)
            return text;
        var (shown, at) = (new List<string>(), 0);
        foreach (var line in text.Split('\n'))
        {
            var (from, to) = (at, at + line.Length);
            at = to + 1;
            if (!Array.Exists(found, f => f.From <= to && f.To >= from))
                shown.Add(line);
            else if (shown is not [.., Hidden])
                shown.Add(Hidden);
        }

        return string.Join('\n', shown);
    }

    private static string Cut(string text, int limit) => text.Length <= limit ? text : text[..Math.Max(0, limit)];
}
