using System.Globalization;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Processes;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// A user namespace for one sandbox of a service that is root. All its ids are the host's, so files keep their one owner and nothing is handed over;
/// but the kernel counts a user's processes in each namespace by itself (Linux 5.14), so that one task's do not count against another's. It
/// belongs to the commands' user, not to root: what only the whole machine counts (inotify instances) stays with that user.
/// </summary>
internal static class ProcessSpace
{
    /// <summary>Where the launcher has it open for bubblewrap.</summary>
    public const int Descriptor = 6;

    /// <summary>
    /// Shell text that makes it, for the user <c>$user</c> (<c>uid:gid</c>), and opens it. A process holds it until then: root alone may say
    /// which ids it has, and only from outside.
    /// </summary>
    public const string Script =
        """
        setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups unshare -U sleep 60 </dev/null >/dev/null 2>&1 7<&- 8>&- 9<&- &
        holder=$! own=$(readlink /proc/self/ns/user) tries=0
        until space=$(readlink /proc/$holder/ns/user) && [ "$space" != "$own" ]; do
          tries=$((tries + 1)); [ $tries -lt 1000 ] && kill -0 $holder 2>/dev/null || { echo "no user namespace can be made" >&2; exit 125; }
          sleep 0.005
        done
        for map in uid_map gid_map; do
          ids=$(while read -r first rest; do echo "$first $first ${rest##* }"; done < /proc/self/$map)
          echo "$ids" > /proc/$holder/$map || exit 125
        done
        exec 6</proc/$holder/ns/user || exit 125
        kill $holder
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>True where each sandbox has, or can be given, a namespace that counts by itself.</summary>
    /// <param name="user">The commands' user; null where they have a namespace in any case.</param>
    /// <param name="time">Clock.</param>
    public static async Task<bool> IsUsableAsync(SandboxUser? user, TimeProvider time)
    {
        if (Environment.OSVersion.Version < new Version(5, 14)) return false;
        if (user is null) return true;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" };
        var child = new ChildCommand("/bin/sh", ["-c", "user=$1\n" + Script, "space", string.Create(CultureInfo.InvariantCulture, $"{user.Uid}:{user.Gid}")], environment, Patience);
        return (await ChildProcess.RunAsync(child, new HeadTailBuffer(1000), new HeadTailBuffer(1000), time, CancellationToken.None)).ExitCode == 0;
    }
}
