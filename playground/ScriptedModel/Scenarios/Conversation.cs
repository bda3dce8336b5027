using System.Text.Json;
using System.Text.RegularExpressions;
using CodingAgent.Playground.ScriptedModel.Wire;

namespace CodingAgent.Playground.ScriptedModel.Scenarios;

/// <summary>A request as the scripts see it: the task, and what was called so far with what came back.</summary>
internal sealed partial class Conversation
{
    private readonly IReadOnlyDictionary<string, JsonElement> _tools;

    public Conversation(ChatRequest request)
    {
        _tools = request.Tools;
        Role = request.SchemaName;
        TaskText = string.Join('\n', request.Messages.Skip(1).TakeWhile(m => m.Role == "user").Select(m => m.Text));
        Turns = [.. request.Messages.Where(m => m.Role == "assistant")];
        var outputs = request.Messages.Where(m => m.Role == "tool").ToDictionary(m => m.AnsweredCall!, m => Unfenced(m.Text), StringComparer.Ordinal);
        Done = [.. Turns.SelectMany(t => t.Calls).Select((call, i) => new DoneCall(i, call.Name, Arguments(call), outputs[call.Id]))];
    }

    public string Role { get; }

    public string TaskText { get; }

    public IReadOnlyList<ChatMessage> Turns { get; }

    public IReadOnlyList<DoneCall> Done { get; }

    public int SuccessfulEdits => Done.Count(c => c.Writes && !c.Failed);

    /// <summary>Numbers of the review threads in the task.</summary>
    public IReadOnlyList<long> Threads => [.. Thread().Matches(TaskText).Select(m => long.Parse(m.Groups["id"].Value))];

    /// <summary>A section of the task text, from its heading to the next; empty when there is none.</summary>
    public string Section(string heading)
    {
        var start = TaskText.IndexOf($"\n## {heading}", StringComparison.Ordinal);
        if (start < 0)
            return "";
        var end = TaskText.IndexOf("\n## ", start + 4, StringComparison.Ordinal);
        return end < 0 ? TaskText[start..] : TaskText[start..end];
    }

    /// <summary>The text of one review thread.</summary>
    public string ThreadText(long id)
    {
        var start = TaskText.IndexOf($"### Thread {id}", StringComparison.Ordinal);
        var end = TaskText.IndexOf("\n##", start + 4, StringComparison.Ordinal);
        return end < 0 ? TaskText[start..] : TaskText[start..end];
    }

    /// <summary>True when a call with this name (and text in its arguments) was made.</summary>
    public bool Called(string name, string containing = "") => Done.Any(c => c.Name == name && Mentions(c, containing));

    /// <summary>True when it was made after the last change of any file.</summary>
    public bool CalledSinceChange(string name) => Done.Any(c => c.Name == name && c.Index > LastChange());

    /// <summary>The last call with this name.</summary>
    public DoneCall? Last(string name) => Done.LastOrDefault(c => c.Name == name);

    /// <summary>The file as last read, when nothing was tried on it since; null means: read it (again).</summary>
    public FileText? Fresh(string path)
    {
        var read = Done.LastOrDefault(c => c.Name == "read_file" && c.Path == path && !c.Failed);
        return read is null || Done.Any(c => c.Writes && c.Path == path && c.Index > read.Index) ? null : FileText.Parse(path, read.Output);
    }

    /// <summary>True when the request offers the tool.</summary>
    public bool Offers(string tool) => _tools.ContainsKey(tool);

    /// <summary>The task's repository, <c>owner/name</c>, from the heading of its text; empty when there is none.</summary>
    public string Repository => Heading().Match(TaskText).Groups["repository"].Value;

    /// <summary>Refuses the request when it lacks a tool that the script calls, or one of its parameters.</summary>
    public void Need(params (string Tool, string[] Parameters)[] needs)
    {
        foreach (var (tool, parameters) in needs)
        {
            if (!_tools.TryGetValue(tool, out var properties))
                throw ChatRefusedException.Bad($"The script of '{Role}' calls {tool}({string.Join(", ", parameters)}), which the request does not offer.");
            foreach (var parameter in parameters)
            {
                if (properties.ValueKind != JsonValueKind.Object || !properties.TryGetProperty(parameter, out _))
                    throw ChatRefusedException.Bad($"The script of '{Role}' calls {tool} with '{parameter}', which its schema does not have.");
            }
        }
    }

    private int LastChange() => Done.LastOrDefault(c => c.Writes && !c.Failed)?.Index ?? -1;

    private static bool Mentions(DoneCall call, string text) =>
        text.Length == 0 || (call.Arguments.ValueKind == JsonValueKind.Object && call.Arguments.EnumerateObject()
            .Any(a => a.Value.ValueKind == JsonValueKind.String && a.Value.GetString()!.Contains(text, StringComparison.Ordinal)));

    private static JsonElement Arguments(ChatCall call)
    {
        try
        {
            using var document = JsonDocument.Parse(call.Arguments);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <summary>What a tool returned, without the tags around it.</summary>
    private static string Unfenced(string output)
    {
        if (!output.StartsWith("<untrusted-", StringComparison.Ordinal) || output.IndexOf('\n', StringComparison.Ordinal) is not (> 0 and var begin))
            return output;
        var end = output.LastIndexOf($"\n</{output[1..output.IndexOf(' ', StringComparison.Ordinal)]}>", StringComparison.Ordinal);
        return end < begin ? output[(begin + 1)..] : output[(begin + 1)..end];
    }

    [GeneratedRegex(@"\A# Task in (?<repository>\S+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^### Thread (?<id>\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Thread();
}
