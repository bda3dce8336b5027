using System.Globalization;
using CodingAgent.Mcp.Files;
using Docker.DotNet.Models;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Describes one command's container: every wall and every limit is named here.</summary>
internal static class DockerContainer
{
    public const string Home = BubblewrapArguments.Home;
    public const string Workspace = BubblewrapArguments.Workspace;

    // Waits for one line, which comes when the container's network is ready, and leaves the rest of the input to the command: a shell's
    // "read" takes a pipe's bytes one by one.
    private const string Gate = "read -r _; ";

    /// <summary>The container's description.</summary>
    /// <param name="engine">The Engine it is for.</param>
    /// <param name="image">Image.</param>
    /// <param name="command">The command.</param>
    /// <param name="user">Whom it runs as, in the container.</param>
    /// <param name="etc">Host paths of the files shown in /etc, by name.</param>
    /// <param name="certificates">Host paths of the certificate authorities, by their path in the container.</param>
    /// <param name="home">What is mounted at HOME; null for an empty private one.</param>
    /// <param name="name">Its name.</param>
    public static CreateContainerParameters For(
        DockerEngine engine, DockerImage image, SandboxCommand command, SandboxUser user,
        IReadOnlyDictionary<string, string> etc, IReadOnlyDictionary<string, string> certificates, Mount? home, string name)
    {
        var options = engine.Options;
        var limits = command.Limits;
        var temporary = Temporary(options, user);
        var tmpfs = new Dictionary<string, string>(StringComparer.Ordinal) { ["/tmp"] = temporary };
        if (home is null) tmpfs[Home] = temporary;
        List<Mount> mounts = [Bind(command.WorkspacePath, Workspace, command.ReadOnlyWorkspace)];
        if (home is not null) mounts.Add(home);
        mounts.AddRange(etc.Select(f => Bind(f.Value, $"/etc/{f.Key}", isReadOnly: true)));
        mounts.AddRange(certificates.Select(f => Bind(f.Value, f.Key, isReadOnly: true)));
        if (image.Shell is { } shell) mounts.Add(Bind(shell, GuardedShell.PathOf(image.HasBash), isReadOnly: true));
        mounts.AddRange(command.Binds.Select(b => Bind(b.HostPath, b.SandboxPath, isReadOnly: true)));
        // A volume of the image's would be a disk without limits, and one more per command: an empty folder in memory takes its place.
        foreach (var volume in image.Volumes.Select(Normal).Where(v => mounts.TrueForAll(m => m.Target != v))) tmpfs.TryAdd(volume, temporary);
        return new CreateContainerParameters
        {
            Name = name,
            Image = image.Id,
            Hostname = "sandbox",
            User = string.Create(CultureInfo.InvariantCulture, $"{user.Uid}:{user.Gid}"),
            // The image's entry point and its health check are programs that nobody asked for.
            Entrypoint = [],
            Cmd = [.. Argv(image, command)],
            Healthcheck = new HealthcheckConfig { Test = ["NONE"] },
            Env = [.. Variables(command).Select(v => $"{v.Key}={v.Value}")],
            WorkingDir = SandboxPaths.WorkingDirectory(command),
            AttachStdout = true,
            AttachStderr = true,
            AttachStdin = TakesInput(command),
            OpenStdin = TakesInput(command),
            StdinOnce = TakesInput(command),
            NetworkDisabled = false,
            Labels = DockerOwner.Labels(limits.Timeout + (options.Patience * 3), engine.Time),
            HostConfig = new HostConfig
            {
                NetworkMode = "none",
                IpcMode = "private",
                CgroupnsMode = "private",
                ReadonlyRootfs = true,
                CapDrop = ["ALL"],
                SecurityOpt = engine.SystemCallOption is { } filter ? ["no-new-privileges:true", filter] : ["no-new-privileges:true"],
                Init = image.Shell is null,
                // The output is read as it comes; kept by the Engine as well, a flood of it would fill the disk.
                LogConfig = new LogConfig { Type = "none" },
                Memory = limits.MemoryBytes,
                MemorySwap = limits.MemoryBytes,
                // The init process is one of them.
                PidsLimit = limits.MaxProcesses + 1,
                NanoCPUs = (long)(Math.Clamp(limits.Cpus, 0.01, engine.Processors) * 1e9),
                ShmSize = options.TemporaryBytes,
                Ulimits = [Limit("core", 0), Limit("fsize", Math.Min(options.LargestFileBytes, options.Workspace.Bytes)), Limit("nofile", 16384)],
                Tmpfs = tmpfs,
                Mounts = mounts,
            },
        };
    }

    /// <summary>True when something is written to the command's input: its own text, or the line that lets it go.</summary>
    public static bool TakesInput(SandboxCommand command) => command.StandardInput is not null || command.Egress is not null;

    // Where the image has a shell, that is the first process of the container; else the Engine's own init is, which a command can trace.
    private static IEnumerable<string> Argv(DockerImage image, SandboxCommand command) => image.Shell is null
        ? command.Argv
        : GuardedShell.Before(image.HasBash, command.Egress is null ? "" : Gate).Concat(GuardedShell.Argv(command, image.HasBash));

    // The image's own variables stay, its PATH among them, but for these.
    private static Dictionary<string, string> Variables(SandboxCommand command)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOME"] = Home,
            ["USER"] = "agent",
            ["LOGNAME"] = "agent",
            ["TMPDIR"] = "/tmp",
            ["LANG"] = "C.UTF-8",
            ["TERM"] = "dumb",
            ["DOTNET_PROCESSOR_COUNT"] = Math.Max(1, (int)Math.Ceiling(command.Limits.Cpus)).ToString(CultureInfo.InvariantCulture),
        };
        var wayOut = command.Egress is null ? [] : EgressVariables.All.AsEnumerable();
        foreach (var (name, value) in wayOut.Concat(command.Environment)) variables[name] = value;
        return variables;
    }

    private static Mount Bind(string source, string target, bool isReadOnly) =>
        new() { Type = "bind", Source = source, Target = target, ReadOnly = isReadOnly, BindOptions = new BindOptions { Propagation = "rprivate" } };

    // Without "exec" the Engine mounts them so that nothing in them can be run, and builds do run what they have just made in /tmp. They get
    // the mode of the folder of the image that they cover (runc sets it again), and so belong to the user, who can write them whatever it is.
    private static string Temporary(DockerOptions options, SandboxUser user) =>
        string.Create(CultureInfo.InvariantCulture, $"rw,exec,nosuid,nodev,size={options.TemporaryBytes},mode=1777,uid={user.Uid},gid={user.Gid}");

    private static Ulimit Limit(string name, long value) => new() { Name = name, Soft = value, Hard = value };

    private static string Normal(string path) => Path.GetFullPath("/" + path);
}
