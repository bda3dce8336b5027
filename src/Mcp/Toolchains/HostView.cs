using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Toolchains;

/// <summary>What a search for toolchains can see of a machine: files, variables, and what programs say of their version.</summary>
/// <param name="root">Folder that stands for <c>/</c>; all paths asked for and answered are as if it were.</param>
/// <param name="home">Home folder of the service's user.</param>
/// <param name="environment">Environment variables of the service.</param>
/// <param name="run">Runs a program of this machine and gives what it printed; null when it failed.</param>
public sealed partial class HostView(string root, string home, IReadOnlyDictionary<string, string> environment, Func<string, IReadOnlyList<string>, string?> run)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>This machine.</summary>
    public static HostView Local() => new(
        "/",
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? home : "/nonexistent",
        Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal),
        Ask)
    {
        // .../shared/Microsoft.NETCore.App/10.0.0/ -> ...
        OwnRuntime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")),
    };

    /// <summary>Home folder of the service's user.</summary>
    public string Home { get; } = home;

    /// <summary>Where the .NET that runs this process lies; null when it does not matter.</summary>
    public string? OwnRuntime { get; init; }

    /// <summary>An environment variable; null when it is unset or empty.</summary>
    public string? Variable(string name) => environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <summary>True for a file, or a link that leads to one.</summary>
    public bool IsFile(string path) => File.Exists(OnDisk(Real(path)));

    /// <summary>True for a folder, or a link that leads to one.</summary>
    public bool IsFolder(string path) => Directory.Exists(OnDisk(Real(path)));

    /// <summary>Folders in a folder, the highest version first; empty when it is missing or closed to us.</summary>
    public IReadOnlyList<string> FoldersIn(string path)
    {
        try
        {
            return IsFolder(path)
                ? [.. Directory.EnumerateDirectories(OnDisk(Real(path))).Select(f => $"{path}/{Path.GetFileName(f)}").OrderByDescending(f => Number(Path.GetFileName(f))).ThenByDescending(f => f, StringComparer.Ordinal)]
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Names of the files in a folder; empty when it is missing or closed to us.</summary>
    public IReadOnlyList<string> FilesIn(string path)
    {
        try
        {
            return IsFolder(path) ? [.. Directory.EnumerateFiles(OnDisk(Real(path))).Select(f => Path.GetFileName(f)!)] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Text of a small file; empty when it cannot be read.</summary>
    public string Text(string path)
    {
        try
        {
            var file = new FileInfo(OnDisk(Real(path)));
            return file.Exists && file.Length <= 64 * 1024 ? File.ReadAllText(file.FullName) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Where a program is found on the service's PATH, then in the system's folders; null when nowhere.</summary>
    public string? Which(string program) => (Variable("PATH") ?? "").Split(':').Concat(["/usr/local/bin", "/usr/bin", "/bin"])
        .Where(f => f.StartsWith('/')).Select(f => $"{f.TrimEnd('/')}/{program}").FirstOrDefault(IsFile);

    /// <summary>The path with the links of its last name followed.</summary>
    public string Real(string path)
    {
        for (var i = 0; i < 40; i++)
        {
            if (new FileInfo(OnDisk(path)).LinkTarget is not { } target)
                return path;
            path = Path.GetFullPath(Path.IsPathRooted(target) ? target : Path.Combine(Path.GetDirectoryName(path)!, target));
        }

        return path;
    }

    /// <summary>The version a program prints; null when it says none.</summary>
    public string? VersionOf(string program, params string[] arguments) =>
        run(program, arguments.Length == 0 ? ["--version"] : arguments) is { } said && VersionNumber().Match(said) is { Success: true } m ? m.Value : null;

    /// <summary>True for what the sandbox shows anyway.</summary>
    public static bool IsSystem(string path) => Array.Exists(["/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/"], f => path.StartsWith(f, StringComparison.Ordinal));

    /// <summary>True for a folder that may be shown: no home folder, nothing above one, no folder of the system's own.</summary>
    public bool MayShow(string folder) =>
        folder.StartsWith('/') && folder.Length > 1 && !(Home + "/").StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal)
        && folder.TrimEnd('/') is not ("/etc" or "/var" or "/home" or "/opt" or "/usr" or "/usr/local" or "/srv" or "/mnt" or "/root" or "/tmp" or "/proc" or "/sys" or "/dev" or "/run");

    /// <summary>A version for sorting: its first three numbers.</summary>
    public static Version Number(string text) =>
        VersionNumber().Match(text) is { Success: true } m && System.Version.TryParse(string.Join('.', m.Value.Split('.').Take(3)), out var v) ? v : new Version(0, 0);

    private string OnDisk(string path) => root == "/" ? path : root + path;

    // The host's own tools, with nothing of the service's environment but where programs and homes are.
    private static string? Ask(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = "/" };
        var path = Environment.GetEnvironmentVariable("PATH");
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        start.Environment["HOME"] = "/nonexistent";
        try
        {
            using var process = Process.Start(start);
            if (process is null)
                return null;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return null;
            }

            return process.ExitCode == 0 ? output.GetAwaiter().GetResult() + error.GetAwaiter().GetResult() : null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or InvalidOperationException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\d+(?:\.\d+)+", RegexOptions.CultureInvariant)]
    private static partial Regex VersionNumber();
}
