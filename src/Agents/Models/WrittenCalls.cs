using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Models;

/// <summary>
/// Calls that a server without a parser for its model's calls leaves in the text. They count only when the text is nothing but calls (with
/// words before them at most, where they stand in marks) of tools that are offered, so that text about calls stays text.
/// </summary>
internal static partial class WrittenCalls
{
    /// <summary>The calls in place of the text; null when the message holds none.</summary>
    public static ChatMessage? Promote(ChatMessage message, IReadOnlyCollection<string> offered)
    {
        if (offered.Count == 0 || Answers.CallsOf(message).Count > 0 || Answers.RefusalOf(message) is not null || Answers.TextOf(message) is not { } text)
            return null;
        var (before, calls) = Read(text);
        if (calls.Count == 0 || !calls.TrueForAll(c => offered.Contains(c.Name, StringComparer.Ordinal)))
            return null;
        var contents = message.Contents.Where(c => c is not TextContent).ToList();
        if (before.Length > 0)
            contents.Add(new TextContent(before));
        contents.AddRange(calls);
        // Told from what was read: with the raw text the endpoint would see each call twice.
        return new ChatMessage(message.Role, contents) { MessageId = message.MessageId };
    }

    private static (string Before, List<FunctionCallContent> Calls) Read(string text)
    {
        var blocks = Marked().Matches(text).ToList();
        if (blocks.Count == 0)
            return ("", OfJson(Unfenced(text), asked: true));
        var calls = new List<FunctionCallContent>();
        var at = blocks[0].Index;
        foreach (var block in blocks)
        {
            if (!string.IsNullOrWhiteSpace(text[at..block.Index]))
                return ("", []);
            at = block.Index + block.Length;
            var inner = block.Groups["inner"].Value;
            var read = Function().Match(inner) is { Success: true } function ? [OfTags(function)] : OfJson(inner, asked: false);
            if (read.Count == 0)
                return ("", []);
            calls.AddRange(read);
        }
        return string.IsNullOrWhiteSpace(text[at..]) ? (text[..blocks[0].Index].Trim(), calls) : ("", []);
    }

    // Without marks the object must be a call and nothing else, because an answer may have a member "name" too.
    private static List<FunctionCallContent> OfJson(string text, bool asked)
    {
        try
        {
            var root = WireJson.Parse(text);
            List<JsonElement> parts = root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : [root];
            var calls = new List<FunctionCallContent>();
            foreach (var part in parts)
            {
                var call = WireJson.Object(part, "function") ?? part;
                if (WireJson.Text(call, "name") is not { Length: > 0 } name)
                    return [];
                var arguments = WireJson.Member(call, "arguments") ?? WireJson.Member(call, "parameters");
                if (asked && (arguments is null || call.EnumerateObject().Any(p => p.Name is not ("name" or "arguments" or "parameters" or "id" or "type"))))
                    return [];
                calls.Add(Answers.Call("", name, arguments ?? default));
            }
            return calls;
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static FunctionCallContent OfTags(Match function)
    {
        var arguments = Parameter().Matches(function.Groups["body"].Value)
            .GroupBy(p => p.Groups["key"].Value, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => (object?)Value(g.First().Groups["value"].Value), StringComparer.Ordinal);
        return new FunctionCallContent("", function.Groups["name"].Value, arguments);
    }

    // Texts stand bare between the tags, on lines of their own; numbers, flags and lists as JSON.
    private static JsonElement Value(string text)
    {
        if (text.StartsWith('\n'))
            text = text[1..];
        if (text.EndsWith('\n'))
            text = text[..^1];
        return text is "true" or "false" or "null" || Number().IsMatch(text) ? WireJson.Parse(text) : JsonSerializer.SerializeToElement(text, JsonSerializerOptions.Web);
    }

    private static string Unfenced(string text) => Fenced().Match(text) is { Success: true } fenced ? fenced.Groups["inner"].Value : text;

    [GeneratedRegex(
        @"<tool_call>(?<inner>.*?)(?:</tool_call>|\z)|<tools>(?<inner>.*?)</tools>|<function_call>(?<inner>.*?)</function_call>|(?<inner><function=[^>\s]+>.*?</function>)(?:\s*</tool_call>)?|\[TOOL_CALLS\]\s*(?<inner>\[.*\])\s*\z|<\|python_tag\|>(?<inner>\{.*?\})(?:<\|eom_id\|>|\s*\z)",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Marked();

    [GeneratedRegex(@"<function=(?<name>[^>\s]+)>(?<body>.*?)(?:</function>|\z)", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Function();

    [GeneratedRegex(@"<parameter=(?<key>[^>\s]+)>(?<value>.*?)</parameter>", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\A\s*```[a-z_]*\s*\n(?<inner>.*)\n\s*```\s*\z", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Fenced();

    [GeneratedRegex(@"\A-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Number();
}
