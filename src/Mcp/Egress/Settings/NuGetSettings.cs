using System.Xml.Linq;

namespace CodingAgent.Mcp.Egress.Settings;

/// <summary>NuGet's sources (https://learn.microsoft.com/nuget/reference/nuget-config-file) and which packages come from which.</summary>
internal static class NuGetSettings
{
    public static void Read(HostSettings host)
    {
        if (host.First(".nuget/NuGet/NuGet.Config", ".config/NuGet/NuGet.Config") is not { } file || SettingsXml.Read(host, "~/" + file.Name, file.Text) is not { } root) return;
        var disabled = root.Named("disabledPackageSources").Named("add").Select(Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var sources = new List<XElement>();
        foreach (var add in root.Named("packageSources").Named("add"))
        {
            if (disabled.Contains(Key(add)) || host.Registry(add.Attribute("value")?.Value ?? "", "~/" + file.Name) is not { } url) continue;
            var source = new XElement("add", new XAttribute("key", Key(add)), new XAttribute("value", url));
            foreach (var name in new[] { "protocolVersion", "allowInsecureConnections" })
                if (add.Attribute(name) is { } attribute) source.Add(new XAttribute(name, attribute.Value));
            sources.Add(source);
        }

        if (sources.Count == 0) return;
        var kept = sources.Select(Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var mapping = root.Named("packageSourceMapping").Named("packageSource").Where(s => kept.Contains(Key(s)))
            .Select(s => new XElement("packageSource", new XAttribute("key", Key(s)), s.Named("package").Select(p => new XElement("package", new XAttribute("pattern", p.Attribute("pattern")?.Value ?? "")))))
            .ToList();
        var written = new XElement("configuration", new XElement("packageSources", new XElement("clear"), sources), mapping.Count == 0 ? null : new XElement("packageSourceMapping", mapping));
        host.Files[".nuget/NuGet/NuGet.Config"] = written + "\n";
    }

    private static IEnumerable<XElement> Named(this IEnumerable<XElement> parents, string name) => parents.SelectMany(p => SettingsXml.Named(p, name));

    private static string Key(XElement element) => element.Attribute("key")?.Value ?? "";
}
