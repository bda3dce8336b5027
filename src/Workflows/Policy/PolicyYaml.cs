using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CodingAgent.Workflows.Policy;

/// <summary>
/// Reads the small part of YAML a policy needs straight from the event stream: no object construction, no anchors or aliases (so no
/// expansion bombs), no tags, one document, bounded depth and size.
/// </summary>
internal static class PolicyYaml
{
    public const int MaxLength = 64 * 1024;
    private const int MaxDepth = 8;
    private const int MaxNodes = 5_000;

    /// <summary>The root node, null for an empty document, or the one error that stopped the reading.</summary>
    public static (PolicyNode? Root, PolicyError? Error) Read(string text)
    {
        if (text.Length > MaxLength)
            return (null, new PolicyError(1, "", $"The file is larger than {MaxLength / 1024} KB."));
        try
        {
            var parser = new Parser(new StringReader(text));
            var nodes = 0;
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
                return (null, null);
            var root = ReadNode(parser, 0, ref nodes);
            parser.Consume<DocumentEnd>();
            if (parser.TryConsume<DocumentStart>(out var second))
                return (null, new PolicyError(Line(second), "", "The file holds more than one YAML document."));
            return (root is PolicyNode.Scalar { IsNull: true } ? null : root, null);
        }
        catch (RefusedException e)
        {
            return (null, new PolicyError(e.Line, "", e.Message));
        }
        catch (YamlException e)
        {
            var line = (int)Math.Max(1, e.Start.Line);
            // The parser names the line where what the tab is in begins.
            return e.Message.Contains("tab", StringComparison.Ordinal) && TabbedLine(text, line) is { } tabbed
                ? (null, new PolicyError(tabbed, "", "The line is indented with a tab; YAML takes spaces only."))
                : (null, new PolicyError(line, "", $"Not valid YAML: {FirstLine(e.Message)}"));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            // The scanner lets some of its own errors through on hostile text; a policy file may never take a worker down.
            return (null, new PolicyError(1, "", "Not valid YAML."));
        }
    }

    private static PolicyNode ReadNode(Parser parser, int depth, ref int nodes)
    {
        var line = Line(parser.Current);
        if (depth > MaxDepth)
            throw new RefusedException(line, $"Nested deeper than {MaxDepth} levels.");
        if (++nodes > MaxNodes)
            throw new RefusedException(line, $"More than {MaxNodes} values.");
        if (parser.Current is AnchorAlias)
            throw new RefusedException(line, "Aliases (*name) are not allowed in this file.");
        if (parser.Current is NodeEvent { Anchor.IsEmpty: false })
            throw new RefusedException(line, "Anchors (&name) are not allowed in this file.");
        if (parser.Current is NodeEvent { Tag.IsEmpty: false })
            throw new RefusedException(line, "Tags (!name) are not allowed in this file.");
        if (parser.TryConsume<Scalar>(out var scalar))
            return new PolicyNode.Scalar(line, scalar.Value, scalar.Style != ScalarStyle.Plain);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<PolicyNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(ReadNode(parser, depth + 1, ref nodes));
            return new PolicyNode.Sequence(line, items);
        }

        parser.Consume<MappingStart>();
        var entries = new List<PolicyNode.Entry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var keyLine = Line(parser.Current);
            if (ReadNode(parser, depth + 1, ref nodes) is not PolicyNode.Scalar key)
                throw new RefusedException(keyLine, "A key must be plain text.");
            if (entries.Exists(e => e.Key == key.Text))
                throw new RefusedException(keyLine, $"The key '{key.Text}' is written twice.");
            entries.Add(new PolicyNode.Entry(keyLine, key.Text, ReadNode(parser, depth + 1, ref nodes)));
        }

        return new PolicyNode.Mapping(line, entries);
    }

    private static int Line(ParsingEvent? e) => e is null ? 1 : (int)Math.Max(1, e.Start.Line);

    private static int? TabbedLine(string text, int from)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var at = Array.FindIndex(lines, Math.Min(from, lines.Length) - 1, l => l.AsSpan(0, l.Length - l.AsSpan().TrimStart(" \t").Length).Contains('\t') && l.AsSpan().Trim().Length > 0);
        return at < 0 ? null : at + 1;
    }

    private static string FirstLine(string message)
    {
        var end = message.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? message : message[..end];
    }

#pragma warning disable CA1064, MA0055 // A private jump out of the recursion; never leaves this class.
    private sealed class RefusedException(int line, string message) : Exception(message)
    {
        public int Line { get; } = line;
    }
#pragma warning restore CA1064, MA0055
}

/// <summary>A YAML node with its line, without anchors, aliases and tags.</summary>
internal abstract record PolicyNode(int Line)
{
    internal sealed record Scalar(int Line, string Text, bool Quoted) : PolicyNode(Line)
    {
        public bool IsNull => !Quoted && Text is "" or "~" or "null" or "Null" or "NULL";
    }

    internal sealed record Sequence(int Line, IReadOnlyList<PolicyNode> Items) : PolicyNode(Line);

    internal sealed record Mapping(int Line, IReadOnlyList<Entry> Entries) : PolicyNode(Line);

    internal sealed record Entry(int Line, string Key, PolicyNode Value);
}
