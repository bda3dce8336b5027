using System.Text.Json;
using System.Text.RegularExpressions;

namespace CodingAgent.Playground.ScriptedModel.Scenarios;

/// <summary>A call of an earlier turn with its output.</summary>
internal sealed partial record DoneCall(int Index, string Name, JsonElement Arguments, string Output)
{
    /// <summary>Its path argument.</summary>
    public string? Path => Argument("path");

    /// <summary>True for a call that changes a file.</summary>
    public bool Writes => Name is "edit_file" or "write_file" or "delete_file";

    /// <summary>The tool said no: only the first line counts, because outputs echo file contents.</summary>
    public bool Failed => Failure().IsMatch(Output.Split('\n')[0]);

    /// <summary>A check or command that did not end with 0.</summary>
    public bool IsRed => NonZero().IsMatch(Output) || Failed;

    public string? Argument(string name) =>
        Arguments.ValueKind == JsonValueKind.Object && Arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    [GeneratedRegex("error occurred|failed|not found|no match|ambiguous|refused|denied|not allowed|outside|is missing|do not fit", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Failure();

    [GeneratedRegex("exit(ed)?( with)?( code)?[ :=]+[1-9]|exit_?code\"?[ :=]+[1-9]|timed out|(time|memory) limit|^red\\b|Failed!", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex NonZero();
}
