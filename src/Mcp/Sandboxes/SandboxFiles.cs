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
    private readonly Lock _gate = new();
    private string? _folder;

    private SandboxFiles(SandboxUser? user)
    {
        _user = user;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove();
    }

    public static IReadOnlyList<string> EtcNames { get; } = ["passwd", "group", "hosts", "nsswitch.conf"];

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
            var (uid, gid) = (Number(_user?.Uid ?? 1000), Number(_user?.Gid ?? 1000));
            File.WriteAllText(Path.Combine(folder, "passwd"), $"root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nagent:x:{uid}:{gid}:agent:{BubblewrapArguments.Home}:/bin/sh\n");
            File.WriteAllText(Path.Combine(folder, "group"), $"root:x:0:\nagent:x:{gid}:\n");
            File.WriteAllText(Path.Combine(folder, "hosts"), "127.0.0.1 localhost sandbox\n::1 localhost sandbox\n");
            File.WriteAllText(Path.Combine(folder, "nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files\n");
            // Whatever this service's umask is: the command's user reads these.
            foreach (var name in EtcNames) PrivateFiles.Show(Path.Combine(folder, name));
            Directory.CreateDirectory(Path.Combine(folder, "stage"));
            File.WriteAllBytes(Path.Combine(folder, StricterName), _stricter ?? []);
            File.WriteAllBytes(Path.Combine(folder, FilterName), _filter ?? []);
            return _folder = folder;
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
