using System.Globalization;
using System.Text;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Processes;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// The sandbox on one machine: bubblewrap. A command sees <c>/usr</c>, named toolchains, a minimal <c>/etc</c> and its workspace, has its
/// own pid, network, ipc, uts and mount namespaces, no capability, an empty environment, an unprivileged user and enforced limits.
/// </summary>
public sealed class BubblewrapSandbox : ISandbox
{
    // The shell only enters control groups, sets limits, opens three descriptors and sees that the command owns its pipes, so that a line may say
    // "> /dev/stderr": they are given to it from outside at the same time. Its text is fixed and all values are arguments.
    private const string Launcher =
        """
        while [ "$1" != -- ]; do echo 0 > "$1" || exit 125; shift; done
        filter=$2 status=$3 shell=$4 user=$5; shift 5
        if [ -n "$user" ]; then
          for f in /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2; do [ ! -O $f ] || chown "$user" $f || exit 125; done
        fi
        exec 9<"$filter" 8>"$status"
        [ -z "$shell" ] || exec 7<"$shell"

        """;

    private const string Run = "\nexec \"$@\"";

    private const int MostTries = 6;

    private const int KilledExitCode = 137;

    private readonly BubblewrapOptions _options;
    private readonly TimeProvider _time;
    private readonly SandboxFiles _files;
    private readonly Lazy<Task<SandboxReport>> _report;
    private readonly Lazy<ILimiter> _limiter;
    private volatile bool _copiesHome;
    private volatile bool _countsByNamespace;

    /// <summary>Looks at nothing yet; the first command or <see cref="InspectAsync"/> does.</summary>
    public BubblewrapSandbox(BubblewrapOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _files = SandboxFiles.For(options.User);
        _limiter = new Lazy<ILimiter>(FindLimiter);
        _report = new Lazy<Task<SandboxReport>>(LookAsync);
    }

    /// <summary>Says what the sandbox is made of here, after trying a command; never throws.</summary>
    public Task<SandboxReport> InspectAsync() => _report.Value;

    /// <inheritdoc />
    public async Task<SandboxResult> RunAsync(SandboxCommand command, CancellationToken cancellationToken)
    {
        var report = await _report.Value.WaitAsync(cancellationToken);
        if (report.Problem is not null) throw new SandboxUnavailableException(report.Problem);
        return await StartAsync(command, cancellationToken);
    }

    private async Task<SandboxResult> StartAsync(SandboxCommand command, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await TryStartAsync(command, cancellationToken);
            }
            catch (SandboxUnavailableException) when (tries < MostTries)
            {
                // Nothing of the command has run. Bubblewrap goes through a list of the host's mounts, and one that comes or goes meanwhile (a
                // container's) stops it, with words for each of its steps.
                await Task.Delay(TimeSpan.FromMilliseconds(50 * tries), _time, cancellationToken);
            }
        }
    }

    private async Task<SandboxResult> TryStartAsync(SandboxCommand command, CancellationToken cancellationToken)
    {
        SandboxPaths.Check(command);
        // The stage's processes are counted with the command's.
        var processes = command.Limits.MaxProcesses + (SandboxStage.IsFor(command) ? SandboxStage.Processes : 0);
        await using var scope = _limiter.Value.Open(command.Limits with { MaxProcesses = processes });
        await using var disk = new DiskWatch(_options.Workspace, command, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(scope.Stop, disk.Stop);
        var id = Guid.NewGuid().ToString("N");
        var (status, copy, trustStore) = (_files.PathOf($"status-{id}"), _files.PathOf($"home-{id}"), _files.PathOf($"trust-{id}.p12"));
        // The host's own authorities where the command's are not given.
        if (command.Egress is { CertificateBundle: null } own) command = command with { Egress = own with { CertificateBundle = HostCertificates.Find() } };
        var bundle = command.Egress?.CertificateBundle;
        try
        {
            var output = new HeadTailBuffer(command.Limits.OutputBytes);
            var error = new HeadTailBuffer(command.Limits.OutputBytes);
            // Largest file in units of 512 bytes (POSIX); no core dumps; a bound on open files that no build reaches. Files get the modes they
            // get elsewhere, not those this service keeps its own by.
            var limits = string.Create(CultureInfo.InvariantCulture, $"umask 022; ulimit -c 0; ulimit -f {Math.Min(_options.LargestFileBytes, _options.Workspace.Bytes) / 512}; ulimit -n 16384 2>/dev/null; ");
            if (bundle is not null) JavaTrustStore.Write(bundle, trustStore);
            var shown = _files.Shown();
            string[] line =
            [
                .. command.Enter, .. GuardedShell.Launch(limits + scope.Prelude + Launcher + (_options.User is not null && scope.ProcessesInNamespace is not null ? ProcessSpace.Script : "") + Run), "launcher", .. scope.Entries, "--", _files.FilterPath(_limiter.Value.Mechanism), status, shown.IsNoExec ? GuardedShell.HostPath : "", _options.User is { } user ? string.Create(CultureInfo.InvariantCulture, $"{user.Uid}:{user.Gid}") : "",
                .. SandboxStage.IsFor(command) ? SandboxStage.For(_options, _files, command, copy) : [],
                _options.Program, .. BubblewrapArguments.For(_options, _files, shown, command, bundle is null ? null : trustStore, scope.ProcessesInNamespace),
            ];
            var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" };
            var child = new ChildCommand(line[0], line[1..], environment, command.Limits.Timeout)
            {
                Input = command.StandardInput is null ? default : Encoding.UTF8.GetBytes(command.StandardInput),
                Pipes = command.Pipes,
                PipesOf = _options.User,
                Started = id =>
                {
                    scope.Watch(id);
                    disk.Watch(_ => Task.FromResult(id));
                },
                Stop = stop.Token,
            };
            var exit = await ChildProcess.RunAsync(child, output, error, _time, cancellationToken);
            return Result(exit, scope, disk, output, error, ReadStatus(status));
        }
        finally
        {
            File.Delete(status);
            File.Delete(trustStore);
            if (Directory.Exists(copy))
            {
                _copiesHome = true;
                await RemoveAsync(copy);
            }
        }
    }

    // A program removes what a command made: names that are no text and folders closed to their owner are nothing special to it.
    private async Task RemoveAsync(string folder)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin" };
        var remove = new ChildCommand("/bin/sh", ["-c", "chmod -R u+rwX -- \"$1\" 2>/dev/null; rm -rf -- \"$1\"", "remove", folder], environment, TimeSpan.FromMinutes(5));
        await ChildProcess.RunAsync(remove, new HeadTailBuffer(1000), new HeadTailBuffer(1000), _time, CancellationToken.None);
    }

    private static SandboxResult Result(ChildExit exit, ILimitScope scope, DiskWatch disk, HeadTailBuffer output, HeadTailBuffer error, string status)
    {
        var text = (Output: output.ToText(), Error: error.ToText());
        var killed = exit.TimedOut || scope.Stop.IsCancellationRequested || disk.Words is not null;
        var code = killed ? KilledExitCode : exit.ExitCode;
        var outcome = exit.TimedOut ? SandboxOutcome.TimedOut
            : code != 0 && scope.MemoryExceeded() ? SandboxOutcome.OutOfMemory
            : SandboxOutcome.Exited;
        // Bubblewrap reports an exit code only for a command it has started: without one, setting up failed and nothing untrusted ran.
        var started = status.Contains("exit-code", StringComparison.Ordinal) || killed || outcome == SandboxOutcome.OutOfMemory || code > 128;
        if (!started) throw new SandboxUnavailableException($"The sandbox could not be set up: {Words(text.Error)}");
        if (scope.Stop.IsCancellationRequested && outcome == SandboxOutcome.Exited) text.Error += "\n[killed: too many processes]\n";
        if (disk.Words is { } words) text.Error += $"\n{words}\n";
        return new SandboxResult(outcome, code, text.Output, text.Error, exit.Duration);
    }

    private ILimiter FindLimiter()
    {
        var mounts = CgroupMounts.Read();
        ILimiter? Try(LimitMechanism mechanism) => mechanism switch
        {
            LimitMechanism.CgroupV2 => CgroupLimiter.TryVersion2(mounts),
            LimitMechanism.CgroupV1 => CgroupLimiter.TryVersion1(mounts),
            LimitMechanism.Supervisor => SupervisorLimiter.IsUsable ? new SupervisorLimiter(_options.User, _countsByNamespace, _time) : null,
            _ => null,
        };
        if (_options.RequiredMechanism is { } required) return Try(required) ?? new NoLimiter();
        return Try(LimitMechanism.CgroupV2) ?? Try(LimitMechanism.CgroupV1) ?? Try(LimitMechanism.Supervisor) ?? new NoLimiter();
    }

    private async Task<SandboxReport> LookAsync()
    {
        var isRoot = Libc.EffectiveUser() == 0;
        var runsAs = isRoot ? $"host user {_options.User?.Uid}, after setting up as root" : "this service's own user, in a user namespace";
        SandboxReport Report(string? version, LimitMechanism mechanism, string? problem) =>
            new(version, mechanism, runsAs, _files.HasFilter, problem) { SharesProcessCount = mechanism == LimitMechanism.Supervisor && !_countsByNamespace };
        try
        {
            if (isRoot && _options.User is null) return Report(null, LimitMechanism.None, "The service runs as root and no sandbox user is set; commands would run as root.");
            if (!isRoot && _options.User is not null) return Report(null, LimitMechanism.None, "A sandbox user needs a service running as root; leave it unset.");
            if (GuardedShell.Problem is { } open) return Report(null, LimitMechanism.None, open);
            var version = await VersionAsync();
            if (version is null) return Report(null, LimitMechanism.None, $"Cannot run '{_options.Program}': install bubblewrap (apt-get install bubblewrap).");
            _countsByNamespace = await ProcessSpace.IsUsableAsync(_options.User, _time);
            var mechanism = _limiter.Value.Mechanism;
            if (_options.RequiredMechanism is { } required && mechanism != required) return Report(version, mechanism, $"The limit mechanism {required} is not usable here.");
            if (mechanism == LimitMechanism.None && !_options.AllowUnlimitedMemory)
                return Report(version, mechanism, "No memory limit can be enforced here: delegate a control group with memory and pids, or set AllowUnlimitedMemory.");
            if (mechanism == LimitMechanism.Supervisor && !_files.HasFilter && !_options.AllowUnlimitedMemory)
                return Report(version, mechanism, "Without control groups and without a system call filter for this processor, memory that belongs to no process cannot be limited: delegate a control group with memory and pids, or set AllowUnlimitedMemory.");
            var problem = await TrialAsync();
            return Report(version, mechanism, problem) with { CopiesHome = _copiesHome };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Report(null, LimitMechanism.None, $"The sandbox cannot be prepared: {e.Message}");
        }
    }

    private async Task<string?> TrialAsync()
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-trial-").FullName;
        try
        {
            var limits = new SandboxLimits(TimeSpan.FromSeconds(30), 256L << 20, 64, 4096, 1);
            var result = await StartAsync(new SandboxCommand(["/bin/true"], folder, limits) { ReadOnlyWorkspace = true, HomeLayer = folder }, CancellationToken.None);
            return result.Succeeded ? null : $"A trial command ended with code {result.ExitCode}: {Words(result.StandardError)}";
        }
        catch (SandboxUnavailableException e)
        {
            return $"{e.Message} (bubblewrap needs user namespaces, or root with CAP_SYS_ADMIN)";
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    private async Task<string?> VersionAsync()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/local/bin:/usr/bin:/bin" };
        var output = new HeadTailBuffer(1000);
        try
        {
            var command = new ChildCommand(_options.Program, ["--version"], environment, TimeSpan.FromSeconds(10));
            var exit = await ChildProcess.RunAsync(command, output, new HeadTailBuffer(1000), _time, CancellationToken.None);
            return exit.ExitCode == 0 ? output.ToText().Trim() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string ReadStatus(string path) => File.Exists(path) ? File.ReadAllText(path) : "";

    private static string Words(string error) => error.Trim().ReplaceLineEndings(" | ");
}

/// <summary>Options of <see cref="BubblewrapSandbox"/>.</summary>
public sealed record BubblewrapOptions
{
    /// <summary>The bubblewrap program.</summary>
    public string Program { get; init; } = "bwrap";

    /// <summary>Host user of sandboxed commands when this process is root; must own the workspaces. Not used otherwise.</summary>
    public SandboxUser? User { get; init; } = SandboxUser.ForThisProcess;

    /// <summary>What is shown beside <c>/usr</c>.</summary>
    public IReadOnlyList<SandboxToolchain> Toolchains { get; init; } = [];

    /// <summary>Runs commands even where no memory limit can be enforced.</summary>
    public bool AllowUnlimitedMemory { get; init; }

    /// <summary>Uses this mechanism instead of the best one found; fails when it is not usable.</summary>
    public LimitMechanism? RequiredMechanism { get; init; }

    /// <summary>Size of each private temporary file system (/tmp, home, /dev/shm), and never more than a command's memory: what is in them counts as that.</summary>
    public long TemporaryBytes { get; init; } = 2L << 30;

    internal long TemporaryBytesOf(SandboxLimits limits) => Math.Min(TemporaryBytes, limits.MemoryBytes);

    /// <summary>Copies HOME's layer as where no overlay can be mounted; for tests.</summary>
    internal bool NoOverlay { get; init; }

    /// <summary>What a workspace may hold of its own.</summary>
    public DiskBounds Workspace { get; init; } = DiskBounds.Default;

    /// <summary>Largest file a command can write, and never more than a workspace may hold; not less than its shell, some megabytes.</summary>
    public long LargestFileBytes { get; init; } = 4L << 30;
}

/// <summary>What the sandbox is made of on this machine, for the doctor command and start-up logs.</summary>
/// <param name="Version">What <c>bwrap --version</c> says; null when it cannot run.</param>
/// <param name="Mechanism">What enforces limits.</param>
/// <param name="RunsAs">Whom commands run as, in words.</param>
/// <param name="SystemCallFilter">True when a seccomp filter is installed for commands.</param>
/// <param name="Problem">Why no command would run, and how to mend it; null when all is well.</param>
public sealed record SandboxReport(string? Version, LimitMechanism Mechanism, string RunsAs, bool SystemCallFilter, string? Problem)
{
    /// <summary>True where no overlay can be mounted, so that HOME's layer is copied for each command: slower.</summary>
    public bool CopiesHome { get; init; }

    /// <summary>True where a command's limit of processes counts those of all commands, because they are one user's and nothing tells them apart.</summary>
    public bool SharesProcessCount { get; init; }

    /// <summary>All of it but the problem, in words.</summary>
    public string Words => $"{Version}, limits by {MechanismWords}, commands run as {RunsAs}, system call filter {(SystemCallFilter ? "on" : "off")}"
        + (SharesProcessCount ? ", the number of processes is limited for all commands together: nothing here tells one task's from another's" : "")
        + (CopiesHome ? ", HOME copied for each command, which is slower: no overlay can be mounted" : "");

    private string MechanismWords => Mechanism switch
    {
        LimitMechanism.CgroupV2 => "control groups v2",
        LimitMechanism.CgroupV1 => "control groups v1",
        LimitMechanism.Supervisor => "a watching supervisor (no usable control groups; memory may overshoot for a tenth of a second, files without a name and large shared segments are refused)",
        _ => "nothing",
    };
}
