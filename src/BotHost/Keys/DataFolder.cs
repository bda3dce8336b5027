using CodingAgent.BotHost.Configuration;
using CodingAgent.Mcp.Files;

namespace CodingAgent.BotHost.Keys;

/// <summary>The folder of everything the service keeps: nobody but its own user has a right to any of it.</summary>
internal static class DataFolder
{
    private const int MostNamed = 3;

    /// <summary>Makes it, or takes away what rights others have to it and to what the service put there.</summary>
    /// <returns>What was open, in words.</returns>
    /// <exception cref="ConfigurationException">It cannot be made or written, or belongs to somebody else.</exception>
    public static IReadOnlyList<string> Prepare(string path)
    {
        PrivateFiles.RestrictNewFiles();
        IReadOnlyList<string> open;
        try
        {
            PrivateFiles.MakeFolder(path);
            RequireOwn(path);
            open = PrivateFiles.FindOpen(path, Worked(path));
            foreach (var found in open)
                PrivateFiles.Close(found);
            // A file system may be read-only whatever the modes say.
            using var trial = new FileStream(Path.Combine(path, $".trial-{Guid.NewGuid():N}"), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"The data folder {path} cannot be made or written ({e.Message.TrimEnd('.')}): choose another with --data (DataDirectory), or give it to user {PrivateFiles.CurrentUser}.");
        }

        return open.Count == 0 ? [] : [$"Others had rights to {Words(path, open)}; they are private now. What lay there may have been read or changed."];
    }

    /// <summary>Stops whoever is not the folder's owner, before files come to be in it that its owner cannot read.</summary>
    /// <exception cref="ConfigurationException">It belongs to somebody else.</exception>
    public static void RequireOwn(string path)
    {
        if (Directory.Exists(path) && OwnerProblem(path) is { } problem)
            throw new ConfigurationException(problem);
    }

    /// <summary>Why it is not private, for <c>doctor</c>; null when it is, or is not there yet.</summary>
    public static string? ProblemOf(string path)
    {
        if (!Directory.Exists(path))
            return null;
        if (OwnerProblem(path) is { } problem)
            return problem;
        var open = PrivateFiles.FindOpen(path, Worked(path));
        return open.Count == 0 ? null : $"others have rights to {Words(path, open)}: 'serve' takes them away when it starts, or 'chmod -R go= {path}'.";
    }

    private static string? OwnerProblem(string path) => OperatingSystem.IsLinux() && PrivateFiles.OwnerOf(path) is var owner && owner != PrivateFiles.CurrentUser
        ? $"{path} belongs to user {owner}, who can read and change all that is in it, and this process runs as user {PrivateFiles.CurrentUser}: give it the folder (chown), or choose another with --data."
        : null;

    private static string Words(string path, IReadOnlyList<string> open) =>
        string.Join(", ", open.Take(MostNamed)) + (open.Count > MostNamed ? $" and {open.Count - MostNamed} more in {path}" : "");

    // Below these, files have the modes that repositories and their commands gave them, and the folders themselves keep others out.
    private static HashSet<string> Worked(string path) => new(StringComparer.Ordinal)
    {
        Path.Combine(path, "git", "workspaces"), Path.Combine(path, "git", "layers"), Path.Combine(path, "git", "trees"), Path.Combine(path, "git", "views"),
        Path.Combine(path, "layers"), Path.Combine(path, "mcp"),
    };
}
