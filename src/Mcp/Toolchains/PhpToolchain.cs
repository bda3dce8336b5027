using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Toolchains;

/// <summary>The system's PHP, with the settings that switch its extensions on, and composer.</summary>
internal static class PhpToolchain
{
    public static SandboxToolchain? Find(HostView host)
    {
        if (new[] { "/usr/local/bin/php", "/usr/bin/php" }.FirstOrDefault(host.IsFile) is not { } php)
            return null;
        var programs = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["php"] = host.VersionOf(php) is { } version ? [version] : [] };
        if (host.IsFile("/usr/local/bin/composer") || host.IsFile("/usr/bin/composer"))
            programs["composer"] = [];
        return new SandboxToolchain(
            "php", host.IsFolder("/etc/php") ? [new SandboxBind("/etc/php", "/etc/php")] : [],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["COMPOSER_HOME"] = $"{HostToolchains.Home}/.composer", ["COMPOSER_NO_INTERACTION"] = "1" }, [])
        {
            OfflineEnvironment = new Dictionary<string, string>(StringComparer.Ordinal) { ["COMPOSER_DISABLE_NETWORK"] = "1" },
            Programs = programs,
        };
    }
}
