namespace CodingAgent.Mcp.Egress.Settings;

/// <summary>
/// Which registries this host's package managers use, for a set-up run's HOME: written anew from what was understood, so that no credential,
/// script or unknown setting of the host comes along. Credentials are the proxy's to add (<see cref="IRegistryCredentials"/>).
/// </summary>
/// <param name="Files">Text by path, relative to HOME.</param>
/// <param name="Environment">Variables.</param>
/// <param name="Hosts">Hosts of these registries, as <see cref="HostRule.Parse"/> reads them.</param>
/// <param name="Notes">What was left out and why, one line each; without secrets.</param>
public sealed record HostPackageSettings(
    IReadOnlyDictionary<string, string> Files, IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> Hosts, IReadOnlyList<string> Notes)
{
    private const int LargestFile = 1 << 20;

    /// <summary>The settings of this process's user.</summary>
    public static HostPackageSettings OfThisHost() => Read(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile), System.Environment.GetEnvironmentVariable);

    /// <summary>Reads the settings of a user of this host. What cannot be read is left out, with a note; never throws for it.</summary>
    /// <param name="home">The user's home.</param>
    /// <param name="variable">Value of an environment variable, null when it is not set; <see cref="System.Environment.GetEnvironmentVariable(string)"/> in production.</param>
    /// <param name="etc">Folder of the machine's own settings.</param>
    public static HostPackageSettings Read(string home, Func<string, string?> variable, string etc = "/etc")
    {
        var host = new HostSettings(name => File(home, name), variable, etc);
        NpmSettings.Read(host);
        PipSettings.Read(host);
        NuGetSettings.Read(host);
        CargoSettings.Read(host);
        MavenSettings.Read(host);
        GoSettings.Read(host);
        return new HostPackageSettings(host.Files, host.Environment, [.. host.Hosts], host.Notes);
    }

    private static string? File(string home, string name)
    {
        var file = new FileInfo(Path.Combine(home, name));
        return file.Exists && file.Length <= LargestFile ? System.IO.File.ReadAllText(file.FullName) : null;
    }
}

/// <summary>What the readers of single package managers read from and write to.</summary>
/// <param name="file">Text of a file, relative to the home or by full path; null when it is not there.</param>
/// <param name="variable">Value of an environment variable.</param>
/// <param name="etc">Folder of the machine's own settings.</param>
internal sealed class HostSettings(Func<string, string?> file, Func<string, string?> variable, string etc)
{
    public string Etc => etc;

    public Dictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    public SortedSet<string> Hosts { get; } = new(StringComparer.Ordinal);

    public List<string> Notes { get; } = [];

    public string? Variable(string name) => variable(name) is { Length: > 0 } value ? value : null;

    /// <summary>The first of some files that is there, for one that has had several places.</summary>
    public (string Name, string Text)? First(params IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            try
            {
                if (file(name) is { } text) return (name, text);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Notes.Add($"{name} cannot be read and is left out.");
            }
        }

        return null;
    }

    /// <summary>
    /// A registry's address without user, password, query and fragment, where tokens lie; its host is noted. Null, with a note, when it is not
    /// an address the proxy could open.
    /// </summary>
    /// <param name="text">The address.</param>
    /// <param name="where">File or variable, for the note.</param>
    public string? Registry(string text, string where)
    {
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || HostName.Normalize(uri.IdnHost) is not { } host)
        {
            // The text itself may hold a secret.
            Notes.Add($"{where}: a registry that is no http(s) address of a named host is left out.");
            return null;
        }

        if (uri.UserInfo.Length + uri.Query.Length + uri.Fragment.Length > 0) Notes.Add($"{where}: user, password and query of {host}'s address are left out.");
        Hosts.Add(uri.IsDefaultPort ? host : $"{host}:{uri.Port}");
        return $"{uri.Scheme}://{host}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}{uri.AbsolutePath}";
    }
}
