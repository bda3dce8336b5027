using System.Text.Json;
using System.Xml;
using Tomlyn;
using Tomlyn.Model;

namespace CodingAgent.Workflows.Detection;

/// <summary>
/// Reads manifests as data, within bounds and without ever throwing: what cannot be read is null, and a note says so. No document type,
/// no entity, no alias is expanded.
/// </summary>
internal static class Documents
{
    private const int MostDepth = 64;

    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = MostDepth };

    /// <summary>A JSON file's root object; null when it is none.</summary>
    public static JsonElement? Json(this RepositoryView view, string path)
    {
        var text = view.Text(path);
        if (text.Length == 0)
            return null;
        try
        {
            using var document = JsonDocument.Parse(text, Lenient);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document.RootElement.Clone();
        }
        catch (JsonException)
        {
        }

        return view.CannotRead<JsonElement?>(path, "JSON object");
    }

    /// <summary>A TOML file's root table; null when it is none.</summary>
    public static TomlTable? Toml(this RepositoryView view, string path)
    {
        var text = view.Text(path);
        if (text.Length == 0)
            return null;
        // The parser recurses; no manifest nests like this.
        if (Nesting(text) <= MostDepth)
        {
            try
            {
                return TomlSerializer.Deserialize<TomlTable>(text);
            }
            catch (Exception e) when (e is TomlException or ArgumentException or InvalidOperationException or FormatException or OverflowException or NullReferenceException)
            {
            }
        }

        return view.CannotRead<TomlTable?>(path, "TOML");
    }

    /// <summary>Elements of an XML file with their attributes and text, in order; empty when it is none.</summary>
    public static IReadOnlyList<XmlEntry> Xml(this RepositoryView view, string path)
    {
        var text = view.Text(path);
        if (text.Length == 0)
            return [];
        var entries = new List<XmlEntry>();
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = 2_000_000, IgnoreComments = true };
        try
        {
            using var reader = XmlReader.Create(new StringReader(text), settings);
            while (reader.Read() && entries.Count < 20_000)
            {
                if (reader.Depth > 200)
                    return view.CannotRead<IReadOnlyList<XmlEntry>>(path, "XML of sensible depth") ?? [];
                if (reader.NodeType == XmlNodeType.Element)
                {
                    var attributes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                    var (name, depth) = (reader.LocalName, reader.Depth);
                    while (reader.MoveToNextAttribute())
                        attributes[reader.LocalName] = reader.Value;
                    entries.Add(new XmlEntry(name, depth, attributes));
                }
                else if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA && entries.Count > 0)
                {
                    entries[^1].Text += reader.Value.Trim();
                }
            }

            return entries;
        }
        catch (Exception e) when (e is XmlException or ArgumentException or InvalidOperationException)
        {
            return view.CannotRead<IReadOnlyList<XmlEntry>>(path, "XML") ?? [];
        }
    }

    /// <summary>A YAML file; null when it is none.</summary>
    public static YamlValue? Yaml(this RepositoryView view, string path)
    {
        var text = view.Text(path);
        return text.Length == 0 ? null : BoundedYaml.Read(text) ?? view.CannotRead<YamlValue?>(path, "YAML within bounds");
    }

    /// <summary>A member that is an object, or null.</summary>
    public static JsonElement? Object(this JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } e && e.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    /// <summary>A member that is a string, or null.</summary>
    public static string? String(this JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } e && e.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Names of an object's members; empty for anything else.</summary>
    public static IEnumerable<string> Names(this JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Object } e ? e.EnumerateObject().Select(p => p.Name) : [];

    /// <summary>Strings of a member that is a list; empty for anything else.</summary>
    public static IEnumerable<string> Strings(this JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } e && e.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!) : [];

    /// <summary>A table below tables, or null.</summary>
    public static TomlTable? Table(this TomlTable? table, params string[] names)
    {
        foreach (var name in names)
            table = table is not null && table.TryGetValue(name, out var value) ? value as TomlTable : null;
        return table;
    }

    /// <summary>A string of a table, or null.</summary>
    public static string? String(this TomlTable? table, string name) => table is not null && table.TryGetValue(name, out var value) ? value as string : null;

    /// <summary>Values of a table's list; empty when it is none.</summary>
    public static IEnumerable<object?> List(this TomlTable? table, string name) =>
        table is not null && table.TryGetValue(name, out var value) && value is TomlArray list ? list : [];

    private static T? CannotRead<T>(this RepositoryView view, string path, string what)
    {
        view.Unreadable.Add($"`{path}` is not {what}; what it says was passed over.");
        return default;
    }

    private static int Nesting(string text)
    {
        var (depth, most) = (0, 0);
        foreach (var c in text)
        {
            if (c is '[' or '{')
                most = Math.Max(most, ++depth);
            else if (c is ']' or '}')
                depth = Math.Max(0, depth - 1);
        }

        // Dotted keys make tables in tables as well.
        var dots = text.Split('\n').Max(l => l.TakeWhile(c => c != '=').Count(c => c == '.'));
        return Math.Max(most, dots);
    }
}

/// <summary>An XML element.</summary>
internal sealed class XmlEntry(string name, int depth, IReadOnlyDictionary<string, string> attributes)
{
    public string Name { get; } = name;

    public int Depth { get; } = depth;

    /// <summary>Text directly after its start.</summary>
    public string Text { get; set; } = "";

    public IReadOnlyDictionary<string, string> Attributes => attributes;

    public string? Attribute(string key) => attributes.GetValueOrDefault(key);
}
