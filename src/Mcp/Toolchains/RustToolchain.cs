using System.Text.RegularExpressions;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Toolchains;

/// <summary>Rust: the active toolchain of rustup, without rustup (its programs choose by a home folder they do not see), or the system's.</summary>
internal static partial class RustToolchain
{
    public static SandboxToolchain? Find(HostView host)
    {
        var rustup = host.Variable("RUSTUP_HOME") ?? $"{host.Home}/.rustup";
        var chosen = host.Variable("RUSTUP_TOOLCHAIN") ?? Default().Match(host.Text($"{rustup}/settings.toml")).Groups["name"].Value;
        var folders = host.FoldersIn($"{rustup}/toolchains").Where(f => host.IsFile($"{f}/bin/cargo") && host.MayShow(host.Real(f))).ToArray();
        var root = folders.FirstOrDefault(f => chosen.Length > 0 && (Path.GetFileName(f) == chosen || Path.GetFileName(f)!.StartsWith(chosen + "-", StringComparison.Ordinal)))
            ?? folders.FirstOrDefault(f => Path.GetFileName(f)!.StartsWith("stable", StringComparison.Ordinal)) ?? folders.FirstOrDefault();
        var cargo = root is not null ? $"{root}/bin/cargo" : new[] { "/usr/local/bin/cargo", "/usr/bin/cargo" }.FirstOrDefault(host.IsFile);
        if (cargo is null)
            return null;
        var version = host.VersionOf(cargo.Replace("/cargo", "/rustc", StringComparison.Ordinal));
        var name = root is null ? "" : Path.GetFileName(root);
        // "stable" and "nightly" are no numbers, and the ones a rust-toolchain file asks for.
        IReadOnlyList<string> versions = [.. new[] { version, name.Length > 0 && !char.IsAsciiDigit(name[0]) ? name.Split('-')[0] : null }.OfType<string>()];
        var programs = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["cargo"] = versions, ["rustc"] = versions };
        foreach (var tool in new[] { "cargo-clippy", "cargo-fmt" }.Where(t => host.IsFile($"{Path.GetDirectoryName(cargo)}/{t}")))
            programs[tool] = [];
        return new SandboxToolchain(
            "rust", root is null ? [] : HostToolchains.Bind(host, root),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["CARGO_HOME"] = $"{HostToolchains.Home}/.cargo", ["CARGO_TERM_COLOR"] = "never" },
            root is null ? [$"{HostToolchains.Home}/.cargo/bin"] : [$"{root}/bin", $"{HostToolchains.Home}/.cargo/bin"])
        {
            OfflineEnvironment = new Dictionary<string, string>(StringComparer.Ordinal) { ["CARGO_NET_OFFLINE"] = "true" },
            Programs = programs,
        };
    }

    [GeneratedRegex(@"^default_toolchain\s*=\s*""(?<name>[\w.-]+)""", RegexOptions.Multiline)]
    private static partial Regex Default();
}
