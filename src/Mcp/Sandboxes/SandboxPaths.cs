namespace CodingAgent.Mcp.Sandboxes;

/// <summary>What a container sandbox refuses to be handed, before anything is made.</summary>
internal static class SandboxPaths
{
    /// <summary>Checks a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="socket">The Engine's socket: no bind may lead to it, for whoever has it is root of the machine.</param>
    /// <exception cref="ArgumentException">Something in it cannot be run, or should not be shown.</exception>
    public static void Check(SandboxCommand command, string socket)
    {
        if (command.Argv.Count == 0) throw new ArgumentException("A command needs a program.", nameof(command));
        if (command.Argv.Any(a => a.Contains('\0', StringComparison.Ordinal))) throw new ArgumentException("A command must not contain NUL characters.", nameof(command));
        foreach (var (name, value) in command.Environment)
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || (name + value).Contains('\0', StringComparison.Ordinal))
                throw new ArgumentException($"'{name}' is not the name of an environment variable.", nameof(command));
        }

        if (command is { HomeLayer: not null, HomePath: not null }) throw new ArgumentException("HomeLayer and HomePath exclude each other.", nameof(command));
        RequireFolder(command.WorkspacePath);
        foreach (var home in new[] { command.HomeLayer, command.HomePath }.OfType<string>()) RequireFolder(home);
        foreach (var bind in command.Binds)
        {
            if (!Path.Exists(bind.HostPath)) throw new ArgumentException($"There is no '{bind.HostPath}' to show in the sandbox.", nameof(command));
            if (!bind.SandboxPath.StartsWith('/') || Path.GetFullPath(bind.SandboxPath) != bind.SandboxPath || bind.SandboxPath == "/")
                throw new ArgumentException($"'{bind.SandboxPath}' is no place in the sandbox.", nameof(command));
        }

        foreach (var shown in command.Binds.Select(b => b.HostPath).Append(command.WorkspacePath).Concat(new[] { command.HomeLayer, command.HomePath }.OfType<string>()))
        {
            if (IsWithin(socket, shown) || IsWithin(Resolved(socket), Resolved(shown)))
                throw new ArgumentException($"'{shown}' holds the Docker Engine's socket and is never shown.", nameof(command));
        }

        _ = WorkingDirectory(command);
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

    private static void RequireFolder(string given)
    {
        var path = Path.GetFullPath(given);
        if (path != given || path.Count(c => c == '/') < 2 || !Directory.Exists(path) || new DirectoryInfo(path).LinkTarget is not null)
            throw new ArgumentException($"'{given}' is not an existing folder given by its full path.");
    }

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
