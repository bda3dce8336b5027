namespace CodingAgent.Mcp.Egress.Settings;

/// <summary>pip's indexes (https://pip.pypa.io/en/stable/topics/configuration/), handed to uv as well.</summary>
internal static class PipSettings
{
    private static readonly char[] Blanks = [' ', '\t', '\n', '\r'];

    public static void Read(HostSettings host)
    {
        var (index, more) = (Read(host, "index-url", "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"), Read(host, "extra-index-url", "PIP_EXTRA_INDEX_URL", "UV_INDEX"));
        if (index.Count > 0)
        {
            host.Environment["PIP_INDEX_URL"] = index[^1];
            host.Environment["UV_DEFAULT_INDEX"] = index[^1];
        }

        if (more.Count == 0) return;
        host.Environment["PIP_EXTRA_INDEX_URL"] = string.Join(' ', more);
        host.Environment["UV_INDEX"] = string.Join(' ', more);
    }

    private static List<string> Read(HostSettings host, string key, params string[] variables)
    {
        // Variables go before files, the user's file before the machine's.
        var named = variables.Select(v => (v, host.Variable(v))).FirstOrDefault(v => v.Item2 is not null);
        if (named.Item2 is { } value) return Registries(host, value, named.v);
        foreach (var name in new[] { ".config/pip/pip.conf", ".pip/pip.conf", Path.Combine(host.Etc, "pip.conf") })
        {
            if (host.First(name) is not { } file) continue;
            var entry = IniFile.Read(file.Text).LastOrDefault(e => e.Section is "global" or "install" && e.Key.Replace('_', '-') == key);
            if (entry.Value is not null) return Registries(host, entry.Value, name);
        }

        return [];
    }

    private static List<string> Registries(HostSettings host, string value, string where) =>
        [.. value.Split(Blanks, StringSplitOptions.RemoveEmptyEntries).Select(url => host.Registry(url, where)).OfType<string>()];
}
