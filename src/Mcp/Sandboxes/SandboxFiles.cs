using System.Collections.Concurrent;
using System.Globalization;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>The few files that every sandbox shows in <c>/etc</c>, and the system call filter, prepared once in a private folder.</summary>
internal sealed class SandboxFiles
{
    private const string FilterName = "filter.bpf";
    private const string StricterName = "filter-memory.bpf";

    private static readonly ConcurrentDictionary<(int Uid, int Gid), SandboxFiles> PerUser = new();

    private readonly SandboxUser? _user;
    private readonly byte[]? _filter = SystemCallFilter.Build(holdsMemory: false);
    private readonly byte[]? _stricter = SystemCallFilter.Build(holdsMemory: true);
    // What programs of /usr need of the host's own.
    private static readonly string[] HostNames = ["ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime"];

    private readonly Lock _gate = new();
    private string? _folder;
    private ShownFiles? _shown;
    private int _shownNumber;

    private SandboxFiles(SandboxUser? user)
    {
        _user = user;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove();
    }

    public bool HasFilter => _filter is not null;

    /// <summary>The files for a user; one folder per process, removed when it ends.</summary>
    public static SandboxFiles For(SandboxUser? user) => PerUser.GetOrAdd((user?.Uid ?? -1, user?.Gid ?? -1), _ => new SandboxFiles(user));

    public string PathOf(string name) => Path.Combine(Folder(), name);

    /// <summary>The filter that goes with a way of limiting.</summary>
    public string FilterPath(LimitMechanism mechanism) => PathOf(mechanism == LimitMechanism.Supervisor ? StricterName : FilterName);

    /// <summary>Where stages mount, each in a mount namespace of its own: empty for everybody else.</summary>
    public string StageFolder => PathOf("stage");

    /// <summary>The folder, made again when someone tidied it away.</summary>
    private string Folder()
    {
        lock (_gate)
        {
            if (_folder is not null && File.Exists(Path.Combine(_folder, FilterName))) return _folder;
            var folder = Directory.CreateTempSubdirectory("coding-agent-sandbox-").FullName;
            Directory.CreateDirectory(Path.Combine(folder, "stage"));
            File.WriteAllBytes(Path.Combine(folder, StricterName), _stricter ?? []);
            File.WriteAllBytes(Path.Combine(folder, FilterName), _filter ?? []);
            return _folder = folder;
        }
    }

    /// <summary>
    /// The shell, and what <c>/etc</c> shows, in one folder: a mount for each would take longer than all else of a sandbox. What is the host's is copied, and
    /// again into another folder when it has changed there: sandboxes that run keep theirs.
    /// </summary>
    public ShownFiles Shown()
    {
        var folder = Folder();
        lock (_gate)
        {
            var stamp = string.Join(' ', HostNames.Select(n => $"/etc/{n}").Append(GuardedShell.HostPath).Select(f => $"{File.GetLastWriteTimeUtc(f).Ticks} {new FileInfo(f).LinkTarget}"));
            var shellName = Path.GetFileName(GuardedShell.PathOf(GuardedShell.HasBash));
            // Who tidies a folder for temporary files takes old files one by one.
            if (_shown is { } known && known.Stamp == stamp && Path.GetDirectoryName(known.Folder) == folder && File.Exists(Path.Combine(known.Folder, shellName)) && File.Exists(Path.Combine(known.Folder, "etc", "passwd"))) return known;
            var shown = Path.Combine(folder, $"shown-{Number(++_shownNumber)}");
            var etc = Path.Combine(shown, "etc");
            Directory.CreateDirectory(etc);
            var shell = Path.Combine(shown, shellName);
            File.Copy(GuardedShell.HostPath, shell);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(shell, GuardedShell.Mode);
            var (uid, gid) = (Number(_user?.Uid ?? 1000), Number(_user?.Gid ?? 1000));
            Write("passwd", $"root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nagent:x:{uid}:{gid}:agent:{BubblewrapArguments.Home}:/bin/sh\n");
            Write("group", $"root:x:0:\nagent:x:{gid}:\n");
            Write("hosts", "127.0.0.1 localhost sandbox\n::1 localhost sandbox\n");
            Write("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
            foreach (var name in HostNames) Copy($"/etc/{name}", Path.Combine(etc, name), isInside: false);
            // Whatever this service's umask is: the command's user reads these.
            PrivateFiles.Show(shown);
            PrivateFiles.Show(etc);
            return _shown = new ShownFiles(shown, [.. Directory.EnumerateFileSystemEntries(etc).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)], !DiskUse.MayExecuteAt(shown), stamp);

            void Write(string name, string text)
            {
                var path = Path.Combine(etc, name);
                File.WriteAllText(path, text);
                PrivateFiles.Show(path);
            }
        }
    }

    // Links in a folder stay links, wherever they lead; what is missing here is missing there.
    private static void Copy(string source, string target, bool isInside)
    {
        if (new FileInfo(source).LinkTarget is { } link && Path.GetFullPath(link, Path.GetDirectoryName(source)!) is var real && (isInside || real.StartsWith("/usr/", StringComparison.Ordinal)))
        {
            File.CreateSymbolicLink(target, real);
            return;
        }

        try
        {
            if (Directory.Exists(source))
            {
                Directory.CreateDirectory(target);
                foreach (var entry in Directory.EnumerateFileSystemEntries(source)) Copy(entry, Path.Combine(target, Path.GetFileName(entry)), isInside: true);
                PrivateFiles.Show(target);
            }
            else if (File.Exists(source))
            {
                File.Copy(source, target);
                PrivateFiles.Show(target);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            // Closed to this service, or gone in the moment between: programs did not need it then either.
        }
    }

    private void Remove()
    {
        lock (_gate)
        {
            if (_folder is not null && Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        }
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What a sandbox shows in <see cref="GuardedShell.Folder"/>.</summary>
/// <param name="Folder">Where it lies on the host.</param>
/// <param name="EtcNames">Files and folders of its <c>etc</c>.</param>
/// <param name="IsNoExec">Nothing that lies there can be run, so that the shell has to be brought another way.</param>
/// <param name="Stamp">Of which state of the host's files it is.</param>
internal sealed record ShownFiles(string Folder, IReadOnlyList<string> EtcNames, bool IsNoExec, string Stamp);
