using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Toolchains;

/// <summary>Compilers, build tools, git and shells of the system. The sandbox shows them anyway; here they are named.</summary>
internal static class NativeTools
{
    private static readonly string[] Asked = ["gcc", "clang", "make", "cmake", "ninja", "meson", "git", "bash"];

    private static readonly string[] Seen =
        ["cc", "g++", "clang++", "pkg-config", "autoconf", "automake", "libtoolize", "bison", "flex", "perl", "bats", "shellcheck", "pytest", "ctest", "zsh", "unzip", "curl"];

    public static SandboxToolchain? Find(HostView host)
    {
        static string? System(HostView host, string name) => new[] { $"/usr/local/bin/{name}", $"/usr/bin/{name}", $"/bin/{name}" }.FirstOrDefault(host.IsFile);
        var programs = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var name in Asked)
        {
            if (System(host, name) is { } path)
                programs[name] = host.VersionOf(path) is { } version ? [version] : [];
        }

        foreach (var name in Seen.Where(n => System(host, n) is not null))
            programs[name] = [];
        return programs.Count == 0 ? null : new SandboxToolchain("system", [], new Dictionary<string, string>(), []) { Programs = programs };
    }
}
