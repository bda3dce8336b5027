using System.Xml;
using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary>MSBuild files and POMs: versions with the places they stand at, through the properties that they name.</summary>
internal static class XmlManifests
{
    private static readonly string[] ProjectEndings = [".csproj", ".fsproj", ".vbproj", ".props", ".targets"];

    public static bool IsMsBuild(string path) => ProjectEndings.Contains(Paths.Extension(path));

    public static bool IsMaven(string path) => Paths.Name(path) == "pom.xml";

    /// <summary>All declarations of some files of one kind. What cannot be read declares nothing.</summary>
    public static IEnumerable<Declaration> Of(IReadOnlyList<(string Path, string Text)> files, bool isMaven)
    {
        var read = files.Select(f => (f.Path, Nodes: Nodes(f.Text))).ToArray();
        var properties = read.SelectMany(f => Properties(f.Path, f.Nodes, isMaven)).ToLookup(p => p.Name, isMaven ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        var found = read.SelectMany(f => isMaven ? Maven(f.Path, f.Nodes) : MsBuild(f.Path, f.Nodes)).ToArray();
        var resolved = found.Select(d => Resolve(d, properties, isMaven)).ToArray();
        // One place that decides several is told as such: their versions may not exist for each of them (openrewrite/rewrite 8656).
        return resolved.Select(d => d with
        {
            Shares = [.. resolved.Where(o => o.Path == d.Path && o.Start == d.Start && o.Name != d.Name).Select(o => o.Name).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)],
        }).DistinctBy(d => (d.Name, d.Path, d.Start));
    }

    private static IEnumerable<Declaration> MsBuild(string path, IReadOnlyList<Node> nodes)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            var node = nodes[i];
            if (node.Name is not ("PackageReference" or "PackageVersion" or "GlobalPackageReference"))
                continue;
            var inside = nodes.Skip(i + 1).TakeWhile(n => n.Depth > node.Depth);
            // An override decides where both stand.
            var version = node.Attribute("VersionOverride") ?? node.Attribute("Version") ?? inside.Where(n => n.Name is "Version" or "VersionOverride").Select(n => n.Text).FirstOrDefault(t => t is not null);
            foreach (var name in (node.Attribute("Include") ?? node.Attribute("Update"))?.Value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [])
            {
                if (version is not null)
                    yield return new Declaration("NuGet", name, version.Value, path, node.Name, version.Start) { Line = version.Line };
            }
        }
    }

    private static IEnumerable<Declaration> Maven(string path, IReadOnlyList<Node> nodes)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            var node = nodes[i];
            if (node.Name is not ("dependency" or "plugin" or "parent" or "extension"))
                continue;
            var within = nodes.Skip(i + 1).TakeWhile(n => n.Depth > node.Depth).Where(n => n.Depth == node.Depth + 1).ToArray();
            Place? Text(string name) => Array.Find(within, n => n.Name == name)?.Text;
            var group = Text("groupId")?.Value ?? (node.Name == "plugin" ? "org.apache.maven.plugins" : "");
            if (Text("artifactId") is { } artifact && Text("version") is { } version)
                yield return new Declaration("Maven", $"{group}:{artifact.Value}", version.Value, path, node.Name, version.Start) { Line = version.Line };
        }
    }

    private static IEnumerable<Property> Properties(string path, IReadOnlyList<Node> nodes, bool isMaven)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[i].Name != (isMaven ? "properties" : "PropertyGroup"))
                continue;
            foreach (var property in nodes.Skip(i + 1).TakeWhile(n => n.Depth > nodes[i].Depth).Where(n => n.Text is not null))
                yield return new Property(property.Name, path, property.Text!);
        }
    }

    // A property may name another one.
    private static Declaration Resolve(Declaration declaration, ILookup<string, Property> properties, bool isMaven)
    {
        var (open, close) = isMaven ? ("${", "}") : ("$(", ")");
        for (var depth = 0; declaration.Constraint.Contains(open, StringComparison.Ordinal); depth++)
        {
            var name = declaration.Constraint.Trim('[', ']');
            if (depth > 4 || !name.StartsWith(open, StringComparison.Ordinal) || !name.EndsWith(close, StringComparison.Ordinal) || name.IndexOf(open, 2, StringComparison.Ordinal) >= 0)
                return declaration with { Fixed = "its version is put together from properties" };
            name = name[2..^1];
            var here = properties[name].ToArray();
            // The file's own, else the nearest file above, else the only one there is.
            var found = Array.FindLast(here, p => p.Path == declaration.Path)
                ?? here.Where(p => Paths.IsBelow(declaration.Path, Paths.Folder(p.Path))).OrderByDescending(p => Paths.Folder(p.Path).Length).FirstOrDefault()
                ?? (here.Length == 1 ? here[0] : null);
            if (found is null)
                return declaration with { Fixed = $"its version is the property {name}, which {(here.Length > 1 ? "several files set" : "no file of the repository sets")}" };
            declaration = declaration with { Constraint = found.Value.Value, Path = found.Path, Section = $"property {name}", Start = found.Value.Start, Line = found.Value.Line };
        }

        return declaration;
    }

    private static List<Node> Nodes(string text)
    {
        var nodes = new List<Node>();
        var bom = text.StartsWith('\uFEFF') ? 1 : 0;
        var lines = LineStarts(text, bom);
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = 2_000_000 };
        try
        {
            using var reader = XmlReader.Create(new StringReader(text[bom..]), settings);
            var info = (IXmlLineInfo)reader;
            int At() => lines[info.LineNumber - 1] + info.LinePosition - 1;
            while (reader.Read() && nodes.Count < 20_000 && reader.Depth <= 200)
            {
                if (reader.NodeType == XmlNodeType.Element)
                {
                    var node = new Node(reader.LocalName, reader.Depth);
                    while (reader.MoveToNextAttribute())
                    {
                        // The position is the name's: behind it come the sign and the quote.
                        var start = text.IndexOfAny(['"', '\''], At()) + 1;
                        if (start > 0 && text.AsSpan(start).StartsWith(reader.Value, StringComparison.Ordinal))
                            node.Attributes[reader.LocalName] = new Place(reader.Value, start, info.LineNumber);
                    }

                    nodes.Add(node);
                }
                else if (reader.NodeType == XmlNodeType.Text && nodes is [.., { Text: null } last] && last.Depth == reader.Depth - 1)
                {
                    var value = reader.Value.Trim();
                    var start = text.IndexOf(value, At(), StringComparison.Ordinal);
                    if (value.Length > 0 && start >= 0)
                        last.Text = new Place(value, start, info.LineNumber);
                }
            }
        }
        catch (Exception e) when (e is XmlException or ArgumentException or InvalidOperationException)
        {
            return [];
        }

        return nodes;
    }

    private static List<int> LineStarts(string text, int start)
    {
        var starts = new List<int> { start };
        for (var i = start; i < text.Length; i++)
        {
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')))
                starts.Add(i + 1);
        }

        return starts;
    }

    private sealed record Place(string Value, int Start, int Line);

    private sealed record Property(string Name, string Path, Place Value);

    private sealed class Node(string name, int depth)
    {
        public string Name { get; } = name;

        public int Depth { get; } = depth;

        public Dictionary<string, Place> Attributes { get; } = new(StringComparer.OrdinalIgnoreCase);

        public Place? Text { get; set; }

        public Place? Attribute(string key) => Attributes.GetValueOrDefault(key);
    }
}
