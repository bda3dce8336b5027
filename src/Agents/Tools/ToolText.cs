using System.Globalization;
using System.Text.Json;
using CodingAgent.Mcp.Texts;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Tools;

/// <summary>Turns what a tool returned into text for the model.</summary>
internal static class ToolText
{
    // Kept of a long output: its first and last 5,000 characters. What a command prints is mostly noise in the middle; what a
    // reading tool shows was asked for, and has bounds of its own.
    private const int Half = 5_000;
    private const int HalfOfReading = 20_000;

    public static string Of(object? result, bool reading)
    {
        var text = result switch
        {
            null => "",
            string s => s,
            AIContent content => Of(content),
            IEnumerable<AIContent> contents => string.Join('\n', contents.Select(Of)),
            JsonElement json => Of(json),
            _ => JsonSerializer.Serialize(result, AIJsonUtilities.DefaultOptions),
        };
        return string.IsNullOrWhiteSpace(text) ? "(no output)" : Trim(text, reading ? HalfOfReading : Half);
    }

    public static string Trim(string text, int half = Half) => TextCut.Ends(text, half, left => string.Create(CultureInfo.InvariantCulture,
        $"\n[... {left} characters cut here; ask for a smaller part if you need them ...]\n"));

    private static string Of(AIContent content) => content switch
    {
        TextContent text => text.Text,
        ErrorContent error => error.Message,
        _ => $"[{content.GetType().Name} left out: only text is shown]",
    };

    // An MCP result: content blocks, and isError with its text among them.
    private static string Of(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String)
            return json.GetString()!;
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.Array)
            return json.GetRawText();
        var parts = content.EnumerateArray().Select(part => part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : "[content left out: only text is shown]").ToList();
        return parts.Count == 0 && json.TryGetProperty("structuredContent", out var structured) ? structured.GetRawText() : string.Join('\n', parts);
    }
}
