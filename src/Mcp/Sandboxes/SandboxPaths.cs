namespace CodingAgent.Mcp.Sandboxes;

/// <summary>What a sandbox refuses to be handed, before anything is made.</summary>
internal static class SandboxPaths
{
    // Mount points are made by root, and in folders that commands write they could be led elsewhere by a link.
    private static readonly string[] Closed = [BubblewrapArguments.Workspace, BubblewrapArguments.Home, "/proc", "/dev", "/tmp"];

    /// <summary>Checks a command for any sandbox.</summary>
    /// <exception cref="ArgumentException">Something in it cannot be run or shown.</exception>
    public static void Check(SandboxCommand command)
    {
        if (command.Argv.Count == 0) throw new ArgumentException("A command needs a program.", nameof(command));
        if (command.Argv.Any(a => a.Contains('\0', StringComparison.Ordinal))) throw new ArgumentException("A command must not contain NUL characters.", nameof(command));
        // "env" would read it as a variable.
        if (command.Argv[0].Contains('=', StringComparison.Ordinal)) throw new ArgumentException("A program's name must not contain '='.", nameof(command));
        foreach (var (name, value) in command.Environment)
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || (name + value).Contains('\0', StringComparison.Ordinal))
                throw new ArgumentException($"'{name}' is not the name of an environment variable.", nameof(command));
        }

        if (command is { HomeLayer: not null, HomePath: not null }) throw new ArgumentException("HomeLayer and HomePath exclude each other.", nameof(command));
        // What lies in other namespaces cannot be looked at from here; the sandbox will say when it is not there.
        var isSeen = command.Enter.Count == 0;
        foreach (var folder in Folders(command))
        {
            if (Path.GetFullPath(folder) != folder || folder.Count(c => c == '/') < 2 || (isSeen && new DirectoryInfo(folder) is not { Exists: true, LinkTarget: null }))
                throw new ArgumentException($"'{folder}' is not an existing folder given by its full path.", nameof(command));
        }

        foreach (var bind in command.Binds)
        {
            if (isSeen && !Path.Exists(bind.HostPath)) throw new ArgumentException($"There is no '{bind.HostPath}' to show in the sandbox.", nameof(command));
            if (!bind.SandboxPath.StartsWith('/') || Path.GetFullPath(bind.SandboxPath) != bind.SandboxPath || bind.SandboxPath == "/" || Array.Exists(Closed, c => IsWithin(bind.SandboxPath, c)))
                throw new ArgumentException($"Nothing can be shown at '{bind.SandboxPath}': a full path outside {string.Join(", ", Closed)} is needed.", nameof(command));
        }
    }

    /// <summary>Checks that nothing a container is shown leads to the Engine's socket: whoever has it is root of the machine.</summary>
    /// <param name="command">The command.</param>
    /// <param name="socket">The Engine's socket.</param>
    /// <exception cref="ArgumentException">Something does.</exception>
    public static void CheckSocket(SandboxCommand command, string socket)
    {
        foreach (var shown in command.Binds.Select(b => b.HostPath).Concat(Folders(command)))
        {
            if (IsWithin(socket, shown) || IsWithin(Resolved(socket), Resolved(shown)))
                throw new ArgumentException($"'{shown}' holds the Docker Engine's socket and is never shown.", nameof(command));
        }
    }

    /// <summary>
    /// The folder to start in, in the sandbox. Each part of it is a folder of the workspace and no link: the Engine makes what is missing,
    /// as root, and would follow a link of the workspace's to places that only its own processes see.
    /// </summary>
    /// <exception cref="ArgumentException">It lies outside, or is not there.</exception>
    public static string WorkingDirectory(SandboxCommand command)
    {
        var parts = command.WorkingDirectory.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (command.WorkingDirectory.StartsWith('/') || parts.Contains("..", StringComparer.Ordinal))
            throw new ArgumentException($"The working directory '{command.WorkingDirectory}' must lie in the workspace.", nameof(command));
        var path = command.WorkspacePath;
        foreach (var part in parts)
        {
            path = Path.Combine(path, part);
            if (new DirectoryInfo(path) is not { Exists: true, LinkTarget: null })
                throw new ArgumentException($"The working directory '{command.WorkingDirectory}' is no folder of the workspace.", nameof(command));
        }

        return string.Join('/', parts.Prepend(BubblewrapArguments.Workspace));
    }

    private static IEnumerable<string> Folders(SandboxCommand command) => new[] { command.WorkspacePath, command.HomeLayer, command.HomePath }.OfType<string>();

    private static bool IsWithin(string path, string folder) => path == folder || path.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);

    // /var/run is a link to /run nearly everywhere.
    private static string Resolved(string path)
    {
        var known = path;
        var rest = "";
        while (known != "/" && known.Length > 0)
        {
            FileSystemInfo? found = File.Exists(known) ? new FileInfo(known) : Directory.Exists(known) ? new DirectoryInfo(known) : null;
            if (found?.ResolveLinkTarget(returnFinalTarget: true) is { } target) return Resolved(target.FullName) + rest;
            rest = "/" + Path.GetFileName(known) + rest;
            known = Path.GetDirectoryName(known) ?? "/";
        }

        return rest.Length == 0 ? "/" : rest;
    }
}
