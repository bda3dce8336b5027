using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Egress.Settings;

/// <summary>npm's registries (https://docs.npmjs.com/cli/configuring-npm/npmrc), which Yarn and pnpm read as well.</summary>
internal static partial class NpmSettings
{
    public static void Read(HostSettings host)
    {
        var lines = new List<string>();
        var own = host.Variable("npm_config_registry") ?? host.Variable("NPM_CONFIG_REGISTRY");
        if (host.First(".npmrc") is { } file)
        {
            foreach (var (_, key, value) in IniFile.Read(file.Text))
            {
                // "//host/:_authToken", "_auth", "cafile", "script-shell" and all others stay on the host.
                if (key != "registry" && !ScopedRegistry().IsMatch(key)) continue;
                if (key == "registry" && own is not null) continue;
                if (host.Registry(value, "~/.npmrc") is { } registry) lines.Add($"{key}={registry}");
            }
        }

        if (own is not null && host.Registry(own, "npm_config_registry") is { } named) lines.Add($"registry={named}");
        if (lines.Count == 0) return;
        host.Files[".npmrc"] = string.Join('\n', lines) + "\n";
        // Yarn 2 and later read a file of their own and this variable.
        if (lines.FindLast(l => l.StartsWith("registry=", StringComparison.Ordinal)) is { } chosen) host.Environment["YARN_NPM_REGISTRY_SERVER"] = chosen["registry=".Length..].TrimEnd('/');
    }

    [GeneratedRegex("^@[a-z0-9~][a-z0-9._~-]*:registry$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex ScopedRegistry();
}
