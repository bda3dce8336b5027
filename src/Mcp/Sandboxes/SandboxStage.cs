using System.Globalization;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// What a command needs around its sandbox: a copy-on-write HOME, which bubblewrap 0.8 cannot mount, and the forwarder to its proxy. Both live
/// in mount, process and network namespaces that an outer bubblewrap makes and that end with the command, whatever ends it: nothing is left
/// to undo. The sandbox itself is made inside, with process and mount namespaces of its own, so the command sees neither.
/// </summary>
internal static class SandboxStage
{
    private const string ForwarderProgram = "socat";

    // Its text is fixed and all values are arguments. An overlay that cannot be mounted is replaced by a copy on disk, not in memory.
    private const string Script =
        """
        folder=$1 layer=$2 size=$3 option=$4 copy=$5 port=$6; shift 6
        fail() { echo "$1" >&2; exit 125; }
        if [ -n "$layer" ]; then
          mount -t tmpfs -o "size=$size,mode=0755" tmpfs "$folder" && cd "$folder" && mkdir lower upper work home && chmod 1777 upper \
            && mount --bind "$layer" lower || fail "HOME's layer cannot be mounted"
          mount -t overlay -o "${option}lowerdir=lower,upperdir=upper,workdir=work" overlay home 2>/dev/null \
            || { mkdir "$copy" && cp -a lower/. "$copy" && chmod 1777 "$copy" && mount --bind "$copy" home; } || fail "HOME's layer can be neither mounted nor copied"
          cd /
        fi
        forwarder=
        if [ -n "$port" ]; then
          while [ "$1" != -- ]; do forwarder="$forwarder $1"; shift; done
          shift
          $forwarder </dev/null >/dev/null 2>&1 6<&- 7<&- 8>&- 9<&- &
          forwarder=$! tries=0
          # A listening socket (state 0A) of 127.0.0.1, see proc_net_tcp in the kernel's documentation.
          until grep -q "^ *[0-9]*: 0100007F:$port 00000000:0000 0A " /proc/net/tcp; do
            tries=$((tries + 1)); [ $tries -lt 500 ] && kill -0 $forwarder 2>/dev/null || fail "the forwarder to the proxy does not start"
            sleep 0.01
          done
        fi
        "$@"
        code=$?
        [ -z "$forwarder" ] || kill -9 $forwarder 2>/dev/null
        exit $code
        """;

    /// <summary>Processes of the stage itself: two of the outer bubblewrap, the shell, and the forwarder with one for each connection.</summary>
    public const int Processes = 4 + EgressVariables.MostConnections;

    /// <summary>True when a command needs a stage.</summary>
    public static bool IsFor(SandboxCommand command) => command.HomeLayer is not null || command.Egress is not null;

    /// <summary>Where the stage shows HOME.</summary>
    public static string Home(SandboxFiles files) => Path.Combine(files.StageFolder, "home");

    /// <summary>Program and arguments that come before the sandbox's own.</summary>
    /// <param name="options">Options.</param>
    /// <param name="files">Prepared files.</param>
    /// <param name="command">The command.</param>
    /// <param name="copy">Folder for HOME's layer where no overlay can be mounted; it does not exist yet.</param>
    /// <exception cref="SandboxUnavailableException">There is no forwarder.</exception>
    public static IEnumerable<string> For(BubblewrapOptions options, SandboxFiles files, SandboxCommand command, string copy)
    {
        List<string> arguments = [options.Program, "--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--die-with-parent"];
        if (options.User is null) arguments.AddRange(["--unshare-user", "--uid", "0", "--gid", "0"]);
        if (command.Egress is not null) arguments.Add("--unshare-net");
        var port = command.Egress is null ? "" : EgressVariables.Port.ToString("X4", CultureInfo.InvariantCulture);
        arguments.AddRange(
        [
            "--cap-add", "ALL", "--", "/bin/sh", "-c", Script, "stage", files.StageFolder, command.HomeLayer ?? "",
            options.TemporaryBytesOf(command.Limits).ToString(CultureInfo.InvariantCulture),
            // In a user namespace overlayfs keeps its notes in attributes that an ordinary user may write.
            options.NoOverlay ? "none," : options.User is null ? "userxattr," : "", copy, port,
        ]);
        if (command.Egress is { } egress) arguments.AddRange([.. Forwarder(options.User, egress.SocketPath), "--"]);
        return arguments;
    }

    // Its end is the first "--" that follows. Without a capability, and as the sandbox's user where there is one: it reads what untrusted code sends.
    private static IEnumerable<string> Forwarder(SandboxUser? user, string socket)
    {
        var (uid, gid) = (user?.Uid.ToString(CultureInfo.InvariantCulture) ?? "", user?.Gid.ToString(CultureInfo.InvariantCulture) ?? "");
        string[] identity = user is null ? [] : ["--reuid", uid, "--regid", gid, "--clear-groups"];
        return ["setpriv", .. identity, "--no-new-privs", "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", .. ForwarderArguments(socket)];
    }

    /// <summary>The forwarder's program and arguments: to be run in the command's network namespace and the host's mount namespace.</summary>
    /// <param name="socket">The proxy's socket.</param>
    /// <exception cref="SandboxUnavailableException">The program is not installed.</exception>
    internal static IReadOnlyList<string> ForwarderArguments(string socket)
    {
        // The program reads its own signs in an address, and a socket's address holds 107 bytes (unix(7)).
        if (socket.Length > 107 || !socket.StartsWith('/') || socket.Any(c => !char.IsAsciiLetterOrDigit(c) && !"/._-+@".Contains(c, StringComparison.Ordinal)))
            throw new ArgumentException($"The proxy's socket '{socket}' needs a full path of at most 107 plain characters.", nameof(socket));
        var path = "/usr/local/bin:/usr/bin:/bin".Split(':').Select(f => Path.Combine(f, ForwarderProgram)).FirstOrDefault(File.Exists)
            ?? throw new SandboxUnavailableException($"A command with a network needs '{ForwarderProgram}': install it (apt-get install socat).");
        // What one side has finished sending does not cut off the other: without -t the second half of a connection gets half a second.
        var (port, most) = (EgressVariables.Port.ToString(CultureInfo.InvariantCulture), EgressVariables.MostConnections.ToString(CultureInfo.InvariantCulture));
        return [path, "-t", "3600", "-b", "65536", $"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,backlog=128,fork,max-children={most}", $"UNIX-CONNECT:{socket}"];
    }
}
