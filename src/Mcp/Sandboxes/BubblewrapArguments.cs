using System.Globalization;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Builds bubblewrap's argument list: everything a command can see is named here.</summary>
internal static class BubblewrapArguments
{
    public const int FilterDescriptor = 9;
    public const int StatusDescriptor = 8;
    public const int ShellDescriptor = 7;
    public const string Home = "/home/agent";
    public const string Workspace = "/workspace";

    // One shell calls it p, others u; what it counts is the user's in this namespace.
    private const string LimitProcesses = "ulimit -p \"$0\" 2>/dev/null || ulimit -u \"$0\"; exec \"$@\"";

    /// <summary>Arguments for one command.</summary>
    /// <param name="options">Options.</param>
    /// <param name="files">Prepared files.</param>
    /// <param name="shown">Of them, what is shown.</param>
    /// <param name="command">The command.</param>
    /// <param name="trustStore">The Java trust store of a command with a network; null without.</param>
    /// <param name="processes">Processes that the command's user may have in its user namespace; null for no limit there.</param>
    public static List<string> For(BubblewrapOptions options, SandboxFiles files, ShownFiles shown, SandboxCommand command, string? trustStore, int? processes)
    {
        List<string> arguments =
        [
            "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try",
            "--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv",
            "--ro-bind", "/usr", "/usr",
        ];
        // With an egress the stage has made the network namespace already, with nothing in it but loopback and the forwarder.
        if (command.Egress is null) arguments.Add("--unshare-net");
        foreach (var name in new[] { "bin", "lib", "lib32", "lib64", "sbin" }) AddSystemFolder(arguments, name);
        // The first process is bubblewrap's own: its command line names host paths, and where the service is nobody special it belongs to the
        // command's user, who could trace it. Nothing of it is shown; the system call filter refuses what needs no name.
        arguments.AddRange(["--proc", "/proc", "--size", "4096", "--tmpfs", "/proc/1", "--remount-ro", "/proc/1", "--dev", "/dev"]);
        var size = options.TemporaryBytesOf(command.Limits).ToString(CultureInfo.InvariantCulture);
        foreach (var folder in new[] { "/tmp", "/dev/shm" }) arguments.AddRange(["--perms", "1777", "--size", size, "--tmpfs", folder]);
        arguments.AddRange(["--perms", "0755", "--dir", "/home"]);
        if (command.HomePath is { } home) arguments.AddRange(["--bind", home, Home]);
        else if (command.HomeLayer is not null) arguments.AddRange(["--bind", SandboxStage.Home(files), Home]);
        else arguments.AddRange(["--perms", "1777", "--size", size, "--tmpfs", Home]);
        arguments.AddRange(["--perms", "0755", "--dir", "/etc", "--perms", "0755", "--dir", "/opt"]);
        arguments.AddRange(["--ro-bind", shown.Folder, GuardedShell.Folder]);
        foreach (var name in shown.EtcNames) arguments.AddRange(["--symlink", $"{GuardedShell.Folder}/etc/{name}", $"/etc/{name}"]);
        foreach (var bind in options.Toolchains.SelectMany(t => t.Binds))
        {
            if (!IsUnderUsr(bind.HostPath) || bind.HostPath != bind.SandboxPath) AddBind(arguments, "--ro-bind-try", bind.HostPath, bind.SandboxPath);
        }

        if (command.Egress is { } egress) AddCertificates(arguments, egress, trustStore);
        foreach (var bind in command.Binds) AddBind(arguments, "--ro-bind", bind.HostPath, bind.SandboxPath);
        arguments.AddRange([command.ReadOnlyWorkspace ? "--ro-bind" : "--bind", command.WorkspacePath, Workspace]);
        if (shown.IsNoExec) arguments.AddRange(["--perms", "0111", "--ro-bind-data", Number(ShellDescriptor), GuardedShell.PathOf(GuardedShell.HasBash)]);
        // The file system that the mount points lie on belongs to the command's user in a user namespace.
        arguments.AddRange(["--remount-ro", "/dev", "--remount-ro", "/"]);
        arguments.AddRange(["--chdir", WorkingDirectory(command.WorkingDirectory)]);
        arguments.AddRange(["--json-status-fd", Number(StatusDescriptor)]);
        if (files.HasFilter) arguments.AddRange(["--seccomp", Number(FilterDescriptor)]);
        AddUser(arguments, options.User, processes is not null);
        if (processes is { } most) arguments.AddRange(["/bin/sh", "-c", LimitProcesses, most.ToString(CultureInfo.InvariantCulture)]);
        // Bubblewrap's own first process is root's where the service is, and the launcher has closed what came along.
        if (options.User is null || !GuardedShell.HasBash) arguments.AddRange(GuardedShell.Before(GuardedShell.HasBash));
        // The command's variables are set after privileges are gone, so that none (LD_PRELOAD) can steer the program that drops them.
        arguments.AddRange(["/usr/bin/env", "-i"]);
        foreach (var (name, value) in Variables(options, command)) arguments.Add($"{name}={value}");
        arguments.AddRange(GuardedShell.Argv(command, GuardedShell.HasBash));
        return arguments;
    }

    private static void AddCertificates(List<string> arguments, SandboxEgress egress, string? trustStore)
    {
        if (egress.CertificateBundle is not { } bundle) return;
        foreach (var path in EgressVariables.BundlePaths) AddBind(arguments, "--ro-bind", bundle, path);
        if (trustStore is not null) AddBind(arguments, "--ro-bind", trustStore, EgressVariables.JavaTrustStore);
    }

    // Folders that bubblewrap makes on the way to a mount point by itself are closed to all but root.
    private static void AddBind(List<string> arguments, string option, string hostPath, string sandboxPath)
    {
        var parts = sandboxPath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 1; i < parts.Length && !IsUnderUsr(sandboxPath); i++) arguments.AddRange(["--perms", "0755", "--dir", "/" + string.Join('/', parts[..i])]);
        arguments.AddRange([option, hostPath, sandboxPath]);
    }

    private static void AddUser(List<string> arguments, SandboxUser? user, bool hasSpace)
    {
        if (user is null)
        {
            // Bubblewrap's own first process would be one of the command's user, which that user's processes may trace.
            arguments.AddRange(["--unshare-user", "--uid", "1000", "--gid", "1000", "--as-pid-1", "--cap-drop", "ALL", "--"]);
            return;
        }

        // Root sets up the mounts, which lets it show folders that the sandbox's user could not reach by itself; then setpriv leaves root
        // for good: no capability, not even in the bounding set, and no_new_privs (bubblewrap also mounts everything nosuid).
        var (uid, gid) = (user.Uid.ToString(CultureInfo.InvariantCulture), user.Gid.ToString(CultureInfo.InvariantCulture));
        if (hasSpace) arguments.AddRange(["--userns2", Number(ProcessSpace.Descriptor)]);
        arguments.AddRange(["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP", "--"]);
        arguments.AddRange(
        [
            "/usr/bin/setpriv", "--reuid", uid, "--regid", gid, "--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--",
        ]);
    }

    private static Dictionary<string, string> Variables(BubblewrapOptions options, SandboxCommand command)
    {
        var path = string.Join(':', options.Toolchains.SelectMany(t => t.PathFolders).Append("/usr/local/bin:/usr/bin:/bin").Distinct(StringComparer.Ordinal));
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = path,
            ["HOME"] = Home,
            ["USER"] = "agent",
            ["LOGNAME"] = "agent",
            ["TMPDIR"] = "/tmp",
            ["LANG"] = "C.UTF-8",
            ["TERM"] = "dumb",
            // The sandbox shows no /sys, where runtimes would find their processor share.
            ["DOTNET_PROCESSOR_COUNT"] = Math.Max(1, (int)Math.Ceiling(command.Limits.Cpus)).ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in options.Toolchains.SelectMany(t => command.Egress is null ? t.Environment.Concat(t.OfflineEnvironment) : t.Environment).Concat(command.Egress is null ? [] : EgressVariables.All).Concat(command.Environment))
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || (name + value).Contains('\0', StringComparison.Ordinal))
                throw new ArgumentException($"'{name}' is not the name of an environment variable.", nameof(command));
            variables[name] = value;
        }

        return variables;
    }

    private static string WorkingDirectory(string relative)
    {
        var parts = relative.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (relative.StartsWith('/') || parts.Contains("..", StringComparer.Ordinal))
            throw new ArgumentException($"The working directory '{relative}' must lie in the workspace.", nameof(relative));
        return string.Join('/', parts.Prepend(Workspace));
    }

    private static void AddSystemFolder(List<string> arguments, string name)
    {
        var folder = new DirectoryInfo($"/{name}");
        if (!folder.Exists) return;
        if (folder.LinkTarget is { } target) arguments.AddRange(["--symlink", target.TrimStart('/'), folder.FullName]);
        else arguments.AddRange(["--ro-bind", folder.FullName, folder.FullName]);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static bool IsUnderUsr(string path) => path == "/usr" || path.StartsWith("/usr/", StringComparison.Ordinal);
}
