namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// The shell that runs a command's line and says how it ended. A file that its user may run but not read makes a process that cannot be
/// traced, nor its memory written, by another one of that user (ptrace(2), "Ptrace access mode checking"): so a program cannot turn the
/// <c>exit 7</c> that follows it into 0. Programs that the line starts are ordinary ones: debuggers and sanitizers work among them.
/// </summary>
internal static class GuardedShell
{
    public const string Folder = "/.sandbox";

    /// <summary>Run it, nothing else.</summary>
    public const UnixFileMode Mode = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private const string Bash = "/bin/bash";
    private const string Sh = "/bin/sh";
    private const string DumpableSetting = "/proc/sys/fs/suid_dumpable";

    // The first process of a process namespace cannot be signalled from within; it stays, and passes on what the kernel tells it.
    private const string Supervise = "[ $$ = 1 ] || run \"$@\"; (run \"$@\"); exit $?";

    // A descriptor that some thread of this process opened just before the fork, and had not yet marked close-on-exec, comes along. Closed
    // by a process that is not the first one: of that nothing is shown, not even to itself.
    private const string CloseInBash = "for f in /proc/self/fd/*; do n=${f##*/}; if [ \"$n\" -gt 2 ]; then eval \"exec $n>&-\"; fi; done; ";
    private const string RunInBash = "run() { " + CloseInBash + "exec \"$@\"; }; ";
    private const string RunInSh = "run() { exec \"$@\"; }; ";

    /// <summary>Why this machine's kernel does not guard it; null when it does.</summary>
    public static string? Problem => File.Exists(DumpableSetting) && File.ReadAllText(DumpableSetting).Trim() == "1"
        ? "The kernel lets programs trace what they cannot read, so a check could write its own verdict: set fs.suid_dumpable to 0 or 2 (sysctl -w fs.suid_dumpable=0)."
        : null;

    /// <summary>True where this machine has bash.</summary>
    public static bool HasBash => File.Exists(Bash);

    /// <summary>
    /// The host's shell for a text of ours, which begins by closing what slipped through the fork; a plain <c>sh</c> cannot close all of it. Both count
    /// <c>ulimit -f</c> in units of 512 bytes, as POSIX has it.
    /// </summary>
    public static IEnumerable<string> Launch(string script) => HasBash ? [Bash, "--posix", "-p", "-c", CloseInBash + script] : [Sh, "-c", script];

    /// <summary>Where it is shown, under the name that it goes by: bash called <c>sh</c> reads lines as a plain <c>sh</c> does.</summary>
    public static string PathOf(bool isBash) => isBash ? Folder + "/bash" : Folder + "/sh";

    /// <summary>The host's shell.</summary>
    public static string HostPath => HasBash ? Bash : Sh;

    /// <summary>What comes before a command so that it is supervised.</summary>
    /// <param name="isBash">False for a plain <c>sh</c>, which knows neither <c>-p</c> nor descriptors above 9.</param>
    /// <param name="first">Shell text that goes first.</param>
    public static IEnumerable<string> Before(bool isBash, string first = "") =>
        isBash ? [PathOf(isBash), "-p", "-c", first + RunInBash + Supervise, Bash] : [PathOf(isBash), "-c", first + RunInSh + Supervise, Sh];

    /// <summary>A command's program and arguments, where its program is a shell for a line: in this one.</summary>
    /// <param name="command">The command.</param>
    /// <param name="isBash">Lines are written for bash where the host has one; the shell that there is decides.</param>
    public static IEnumerable<string> Argv(SandboxCommand command, bool isBash)
    {
        var (argv, name) = (command.Argv, isBash ? Bash : Sh);
        if (argv.Count < 3 || argv[1] != "-c" || !(argv[0] == name || (argv[0] == Bash && !isBash))) return argv;
        // Told its usual name, which messages begin with.
        return [PathOf(isBash), .. argv.Skip(1), .. argv.Count == 3 ? [name] : Array.Empty<string>()];
    }
}
