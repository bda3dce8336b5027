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

    /// <summary>The upper layer of the overlay that a process sees mounted at a folder; null when there is none.</summary>
    /// <param name="process">Its number, or <c>self</c>.</param>
    /// <param name="folder">The mount point.</param>
    public static string? UpperOf(string process, string folder)
    {
        try
        {
            // The last mount at a place is the one that is seen; the options are the line's last field.
            var line = File.ReadLines($"/proc/{process}/mountinfo").LastOrDefault(l => l.Contains(" - overlay ", StringComparison.Ordinal) && Plain(l.Split(' ')[4]) == folder);
            var upper = line?.Split(' ')[^1].Split(',').FirstOrDefault(o => o.StartsWith("upperdir=/", StringComparison.Ordinal));
            return upper is null ? null : Plain(upper["upperdir=".Length..]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Plain(string field) => Escape().Replace(field, m => ((char)Convert.ToInt32(m.Groups["code"].Value, 8)).ToString(CultureInfo.InvariantCulture));

    // Space, tab, line feed and backslash are written as three octal digits.
    [GeneratedRegex(@"\\(?<code>[0-7]{3})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Escape();
}
