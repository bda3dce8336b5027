using System.Globalization;
using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Overlays;

/// <summary>What is mounted, as the kernel tells this process (proc_pid_mountinfo(5)).</summary>
internal static partial class MountTable
{
    /// <summary>Mount points below a folder, the deepest first.</summary>
    public static IReadOnlyList<string> Below(string folder) =>
    [
        .. File.ReadLines("/proc/self/mountinfo")
            .Select(line => Plain(line.Split(' ')[4]))
            .Where(path => path.StartsWith(folder + "/", StringComparison.Ordinal))
            .OrderByDescending(path => path.Length),
    ];

    /// <summary>The temporary file systems that a process sees: their device numbers and where they are mounted; none when it has ended.</summary>
    /// <param name="process">Its number, or <c>self</c>.</param>
    public static IReadOnlyList<(string Device, string Point)> TemporaryOf(string process)
    {
        try
        {
            return [.. File.ReadLines($"/proc/{process}/mountinfo").Where(l => l.Contains(" - tmpfs ", StringComparison.Ordinal)).Select(l => l.Split(' ')).Select(f => (f[2], Plain(f[4])))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Device numbers of the file systems that a process sees and that are not memory.</summary>
    /// <param name="process">Its number, or <c>self</c>.</param>
    public static IReadOnlySet<string> DisksOf(string process)
    {
        try
        {
            return File.ReadLines($"/proc/{process}/mountinfo").Where(l => !l.Contains(" - tmpfs ", StringComparison.Ordinal)).Select(l => l.Split(' ')[2]).ToHashSet(StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new HashSet<string>();
        }
    }

    private static string Plain(string field) => Escape().Replace(field, m => ((char)Convert.ToInt32(m.Groups["code"].Value, 8)).ToString(CultureInfo.InvariantCulture));

    // Space, tab, line feed and backslash are written as three octal digits.
    [GeneratedRegex(@"\\(?<code>[0-7]{3})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Escape();
}
