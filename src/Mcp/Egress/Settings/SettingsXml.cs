using System.Xml;
using System.Xml.Linq;

namespace CodingAgent.Mcp.Egress.Settings;

/// <summary>Reads an XML settings file without what XML can do: no document type, so no entities that grow or fetch.</summary>
internal static class SettingsXml
{
    /// <summary>The root element; null, with a note, when it is not well-formed.</summary>
    public static XElement? Read(HostSettings host, string name, string text)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(text.TrimStart('\ufeff')), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            return XElement.Load(reader);
        }
        catch (XmlException)
        {
            host.Notes.Add($"{name} is no well-formed XML and is left out.");
            return null;
        }
    }

    /// <summary>Child elements by local name: settings files come with and without a namespace.</summary>
    public static IEnumerable<XElement> Named(this XElement? parent, string name) =>
        parent?.Elements().Where(e => string.Equals(e.Name.LocalName, name, StringComparison.OrdinalIgnoreCase)) ?? [];
}
