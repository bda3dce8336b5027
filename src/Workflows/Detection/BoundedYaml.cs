using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CodingAgent.Workflows.Detection;

/// <summary>
/// Reads a CI file as plain values. Anchors are common there, so an alias is the very value it names, never a copy of it: nothing expands.
/// Tags are passed over; depth, size and number of values are bounded.
/// </summary>
internal static class BoundedYaml
{
    private const int MaxLength = 512 * 1024;
    private const int MaxDepth = 40;
    private const int MaxNodes = 30_000;

    /// <summary>The first document, or null when it is no YAML within the bounds. Never throws.</summary>
    public static YamlValue? Read(string text)
    {
        if (text.Length > MaxLength)
            return null;
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            var anchors = new Dictionary<string, YamlValue>(StringComparer.Ordinal);
            var nodes = 0;
            return parser.TryConsume<DocumentStart>(out _) ? Node(parser, anchors, 0, ref nodes) : null;
        }
        catch (Exception e) when (e is YamlException or ArgumentException or InvalidOperationException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            // The scanner lets some of its own errors through on hostile text.
            return null;
        }
    }

    private static YamlValue Node(Parser parser, Dictionary<string, YamlValue> anchors, int depth, ref int nodes)
    {
        if (depth > MaxDepth || ++nodes > MaxNodes)
            throw new FormatException("Too deep or too many values.");
        if (parser.TryConsume<AnchorAlias>(out var alias))
            return anchors.GetValueOrDefault(alias.Value.Value) ?? YamlValue.Nothing;
        var anchor = (parser.Current as NodeEvent)?.Anchor;
        var value = Value(parser, anchors, depth, ref nodes);
        if (anchor is { IsEmpty: false } name)
            anchors[name.Value] = value;
        return value;
    }

    private static YamlValue Value(Parser parser, Dictionary<string, YamlValue> anchors, int depth, ref int nodes)
    {
        if (parser.TryConsume<Scalar>(out var scalar))
            return new YamlValue(scalar.Value, [], []);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<YamlValue>();
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(Node(parser, anchors, depth + 1, ref nodes));
            return new YamlValue(null, items, []);
        }

        parser.Consume<MappingStart>();
        var entries = new List<KeyValuePair<string, YamlValue>>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = Node(parser, anchors, depth + 1, ref nodes);
            entries.Add(new(key.Text ?? "", Node(parser, anchors, depth + 1, ref nodes)));
        }

        return new YamlValue(null, [], entries);
    }
}

/// <summary>A YAML value: a text, a list or a mapping.</summary>
/// <param name="Text">Text of a scalar; null for the others.</param>
/// <param name="Items">Items of a list.</param>
/// <param name="Entries">Entries of a mapping, in order.</param>
internal sealed record YamlValue(string? Text, IReadOnlyList<YamlValue> Items, IReadOnlyList<KeyValuePair<string, YamlValue>> Entries)
{
    public static YamlValue Nothing { get; } = new("", [], []);

    /// <summary>A member, own ones before merged ones (<c>&lt;&lt;</c>); <see cref="Nothing"/> when there is none.</summary>
    public YamlValue this[string key] => Find(key, 0) ?? Nothing;

    /// <summary>Texts: a list's, or the one of a scalar.</summary>
    public IEnumerable<string> Texts => Text is { Length: > 0 } text ? [text] : Items.Where(i => i.Text is not null).Select(i => i.Text!);

    private YamlValue? Find(string key, int depth)
    {
        foreach (var (name, value) in Entries)
        {
            if (name == key)
                return value;
        }

        if (depth >= 4)
            return null;
        var merged = Entries.Where(e => e.Key == "<<").SelectMany(e => e.Value.Items.Count > 0 ? e.Value.Items : [e.Value]);
        return merged.Select(m => m.Find(key, depth + 1)).FirstOrDefault(v => v is not null);
    }
}
