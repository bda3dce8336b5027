using System.Text.RegularExpressions;
using CodingAgent.Playground.ScriptedModel.Wire;

namespace CodingAgent.Playground.ScriptedModel.Scenarios;

/// <summary>A file as <c>read_file</c> showed it. Edits take their old text from here and nowhere else.</summary>
internal sealed partial class FileText
{
    private readonly string _path;

    private FileText(string path, IReadOnlyList<string> lines) => (_path, Lines) = (path, lines);

    public IReadOnlyList<string> Lines { get; }

    /// <summary>Reads numbered lines; what is not numbered (a heading, a note about more lines) is no part of the file.</summary>
    public static FileText Parse(string path, string output) =>
        new(path, [.. output.Split('\n').Select(l => Numbered().Match(l.TrimEnd('\r'))).Where(m => m.Success).Select(m => m.Groups["text"].Value)]);

    /// <summary>The one line that contains a text.</summary>
    public string Line(string containing) => Lines[IndexOf(containing, 0)];

    /// <summary>The lines from one that contains a text to the next that contains another, both included.</summary>
    public string Block(string from, string to)
    {
        var first = IndexOf(from, 0);
        var last = IndexOf(to, first);
        return string.Join('\n', Lines.Skip(first).Take(last - first + 1));
    }

    /// <summary>The lines from one that contains a text to the last of the file.</summary>
    public string ToEnd(string from) => string.Join('\n', Lines.Skip(IndexOf(from, 0))).TrimEnd('\n');

    private int IndexOf(string text, int start)
    {
        for (var i = start; i < Lines.Count; i++)
        {
            if (Lines[i].Contains(text, StringComparison.Ordinal))
                return i;
        }
        throw ChatRefusedException.Bad($"The script does not know how to go on: it looks for '{text}' in {_path}, which does not have it (it shows {Lines.Count} numbered lines).");
    }

    [GeneratedRegex(@"^ *\d+(\t|\| ?|: ?|→)(?<text>.*)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Numbered();
}
