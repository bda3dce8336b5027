using System.Text.Json;
using CodingAgent.Mcp.Texts;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Models;

/// <summary>
/// Reads what a model said out of any chat client's response. A call's arguments are kept as text where they are no JSON object,
/// because the model must be told what was wrong with what it wrote.
/// </summary>
internal static class Answers
{
    private const string BrokenKey = "coding-agent.arguments";
    private const string ErrorKey = "coding-agent.arguments-error";

    // The default options indent.
    private static readonly JsonSerializerOptions Compact = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    /// <summary>The response as one assistant message. Some clients split it; what is not the model's own is left out.</summary>
    public static ChatMessage MessageOf(ChatResponse response)
    {
        var said = response.Messages.Where(m => m.Role == ChatRole.Assistant).ToList();
        if (said is [var only])
            return only;
        return new ChatMessage(ChatRole.Assistant, [.. said.SelectMany(m => m.Contents)])
        {
            MessageId = said.FirstOrDefault()?.MessageId,
            AdditionalProperties = said.FirstOrDefault(m => m.AdditionalProperties is not null)?.AdditionalProperties,
        };
    }

    /// <summary>The text it said; null when it said none.</summary>
    public static string? TextOf(ChatMessage message) =>
        string.Concat(message.Contents.OfType<TextContent>().Select(t => t.Text)) is { Length: > 0 } text ? text : null;

    /// <summary>The calls it asks for, in order.</summary>
    public static IReadOnlyList<FunctionCallContent> CallsOf(ChatMessage message) => [.. message.Contents.OfType<FunctionCallContent>()];

    /// <summary>Refusal text, when it refused.</summary>
    public static string? RefusalOf(ChatMessage message) => message.Contents.OfType<ErrorContent>().FirstOrDefault() switch
    {
        null => null,
        { Message.Length: > 0 } error => error.Message,
        var error => error.ErrorCode ?? "no reason given",
    };

    /// <summary>A refusal as chat clients give it.</summary>
    public static ErrorContent Refused(string words) => new(words) { ErrorCode = "Refusal" };

    /// <summary>A call from the arguments as the model wrote them: an object, the text of one, or anything else.</summary>
    public static FunctionCallContent Call(string id, string name, JsonElement arguments) => arguments.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => Call(id, name, ""),
        JsonValueKind.String => Call(id, name, arguments.GetString()!),
        _ => Call(id, name, arguments.GetRawText()),
    };

    /// <summary>A call from the text of its arguments.</summary>
    public static FunctionCallContent Call(string id, string name, string arguments)
    {
        if (string.IsNullOrWhiteSpace(arguments))
            return new FunctionCallContent(id, name, new Dictionary<string, object?>(StringComparer.Ordinal));
        return ReadObject(arguments) is { } read
            ? new FunctionCallContent(id, name, read)
            : new FunctionCallContent(id, name) { AdditionalProperties = new() { [BrokenKey] = arguments } };
    }

    /// <summary>True when a call at the end of an answer that was cut may be less than the model meant.</summary>
    public static bool MayBeCut(FunctionCallContent call) => call.Arguments is not { Count: > 0 };

    /// <summary>A call that was cut at the output limit: it is answered with that, and never run.</summary>
    public static FunctionCallContent Cut(FunctionCallContent call) => new(call.CallId, call.Name)
    {
        AdditionalProperties = new() { [BrokenKey] = BrokenArgumentsOf(call) ?? "{", [ErrorKey] = "the answer was cut at the output limit in the middle of them: send less at once" },
    };

    /// <summary>The message with another call in the place of one of its.</summary>
    public static ChatMessage Replaced(ChatMessage message, FunctionCallContent call, FunctionCallContent by)
    {
        var other = message.Clone();
        other.Contents = [.. message.Contents.Select(c => ReferenceEquals(c, call) ? by : c)];
        return other;
    }

    /// <summary>
    /// The message with long texts in its calls cut, and told from what was read: its raw form, which holds them whole, is left behind.
    /// </summary>
    public static ChatMessage Shortened(ChatMessage message, int mostChars)
    {
        if (!CallsOf(message).Any(c => ArgumentsOf(c).Length > mostChars))
            return message;
        return new ChatMessage(message.Role, [.. message.Contents.Where(c => c is not TextReasoningContent).Select(content => content is FunctionCallContent call && ArgumentsOf(call).Length > mostChars
            ? new FunctionCallContent(call.CallId, call.Name, call.Arguments?.ToDictionary(a => a.Key, a => Short(a.Value, mostChars), StringComparer.Ordinal) ?? new(StringComparer.Ordinal))
            : content)])
        { MessageId = message.MessageId };
    }

    private static object? Short(object? value, int mostChars)
    {
        var text = value switch { JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!, string plain => plain, JsonElement other => other.GetRawText(), _ => null };
        return text?.Length > mostChars ? TextCut.Head(text, mostChars, " […cut]") : value;
    }

    /// <summary>The calls under the names of the tools they mean.</summary>
    public static void Rename(ChatResponse response, Func<string, string?> nameOf)
    {
        foreach (var message in response.Messages)
        {
            if (!message.Contents.OfType<FunctionCallContent>().Any(c => nameOf(c.Name ?? "") is { } name && name != c.Name))
                continue;
            message.Contents = [.. message.Contents.Select(content => content is FunctionCallContent call && nameOf(call.Name ?? "") is { } name && name != call.Name
                ? new FunctionCallContent(call.CallId, name, call.Arguments) { AdditionalProperties = call.AdditionalProperties, Exception = call.Exception }
                : content)];
        }
    }

    /// <summary>The call under another id.</summary>
    public static FunctionCallContent WithId(FunctionCallContent call, string id) => call.CallId == id
        ? call
        : new FunctionCallContent(id, call.Name, call.Arguments) { AdditionalProperties = call.AdditionalProperties };

    /// <summary>The arguments as text: as the model wrote them where they are no JSON object.</summary>
    public static string ArgumentsOf(FunctionCallContent call) => BrokenArgumentsOf(call) ?? JsonSerializer.Serialize(call.Arguments, Compact);

    /// <summary>What stands in the place of arguments that are no JSON object; null when they are one.</summary>
    public static string? BrokenArgumentsOf(FunctionCallContent call) => Kept(call, BrokenKey) ?? ErrorOf(call);

    /// <summary>Why a client could not read the arguments, when it kept nothing else of them.</summary>
    public static string? ErrorOf(FunctionCallContent call) =>
        Kept(call, ErrorKey) ?? (call is { Arguments: null, Exception: { } error } ? error.Message : null);

    /// <summary>What is lost when a response is written down (an exception is not JSON) is put where it is kept.</summary>
    public static void KeepErrors(ChatResponse response)
    {
        foreach (var call in response.Messages.SelectMany(m => m.Contents).OfType<FunctionCallContent>())
        {
            if (ErrorOf(call) is { } error)
                (call.AdditionalProperties ??= [])[ErrorKey] = error;
        }
    }

    // Seen: the object in a Markdown fence, after an empty one ("{}{...}", of servers that stream it first), or before marks of the model's own.
    private static string Bare(string text)
    {
        var bare = text.Trim();
        if (bare.StartsWith("```", StringComparison.Ordinal) && bare.EndsWith("```", StringComparison.Ordinal) && bare.IndexOf('\n', StringComparison.Ordinal) is > 0 and var line && line < bare.Length - 3)
            bare = bare[line..^3].Trim();
        if (bare.StartsWith("{}", StringComparison.Ordinal) && bare[2..].TrimStart().StartsWith('{'))
            bare = bare[2..].TrimStart();
        foreach (var mark in (string[])["<|call|>", "<|end|>", "</tool_call>", "<|eom_id|>", "<|tool_call_end|>"])
        {
            if (bare.EndsWith(mark, StringComparison.Ordinal))
                bare = bare[..^mark.Length].TrimEnd();
        }
        return bare;
    }

    private static string? Kept(FunctionCallContent call, string key) =>
        call.AdditionalProperties?.TryGetValue(key, out var text) == true ? text?.ToString() : null;

    private static Dictionary<string, object?>? ReadObject(string text, int again = 3)
    {
        try
        {
            var root = WireJson.Parse(Bare(text));
            // Seen: the object's text as a JSON string once more, or twice.
            if (root.ValueKind == JsonValueKind.String && again > 0)
                return ReadObject(root.GetString()!, again - 1);
            if (root.ValueKind != JsonValueKind.Object)
                return null;
            var read = new Dictionary<string, object?>(StringComparer.Ordinal);
            foreach (var member in root.EnumerateObject())
                read[member.Name] = member.Value;
            return read;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
