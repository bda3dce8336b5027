using System.Globalization;
using System.Text;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Outside;
using CodingAgent.Mcp.Texts;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Sessions;

/// <summary>
/// Makes a finished run small enough to be remembered, and tells a later one. What tools returned is left out: it is of files as they were then, and reading
/// them again is cheaper than being wrong. Pure, so that a retry writes the same.
/// </summary>
internal static class SessionMemory
{
    private const int MostActions = 40;
    private const int LongestSubject = 160;
    private const int LongestAnswer = 4_000;
    private const int MostRuns = 6;
    private const int MostTold = 16_000;
    private static readonly string[] Subjects = ["path", "name", "command", "query", "pattern"];

    /// <summary>How many items a run needs to see at most.</summary>
    public const int Read = MostRuns;

    /// <summary>What is to be remembered of a run: what it did, in order, and what it answered.</summary>
    /// <param name="said">Its own messages.</param>
    /// <param name="answer">Its answer.</param>
    public static string Of(IEnumerable<ChatMessage> said, string answer)
    {
        var did = said.Where(m => m.Role == ChatRole.Assistant).SelectMany(Answers.CallsOf).Select(Action).GroupBy(a => a, StringComparer.Ordinal).ToList();
        var text = new StringBuilder("Did: ");
        text.AppendJoin("; ", did.Take(MostActions).Select(g => g.Count() == 1 ? g.Key : string.Create(CultureInfo.InvariantCulture, $"{g.Key} ({g.Count()} times)")));
        if (did.Count > MostActions)
            text.Append(CultureInfo.InvariantCulture, $"; and {did.Count - MostActions} other things");
        if (did.Count == 0)
            text.Append("nothing but answer");
        return text.Append("\nAnswered: ").Append(TextCut.Head(answer, LongestAnswer, "…")).ToString();
    }

    /// <summary>What a run is told of those before it; null when there were none.</summary>
    /// <param name="items">Items of other runs, oldest first.</param>
    public static ChatMessage? Told(IReadOnlyList<SessionItem> items)
    {
        if (items.Count == 0)
            return null;
        // The newest count most, so the oldest go.
        var told = new List<string>();
        var room = MostTold;
        foreach (var item in items.Reverse())
        {
            var text = Untrusted.Fence("your earlier part", item.Text);
            if (told.Count > 0 && text.Length > room)
                break;
            room -= text.Length;
            told.Add(text);
        }
        told.Reverse();
        var left = items.Count > told.Count ? " (those before them are left out)" : "";
        return new ChatMessage(ChatRole.User, $"What you did and answered when you worked on this task before, oldest first{left}. Files may have changed since; the task above is what counts now.\n{string.Join('\n', told)}");
    }

    private static string Action(FunctionCallContent call)
    {
        var subject = Subjects.Select(s => call.Arguments?.TryGetValue(s, out var value) == true ? value?.ToString() : null).FirstOrDefault(s => !string.IsNullOrWhiteSpace(s));
        return subject is null ? call.Name : $"{call.Name} {TextCut.Head(Untrusted.OneLine(subject), LongestSubject, "…")}";
    }
}
