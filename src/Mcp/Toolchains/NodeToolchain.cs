using System.Text.Json;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Toolchains;

/// <summary>Node with npm, and the package managers beside it: of the system, or of a version manager in a home folder.</summary>
internal static class NodeToolchain
{
    public static SandboxToolchain? Find(HostView host)
    {
        if (Node(host) is not { } node)
            return null;
        var prefix = Path.GetDirectoryName(Path.GetDirectoryName(node))!;
        var programs = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["node"] = Versions(host.VersionOf(node)) };
        foreach (var name in new[] { "npm", "npx", "corepack", "pnpm", "yarn" })
        {
            // Only what lies beside this Node, or in the system's folders, is what commands find.
            var path = new[] { $"{prefix}/bin/{name}", $"/usr/local/bin/{name}", $"/usr/bin/{name}" }.FirstOrDefault(host.IsFile);
            if (path is not null && !IsCorepackShim(host, path, name))
                programs[name] = Versions(PackageVersion(host, host.Real(path)));
        }

        List<SandboxBind> binds = [.. HostToolchains.Bind(host, prefix)];
        if (new[] { $"{host.Home}/.bun/bin/bun", "/usr/local/bin/bun", "/usr/bin/bun" }.FirstOrDefault(host.IsFile) is { } bun)
        {
            programs["bun"] = Versions(host.VersionOf(bun));
            if (!HostView.IsSystem(bun))
                binds.Add(new SandboxBind(host.Real(bun), $"{HostToolchains.Tools}/bun"));
        }

        return new SandboxToolchain("node", binds, Environment, HostView.IsSystem(prefix + "/") ? [$"{HostToolchains.Home}/.local/bin", HostToolchains.Tools] : [$"{HostToolchains.Home}/.local/bin", $"{prefix}/bin", HostToolchains.Tools])
        {
            OfflineEnvironment = new Dictionary<string, string>(StringComparer.Ordinal) { ["npm_config_offline"] = "true", ["YARN_ENABLE_NETWORK"] = "false" },
            Programs = programs,
        };
    }

    private static Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal)
    {
        ["npm_config_update_notifier"] = "false",
        ["npm_config_fund"] = "false",
        ["npm_config_audit"] = "false",
        ["NO_UPDATE_NOTIFIER"] = "1",
        ["COREPACK_ENABLE_DOWNLOAD_PROMPT"] = "0",
        // Browsers and hooks that install scripts would fetch from hosts that are no registries.
        ["PUPPETEER_SKIP_DOWNLOAD"] = "1",
        ["PUPPETEER_SKIP_CHROMIUM_DOWNLOAD"] = "1",
        ["PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD"] = "1",
        ["CYPRESS_INSTALL_BINARY"] = "0",
        ["HUSKY"] = "0",
        ["NEXT_TELEMETRY_DISABLED"] = "1",
    };

    // A version manager's "node" may be a program of its own that starts the real one, and only in the home folder it knows.
    private static string? Node(HostView host)
    {
        if (host.Which("node") is { } found && !found.Contains("/shims/", StringComparison.Ordinal) && host.Real(found) is var real && Path.GetFileName(real) == "node"
            && (HostView.IsSystem(real) || (real.EndsWith("/bin/node", StringComparison.Ordinal) && host.MayShow(Path.GetDirectoryName(Path.GetDirectoryName(real))!))))
            return real;
        string[] installs =
        [
            $"{host.Variable("NVM_DIR") ?? $"{host.Home}/.nvm"}/versions/node", $"{host.Home}/.local/share/fnm/node-versions", $"{host.Home}/.fnm/node-versions",
            $"{host.Home}/.volta/tools/image/node", $"{host.Home}/.asdf/installs/nodejs", $"{host.Home}/.local/share/mise/installs/node", $"{host.Home}/.nodenv/versions",
        ];
        return installs.SelectMany(host.FoldersIn).SelectMany(f => new[] { $"{f}/bin/node", $"{f}/installation/bin/node" }).Where(host.IsFile)
            .OrderByDescending(p => HostView.Number(p.Split("/node", 2)[^1] + p)).FirstOrDefault()
            ?? new[] { "/usr/local/bin/node", "/usr/bin/node" }.FirstOrDefault(host.IsFile);
    }

    // corepack's own "pnpm" and "yarn" fetch the real ones from the network.
    private static bool IsCorepackShim(HostView host, string path, string name) =>
        name is "pnpm" or "yarn" && host.Real(path).Contains("/corepack/", StringComparison.Ordinal);

    // .../lib/node_modules/npm/bin/npm-cli.js -> its package.json says the version; starting it would take a third of a second.
    private static string? PackageVersion(HostView host, string path)
    {
        for (var folder = Path.GetDirectoryName(path); folder is { Length: > 1 }; folder = Path.GetDirectoryName(folder))
        {
            if (!host.IsFile($"{folder}/package.json"))
                continue;
            try
            {
                using var json = JsonDocument.Parse(host.Text($"{folder}/package.json"));
                if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.String)
                    return version.GetString();
            }
            catch (JsonException)
            {
                return null;
            }
        }

        return null;
    }

    private static IReadOnlyList<string> Versions(string? version) => version is null ? [] : [version];
}
