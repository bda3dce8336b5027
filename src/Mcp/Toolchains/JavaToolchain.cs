using System.Text.RegularExpressions;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Toolchains;

/// <summary>A JDK, Maven and Gradle. Settings that may hold a repository's password are never shown.</summary>
internal static partial class JavaToolchain
{
    public static SandboxToolchain? Find(HostView host)
    {
        string[] candidates =
        [
            .. new[] { host.Variable("JAVA_HOME"), host.Which("java") is { } java ? Path.GetDirectoryName(Path.GetDirectoryName(host.Real(java))) : null, $"{host.Home}/.sdkman/candidates/java/current" }.OfType<string>().Select(host.Real),
            .. host.FoldersIn("/usr/lib/jvm").OrderByDescending(f => Number(host, f)), .. host.FoldersIn($"{host.Home}/.sdkman/candidates/java").Select(host.Real),
        ];
        var found = candidates.Where(r => host.IsFile($"{r}/bin/java") && (HostView.IsSystem(r + "/") || host.MayShow(r))).Distinct(StringComparer.Ordinal).ToArray();
        // One that can compile before one that only runs.
        if ((found.FirstOrDefault(r => host.IsFile($"{r}/bin/javac")) ?? found.FirstOrDefault()) is not { } root)
            return null;
        var others = found.Where(r => r != root && host.IsFile($"{r}/bin/javac")).Select(r => Release().Match(host.Text($"{r}/release")).Groups["version"].Value).Where(v => v.Length > 0);
        var programs = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
        {
            ["java"] = [.. new[] { Release().Match(host.Text($"{root}/release")).Groups["version"].Value is { Length: > 0 } v ? v : host.VersionOf($"{root}/bin/java") }.OfType<string>().Concat(others).Distinct(StringComparer.Ordinal)],
        };
        if (host.IsFile($"{root}/bin/javac"))
            programs["javac"] = programs["java"];
        List<SandboxBind> binds = [.. HostToolchains.Bind(host, root)];
        // Debian keeps the settings of its JDKs, and the certificates they trust, outside /usr.
        binds.AddRange(host.FoldersIn("/etc").Where(f => f.StartsWith("/etc/java-", StringComparison.Ordinal)).Append("/etc/ssl/certs/java").Where(host.IsFolder).Select(f => new SandboxBind(f, f)));
        List<string> path = [$"{root}/bin"];
        Build(host, "mvn", "maven", @"maven-core-", binds, path, programs);
        Build(host, "gradle", "gradle", @"gradle-core-api-", binds, path, programs);
        // Debian's Maven starts from a file there; settings.xml beside it stays out.
        binds.AddRange(new[] { "/etc/maven/m2.conf", "/etc/maven/logging" }.Where(p => host.IsFile(p) || host.IsFolder(p)).Select(p => new SandboxBind(p, p)));
        return new SandboxToolchain("java", binds, new Dictionary<string, string>(StringComparer.Ordinal) { ["JAVA_HOME"] = root, ["GRADLE_OPTS"] = "-Dorg.gradle.daemon=false" }, path)
        {
            // Read by Maven 3.9 and later; Gradle knows it as an option only.
            OfflineEnvironment = new Dictionary<string, string>(StringComparer.Ordinal) { ["MAVEN_ARGS"] = "-o" },
            Programs = programs,
        };
    }

    private static void Build(HostView host, string program, string candidate, string jar, List<SandboxBind> binds, List<string> path, Dictionary<string, IReadOnlyList<string>> programs)
    {
        var start = new[] { host.Which(program), $"{host.Home}/.sdkman/candidates/{candidate}/current/bin/{program}" }.OfType<string>().FirstOrDefault(host.IsFile);
        if (start is null)
            return;
        var real = host.Real(start);
        var home = host.Real(Path.GetDirectoryName(Path.GetDirectoryName(real))!);
        if (!HostView.IsSystem(real))
        {
            if (!host.MayShow(home))
                return;
            binds.AddRange(HostToolchains.Bind(host, home));
            path.Add($"{home}/bin");
        }

        // The name of a jar says the version; starting a JVM for it would take a second.
        var version = host.FilesIn($"{home}/lib").Where(f => f.StartsWith(jar, StringComparison.Ordinal)).Select(f => HostView.Number(f[jar.Length..])).Where(v => v.Major > 0).Select(v => v.ToString()).FirstOrDefault();
        programs[program] = version is null ? [] : [version];
    }

    private static Version Number(HostView host, string root) => HostView.Number(Release().Match(host.Text($"{root}/release")).Groups["version"].Value + ".0");

    [GeneratedRegex(@"^JAVA_VERSION=""(?<version>[\d.]+)", RegexOptions.Multiline)]
    private static partial Regex Release();
}
