namespace CodingAgent.Mcp.Egress.Settings;

/// <summary>Go's module proxies and what is private (https://go.dev/ref/mod#environment-variables), from the environment or <c>go env -w</c>.</summary>
internal static class GoSettings
{
    public static void Read(HostSettings host)
    {
        var written = host.First(".config/go/env") is { } file
            ? IniFile.Read(file.Text).GroupBy(e => e.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last().Value, StringComparer.Ordinal)
            : [];
        string? Value(string name) => host.Variable(name) ?? written.GetValueOrDefault(name);
        // A list divided by ',' or '|', which mean different things.
        if (Value("GOPROXY") is { } proxies)
        {
            var kept = new List<string>();
            foreach (var part in proxies.Replace("|", ",|", StringComparison.Ordinal).Split(','))
            {
                var (bar, name) = part.StartsWith('|') ? ("|", part[1..].Trim()) : (",", part.Trim());
                if ((name is "direct" or "off" ? name : name.Length == 0 ? null : host.Registry(name, "GOPROXY")) is { } entry) kept.Add(bar + entry);
            }

            if (kept.Count > 0) host.Environment["GOPROXY"] = string.Concat(kept)[1..];
        }

        // Patterns of module paths, and "off" or a database's name, which may end with an address.
        foreach (var name in new[] { "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GONOSUMCHECK", "GOSUMDB" })
            if (Value(name) is { } value && value.All(c => char.IsAsciiLetterOrDigit(c) || "./*,-_+".Contains(c, StringComparison.Ordinal))) host.Environment[name] = value;
    }
}
