using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Toolchains;

/// <summary>Ruby with bundler: rbenv's chosen version (its programs are scripts that look into its folder), or the system's.</summary>
internal static class RubyToolchain
{
    public static SandboxToolchain? Find(HostView host)
    {
        var rbenv = host.Variable("RBENV_ROOT") ?? $"{host.Home}/.rbenv";
        var chosen = host.Text($"{rbenv}/version").Trim();
        var root = new[] { $"{rbenv}/versions", $"{host.Home}/.asdf/installs/ruby", $"{host.Home}/.local/share/mise/installs/ruby", $"{host.Home}/.rubies" }.SelectMany(host.FoldersIn)
            .Where(f => host.IsFile($"{f}/bin/ruby") && host.MayShow(f)).OrderByDescending(f => Path.GetFileName(f) == chosen).FirstOrDefault();
        var bin = root is not null ? $"{root}/bin" : new[] { "/usr/local/bin", "/usr/bin" }.FirstOrDefault(f => host.IsFile($"{f}/ruby"));
        if (bin is null)
            return null;
        var programs = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["ruby"] = host.VersionOf($"{bin}/ruby") is { } version ? [version] : [] };
        foreach (var tool in new[] { "bundle", "gem", "rake" }.Where(t => host.IsFile($"{bin}/{t}")))
            programs[tool] = [];
        return new SandboxToolchain(
            "ruby", root is null ? [] : HostToolchains.Bind(host, root), new Dictionary<string, string>(StringComparer.Ordinal) { ["BUNDLE_PATH"] = $"{HostToolchains.Home}/bundle" }, root is null ? [] : [bin])
        {
            OfflineEnvironment = new Dictionary<string, string>(StringComparer.Ordinal) { ["BUNDLE_PREFER_LOCAL"] = "true" },
            Programs = programs,
        };
    }
}
