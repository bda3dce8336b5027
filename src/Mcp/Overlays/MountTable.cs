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
            .Select(line => Escape().Replace(line.Split(' ')[4], m => ((char)Convert.ToInt32(m.Groups["code"].Value, 8)).ToString(CultureInfo.InvariantCulture)))
            .Where(path => path.StartsWith(folder + "/", StringComparison.Ordinal))
            .OrderByDescending(path => path.Length),
    ];

    // Space, tab, line feed and backslash are written as three octal digits.
    [GeneratedRegex(@"\\(?<code>[0-7]{3})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Escape();
}
