using System.Xml.Linq;

namespace CodingAgent.Mcp.Egress.Settings;

/// <summary>Maven's mirrors and the repositories of its profiles (https://maven.apache.org/settings.html).</summary>
internal static class MavenSettings
{
    private const string Name = ".m2/settings.xml";

    public static void Read(HostSettings host)
    {
        if (host.First(Name) is not { } file || SettingsXml.Read(host, "~/" + Name, file.Text) is not { } root) return;
        var mirrors = root.Named("mirrors").SelectMany(m => m.Named("mirror")).Select(m => Copy(host, m, "id", "name", "mirrorOf")).OfType<XElement>().ToList();
        var profiles = root.Named("profiles").SelectMany(p => p.Named("profile")).ToList();
        var repositories = profiles.SelectMany(p => p.Named("repositories")).SelectMany(r => r.Named("repository")).Select(r => Copy(host, r, "id", "name")).OfType<XElement>().ToList();
        var plugins = profiles.SelectMany(p => p.Named("pluginRepositories")).SelectMany(r => r.Named("pluginRepository")).Select(r => Copy(host, r, "id", "name")).OfType<XElement>().ToList();
        if (mirrors.Count + repositories.Count + plugins.Count == 0) return;
        var profile = new XElement("profile", new XElement("id", "host"), new XElement("repositories", repositories), new XElement("pluginRepositories", plugins));
        host.Files[Name] = new XElement(
            "settings", new XElement("mirrors", mirrors), new XElement("profiles", profile), new XElement("activeProfiles", new XElement("activeProfile", "host"))) + "\n";
    }

    private static XElement? Copy(HostSettings host, XElement element, params string[] names)
    {
        if (host.Registry(element.Named("url").FirstOrDefault()?.Value ?? "", "~/" + Name) is not { } url) return null;
        return new XElement(element.Name.LocalName, names.SelectMany(n => element.Named(n).Take(1)).Select(e => new XElement(e.Name.LocalName, e.Value)), new XElement("url", url));
    }
}
