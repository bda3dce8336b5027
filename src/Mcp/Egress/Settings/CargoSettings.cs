using Tomlyn;
using Tomlyn.Model;

namespace CodingAgent.Mcp.Egress.Settings;

/// <summary>Cargo's registries and source replacement (https://doc.rust-lang.org/cargo/reference/source-replacement.html).</summary>
internal static class CargoSettings
{
    private const string Sparse = "sparse+";

    public static void Read(HostSettings host)
    {
        if (host.First(".cargo/config.toml", ".cargo/config") is not { } file) return;
        TomlTable root;
        try
        {
            root = TomlSerializer.Deserialize<TomlTable>(file.Text) ?? [];
        }
        // The reader falls over some text that is no TOML instead of saying so: an escape with nothing after it.
        catch (Exception e) when (e is TomlException or ArgumentException or InvalidOperationException or FormatException or OverflowException or NullReferenceException)
        {
            host.Notes.Add($"~/{file.Name} is no TOML and is left out.");
            return;
        }

        var written = new TomlTable();
        foreach (var (name, source) in Tables(root, "source"))
        {
            var kept = new TomlTable();
            if (Index(host, source, "registry", file.Name) is { } registry) kept["registry"] = registry;
            if (source.TryGetValue("replace-with", out var other) && other is string with) kept["replace-with"] = with;
            if (kept.Count > 0) Table(written, "source")[name] = kept;
        }

        foreach (var (name, registry) in Tables(root, "registries"))
            if (Index(host, registry, "index", file.Name) is { } index) Table(written, "registries")[name] = new TomlTable { ["index"] = index };
        // What is to be replaced by a source that did not come along would break every build.
        if (written.TryGetValue("source", out var sources))
        {
            var all = (TomlTable)sources;
            foreach (var (name, source) in Tables(written, "source").ToList())
                if (source.TryGetValue("replace-with", out var with) && !all.ContainsKey((string)with) && !Tables(written, "registries").Any(r => r.Name == (string)with)) all.Remove(name);
            if (all.Count == 0) written.Remove("source");
        }

        if (written.Count > 0) host.Files[".cargo/config.toml"] = TomlSerializer.Serialize(written);
    }

    private static string? Index(HostSettings host, TomlTable table, string key, string name)
    {
        if (!table.TryGetValue(key, out var value) || value is not string url) return null;
        var sparse = url.StartsWith(Sparse, StringComparison.Ordinal);
        return host.Registry(sparse ? url[Sparse.Length..] : url, "~/" + name) is { } clean ? (sparse ? Sparse : "") + clean : null;
    }

    private static TomlTable Table(TomlTable parent, string key)
    {
        if (!parent.TryGetValue(key, out var table)) parent[key] = table = new TomlTable();
        return (TomlTable)table;
    }

    private static IEnumerable<(string Name, TomlTable Table)> Tables(TomlTable parent, string key) =>
        parent.TryGetValue(key, out var value) && value is TomlTable tables ? tables.Where(t => t.Value is TomlTable).Select(t => (t.Key, (TomlTable)t.Value)) : [];
}
