using System.Globalization;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Limits by control groups: one group per command (in version 1 one per controller), made before and removed after it.</summary>
internal sealed class CgroupLimiter : ILimiter
{
    private const string Prefix = "coding-agent-";
    private static int _count;

    private readonly IReadOnlyDictionary<string, string> _parents;

    private CgroupLimiter(LimitMechanism mechanism, IReadOnlyDictionary<string, string> parents)
    {
        Mechanism = mechanism;
        _parents = parents;
        foreach (var parent in parents.Values.Distinct(StringComparer.Ordinal)) RemoveOrphans(parent);
    }

    public LimitMechanism Mechanism { get; }

    /// <summary>Version 2, when this process may make groups with memory and pids control; null otherwise.</summary>
    public static CgroupLimiter? TryVersion2(CgroupMounts mounts)
    {
        foreach (var parent in mounts.Version2Candidates())
        {
            if (!EnableControllers(parent) || !CanMakeGroup(parent, "memory.max", "pids.max")) continue;
            var parents = new Dictionary<string, string>(StringComparer.Ordinal) { ["memory"] = parent, ["pids"] = parent };
            if (Read(parent, "cgroup.subtree_control").Split(' ', '\n').Contains("cpu", StringComparer.Ordinal)) parents["cpu"] = parent;
            return new CgroupLimiter(LimitMechanism.CgroupV2, parents);
        }

        return null;
    }

    /// <summary>Version 1, when this process may make memory and pids groups; null otherwise.</summary>
    public static CgroupLimiter? TryVersion1(CgroupMounts mounts)
    {
        var parents = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (controller, file) in new[] { ("memory", "memory.limit_in_bytes"), ("pids", "pids.max"), ("cpu", "cpu.cfs_quota_us") })
        {
            var parent = mounts.Version1Candidates(controller).FirstOrDefault(candidate => CanMakeGroup(candidate, file));
            if (parent is not null) parents[controller] = parent;
            else if (controller != "cpu") return null;
        }

        return new CgroupLimiter(LimitMechanism.CgroupV1, parents);
    }

    public ILimitScope Open(SandboxLimits limits)
    {
        var name = $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        var groups = _parents.ToDictionary(p => p.Key, p => Path.Combine(p.Value, name), StringComparer.Ordinal);
        foreach (var group in groups.Values) Directory.CreateDirectory(group);
        var memory = limits.MemoryBytes.ToString(CultureInfo.InvariantCulture);
        // The launcher, bubblewrap's two processes and setpriv are in the group as well.
        var processes = (limits.MaxProcesses + 4).ToString(CultureInfo.InvariantCulture);
        var quota = ((long)(limits.Cpus * 100_000)).ToString(CultureInfo.InvariantCulture);
        Write(groups["pids"], "pids.max", processes);
        if (Mechanism == LimitMechanism.CgroupV2)
        {
            Write(groups["memory"], "memory.max", memory);
            TryWrite(groups["memory"], "memory.swap.max", "0");
            TryWrite(groups["memory"], "memory.oom.group", "1");
            if (groups.TryGetValue("cpu", out var cpu)) TryWrite(cpu, "cpu.max", $"{quota} 100000");
        }
        else
        {
            Write(groups["memory"], "memory.limit_in_bytes", memory);
            // Memory and swap together; the file is missing where swap is not accounted.
            TryWrite(groups["memory"], "memory.memsw.limit_in_bytes", memory);
            if (groups.TryGetValue("cpu", out var cpu)) TryWrite(cpu, "cpu.cfs_quota_us", quota);
        }

        // A launcher is one thread. As such it enters at once; as a process it waits until the kernel has stopped all forks of the machine, some milliseconds. Version 2
        // takes single threads only where whole trees are of threads.
        return new CgroupScope(groups["memory"], [.. groups.Values.Distinct(StringComparer.Ordinal)], Mechanism == LimitMechanism.CgroupV2 ? "cgroup.procs" : "tasks");
    }

    internal static string Read(string group, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(group, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static void Write(string group, string file, string value) => File.WriteAllText(Path.Combine(group, file), value);

    private static bool TryWrite(string group, string file, string value)
    {
        try
        {
            if (!File.Exists(Path.Combine(group, file))) return false;
            Write(group, file, value);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool CanMakeGroup(string parent, params string[] files)
    {
        var trial = Path.Combine(parent, $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        try
        {
            Directory.CreateDirectory(trial);
            var usable = files.All(f => File.Exists(Path.Combine(trial, f)));
            Directory.Delete(trial);
            return usable;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool EnableControllers(string parent)
    {
        var available = Read(parent, "cgroup.controllers").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (!available.Contains("memory", StringComparer.Ordinal) || !available.Contains("pids", StringComparer.Ordinal)) return false;
        var wanted = available.Contains("cpu", StringComparer.Ordinal) ? "+memory +pids +cpu" : "+memory +pids";
        if (TryWrite(parent, "cgroup.subtree_control", wanted)) return true;
        // A group that holds processes cannot hand controllers to children: alone in it, this process may step into a child first.
        if (Read(parent, "cgroup.procs").Trim() != Environment.ProcessId.ToString(CultureInfo.InvariantCulture)) return false;
        try
        {
            var service = Directory.CreateDirectory(Path.Combine(parent, "service")).FullName;
            return TryWrite(service, "cgroup.procs", "0") && TryWrite(parent, "cgroup.subtree_control", wanted);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Ends and removes groups whose maker was killed before it could.</summary>
    private static void RemoveOrphans(string parent)
    {
        foreach (var group in Directory.EnumerateDirectories(parent, Prefix + "*"))
        {
            var maker = Path.GetFileName(group)[Prefix.Length..].Split('-')[0];
            if (int.TryParse(maker, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && !Directory.Exists($"/proc/{id}")) CgroupScope.TryRemove(group);
        }
    }
}
