using System.Security.Cryptography;
using System.Text;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Toolchains;

/// <summary>Finds what the host has: nothing is built in, and of a home folder nothing is shown but the toolchains themselves.</summary>
public static class HostToolchains
{
    /// <summary>HOME of sandboxed commands.</summary>
    internal const string Home = "/home/agent";

    /// <summary>Where single programs of a home folder are shown.</summary>
    internal const string Tools = "/opt/tools/bin";

    private static readonly Lazy<IReadOnlyList<SandboxToolchain>> Local = new(() => Find(HostView.Local(), new ToolchainOptions()));
    private static readonly Lazy<IReadOnlyList<SandboxToolchain>> LocalWithPackages = new(() => Find(HostView.Local(), new ToolchainOptions { HostNuGetPackages = true }));

    /// <summary>The toolchains of this machine; looked for once in the life of the process.</summary>
    /// <param name="hostNuGetPackages">See <see cref="ToolchainOptions.HostNuGetPackages"/>.</param>
    public static IReadOnlyList<SandboxToolchain> Installed(bool hostNuGetPackages = false) => hostNuGetPackages ? LocalWithPackages.Value : Local.Value;

    /// <summary>The toolchains of a machine.</summary>
    public static IReadOnlyList<SandboxToolchain> Find(HostView host, ToolchainOptions options)
    {
        Func<SandboxToolchain?>[] finders =
        [
            () => DotNetToolchain.Find(host, options), () => NodeToolchain.Find(host), () => PythonToolchain.Find(host), () => GoToolchain.Find(host), () => RustToolchain.Find(host),
            () => JavaToolchain.Find(host), () => RubyToolchain.Find(host), () => PhpToolchain.Find(host), () => NativeTools.Find(host),
        ];
        // Each asks a few programs for their version, which is waiting and no work.
        return [.. finders.AsParallel().AsOrdered().WithDegreeOfParallelism(finders.Length).Select(f => f()).OfType<SandboxToolchain>()];
    }

    /// <summary>Names what set-up depends on beside the repository: two machines, or two days, with the same one can share a set-up layer.</summary>
    public static string Fingerprint(IReadOnlyList<SandboxToolchain> toolchains)
    {
        var text = new StringBuilder();
        foreach (var toolchain in toolchains.OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            text.Append(toolchain.Name).Append('\n');
            foreach (var (program, versions) in toolchain.Programs.OrderBy(p => p.Key, StringComparer.Ordinal))
                text.Append(program).Append('=').AppendJoin(',', versions).Append('\n');
            foreach (var bind in toolchain.Binds)
                text.Append(bind.HostPath).Append('>').Append(bind.SandboxPath).Append('\n');
            foreach (var (name, value) in toolchain.Environment.OrderBy(e => e.Key, StringComparer.Ordinal))
                text.Append(name).Append('=').Append(value).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>All programs with their versions, as detection asks for them.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Programs(IReadOnlyList<SandboxToolchain> toolchains) =>
        toolchains.SelectMany(t => t.Programs).GroupBy(p => p.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First().Value, StringComparer.Ordinal);

    /// <summary>One line for each toolchain, for the doctor command: <c>python: python3 3.11.2, 3.12.1; pip</c>.</summary>
    public static IReadOnlyList<string> Words(IReadOnlyList<SandboxToolchain> toolchains) =>
        [.. toolchains.Select(t => $"{t.Name}: {string.Join("; ", t.Programs.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key} {string.Join(", ", p.Value)}".TrimEnd()))}")];

    /// <summary>A bind of a folder at its own place, unless the sandbox shows it anyway or it must not be shown.</summary>
    internal static SandboxBind[] Bind(HostView host, string folder) => HostView.IsSystem(folder + "/") || !host.MayShow(folder) ? [] : [new SandboxBind(folder, folder)];
}

/// <summary>What an operator may want of the toolchains.</summary>
public sealed record ToolchainOptions
{
    /// <summary>
    /// Shows the service user's NuGet packages as a fallback folder, for machines where no set-up may reach a network. What is resolved then
    /// depends on what somebody restored here once.
    /// </summary>
    public bool HostNuGetPackages { get; init; }
}
