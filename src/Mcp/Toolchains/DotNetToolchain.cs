using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Toolchains;

/// <summary>.NET: one root with all its SDKs and runtimes.</summary>
public static class DotNetToolchain
{
    private const string HostPackages = "/opt/nuget-packages";

    /// <summary>The SDK this process runs on, DOTNET_ROOT, the one on the PATH, or one in a usual place; null when there is none.</summary>
    public static SandboxToolchain? Find(HostView host, ToolchainOptions options)
    {
        // A folder counts only when it is an SDK's: a program that carries its own runtime lies anywhere, and the folders above it are nobody's to show.
        var root = new[] { host.OwnRuntime, host.Variable("DOTNET_ROOT"), host.Which("dotnet") is { } program ? Path.GetDirectoryName(host.Real(program)) : null, "/usr/share/dotnet", "/usr/lib/dotnet", $"{host.Home}/.dotnet" }
            .OfType<string>().FirstOrDefault(r => host.IsFolder($"{r}/sdk") && host.FoldersIn($"{r}/sdk").Count > 0 && host.IsFile($"{r}/dotnet"));
        return root is null ? null : At(host, root, options);
    }

    private static SandboxToolchain At(HostView host, string root, ToolchainOptions options)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["DOTNET_ROOT"] = root,
            ["DOTNET_CLI_HOME"] = HostToolchains.Home,
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_SKIP_FIRST_TIME_EXPERIENCE"] = "1",
            ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
            ["DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE"] = "true",
            // Programs and tests for an absent runtime run on the next higher one; where theirs is there, nothing changes.
            ["DOTNET_ROLL_FORWARD"] = "Major",
            // What set-up restored lies in HOME, which it keeps.
            ["NUGET_PACKAGES"] = $"{HostToolchains.Home}/.nuget/packages",
            // Asks a server for known vulnerabilities: offline the warning would fail builds that treat warnings as errors, and online a
            // vulnerability of today would fail a set-up that has nothing to do with it. The same in both, because restore redoes its work
            // when a setting differs.
            ["NuGetAudit"] = "false",
            // Asks the signers' servers, which are no registry.
            ["NUGET_CERT_REVOCATION_MODE"] = "offline",
            // Servers that outlive the command only cost memory here: nothing outlives a command.
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
            ["UseSharedCompilation"] = "false",
        };
        if (host.Variable("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT") is { } invariant)
            environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = invariant;
        List<SandboxBind> binds = [.. HostToolchains.Bind(host, root)];
        if (options.HostNuGetPackages)
        {
            binds.Add(new SandboxBind(host.Variable("NUGET_PACKAGES") ?? $"{host.Home}/.nuget/packages", HostPackages));
            environment["NUGET_FALLBACK_PACKAGES"] = HostPackages;
        }

        return new SandboxToolchain("dotnet", binds, environment, [root, $"{HostToolchains.Home}/.dotnet/tools"])
        {
            // A source that cannot be reached is asked once, not for minutes.
            OfflineEnvironment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["NUGET_ENHANCED_MAX_NETWORK_TRY_COUNT"] = "1",
                ["NUGET_ENHANCED_NETWORK_RETRY_DELAY_MILLISECONDS"] = "10",
            },
            Programs = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
            {
                ["dotnet"] = [.. host.FoldersIn($"{root}/sdk").Select(f => Path.GetFileName(f)!).Where(n => char.IsAsciiDigit(n[0]))],
                ["dotnet-runtime"] = [.. host.FoldersIn($"{root}/shared/Microsoft.NETCore.App").Select(f => Path.GetFileName(f)!)],
            },
        };
    }
}
