using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Toolchains;

/// <summary>Go.</summary>
internal static class GoToolchain
{
    public static SandboxToolchain? Find(HostView host)
    {
        string[] roots =
        [
            .. new[] { host.Which("go") is { } go && !go.Contains("/shims/", StringComparison.Ordinal) ? Path.GetDirectoryName(Path.GetDirectoryName(host.Real(go))) : null, host.Variable("GOROOT"), "/usr/local/go" }.OfType<string>(),
            .. new[] { $"{host.Home}/sdk", $"{host.Home}/.local/share/mise/installs/go", "/usr/lib" }.SelectMany(host.FoldersIn).Where(f => Path.GetFileName(f)!.StartsWith("go", StringComparison.Ordinal) || f.Contains("/installs/go/", StringComparison.Ordinal)),
            .. host.FoldersIn($"{host.Home}/.asdf/installs/golang").Select(f => $"{f}/go"),
        ];
        if (roots.FirstOrDefault(r => host.IsFile($"{r}/bin/go") && host.IsFolder($"{r}/src") && (HostView.IsSystem(r + "/") || host.MayShow(r))) is not { } root)
            return null;
        var version = HostView.Number(host.Text($"{root}/VERSION")) is { Major: > 0 } v ? v.ToString() : host.VersionOf($"{root}/bin/go", "version");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["GOPATH"] = $"{HostToolchains.Home}/go",
            ["GOTELEMETRY"] = "off",
            // Folders that their owner cannot empty would outlive every cache.
            ["GOFLAGS"] = "-modcacherw",
        };
        return new SandboxToolchain("go", HostToolchains.Bind(host, root), environment, [$"{root}/bin", $"{HostToolchains.Home}/go/bin"])
        {
            OfflineEnvironment = new Dictionary<string, string>(StringComparer.Ordinal) { ["GOPROXY"] = "off", ["GOSUMDB"] = "off" },
            Programs = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["go"] = version is null ? [] : [version] },
        };
    }
}
