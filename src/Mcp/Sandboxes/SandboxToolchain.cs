using System.Runtime.InteropServices;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Something commands need beside <c>/usr</c>: an SDK, a package cache. Everything named here is readable by untrusted code.</summary>
/// <param name="Name">Name in messages.</param>
/// <param name="Binds">What is shown, read-only; a bind that is missing on the host is left out.</param>
/// <param name="Environment">Variables it needs.</param>
/// <param name="PathFolders">Folders put before the sandbox's PATH.</param>
public sealed record SandboxToolchain(
    string Name, IReadOnlyList<SandboxBind> Binds, IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> PathFolders)
{
    private const string Packages = "/opt/nuget-packages";

    /// <summary>The toolchains this host has: the .NET SDK, if there is one.</summary>
    public static IReadOnlyList<SandboxToolchain> Installed() => FindSdk() is { } root ? [DotNet(root)] : [];

    /// <summary>A .NET SDK, and the host's NuGet packages as a fallback folder, so that restores work offline.</summary>
    /// <param name="root">SDK root.</param>
    /// <param name="nugetPackages">NuGet packages folder; null for the host's global packages folder.</param>
    public static SandboxToolchain DotNet(string root, string? nugetPackages = null)
    {
        nugetPackages ??= System.Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["DOTNET_ROOT"] = root,
            ["DOTNET_CLI_HOME"] = "/home/agent",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_SKIP_FIRST_TIME_EXPERIENCE"] = "1",
            ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
            ["NUGET_PACKAGES"] = "/home/agent/.nuget/packages",
            ["NUGET_FALLBACK_PACKAGES"] = Packages,
            // As the only source as well: a package that is not there fails at once, instead of after minutes of retries without a network.
            ["RestoreSources"] = Packages,
            // Asks a server for known vulnerabilities; there is no network, and the warning would fail builds that treat warnings as errors.
            ["NuGetAudit"] = "false",
            // Servers that outlive the command only cost memory here: nothing outlives a command.
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
            ["UseSharedCompilation"] = "false",
        };
        if (System.Environment.GetEnvironmentVariable("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT") is { } invariant)
            environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = invariant;
        return new SandboxToolchain("dotnet", [new SandboxBind(root, root), new SandboxBind(nugetPackages, Packages)], environment, [root]);
    }
    // The SDK this process runs on, DOTNET_ROOT, or the one on the PATH. A folder counts only when it is an SDK's: a program that carries
    // its own runtime lies anywhere, and the folders above it are nobody's to show.
    private static string? FindSdk()
    {
        // .../shared/Microsoft.NETCore.App/10.0.0/ -> ...
        var ofRuntime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var onPath = (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(Path.IsPathRooted)
            .Select(folder => new FileInfo(Path.Combine(folder, "dotnet")))
            .Where(file => file.Exists)
            .Select(file => Path.GetDirectoryName((file.ResolveLinkTarget(returnFinalTarget: true) ?? file).FullName));
        return new[] { ofRuntime, System.Environment.GetEnvironmentVariable("DOTNET_ROOT") }.Concat(onPath)
            .FirstOrDefault(root => !string.IsNullOrEmpty(root) && Directory.Exists(Path.Combine(root, "sdk")) && File.Exists(Path.Combine(root, "dotnet")));
    }
}
