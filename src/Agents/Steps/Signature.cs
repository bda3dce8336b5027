using System.Security.Cryptography;
using System.Text;
using CodingAgent.Agents.Models;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Steps;

/// <summary>Recognises a turn that did what an earlier one did, with the same result (three times is stuck: agents.md §6).</summary>
internal static class Signature
{
    /// <summary>Turns looked back at: three of the same, or two taking turns three times.</summary>
    public const int Window = 6;

    public static string Of(ChatMessage message, IReadOnlyList<FunctionResultContent> outputs)
    {
        var text = new StringBuilder();
        // What is said beside calls may vary while the action stays the same.
        var calls = Answers.CallsOf(message);
        if (calls.Count == 0)
            Add(text, Answers.TextOf(message) ?? "");
        foreach (var call in calls)
        {
            Add(text, call.Name);
            Add(text, Answers.ArgumentsOf(call));
        }
        foreach (var output in outputs)
            Add(text, (string)output.Result!);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }

    public static bool IsStuck(IReadOnlyList<string> recent) =>
        (recent.Count >= 3 && recent.TakeLast(3).Distinct(StringComparer.Ordinal).Count() == 1)
        || (recent.Count == Window && Enumerable.Range(0, Window - 2).All(i => recent[i] == recent[i + 2]));

    private static void Add(StringBuilder text, string part) => text.Append(part.Length).Append(':').Append(part).Append('\n');
}
