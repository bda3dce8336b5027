namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Where control groups are mounted and which ones this process is in.</summary>
internal sealed class CgroupMounts
{
    private readonly Dictionary<string, string> _version1 = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _own = new(StringComparer.Ordinal);
    private string? _version2;

    /// <summary>Reads <c>/proc/self/mounts</c> and <c>/proc/self/cgroup</c> (proc(5), cgroups(7)).</summary>
    public static CgroupMounts Read()
    {
        var mounts = new CgroupMounts();
        foreach (var line in File.ReadLines("/proc/self/mounts"))
        {
            var fields = line.Split(' ');
            if (fields[2] == "cgroup2") mounts._version2 = fields[1];
            else if (fields[2] == "cgroup") foreach (var option in fields[3].Split(',')) mounts._version1[option] = fields[1];
        }

        foreach (var line in File.ReadLines("/proc/self/cgroup"))
        {
            var fields = line.Split(':', 3);
            foreach (var controller in fields[1].Split(',')) mounts._own[controller] = fields[2];
        }

        return mounts;
    }

    /// <summary>Folders where version 2 groups might be made: below our own group, so that its limits hold for us too, else at the top.</summary>
    public IEnumerable<string> Version2Candidates() => _version2 is null ? [] : Candidates(_version2, "");

    /// <summary>Likewise for one controller of version 1.</summary>
    public IEnumerable<string> Version1Candidates(string controller) =>
        _version1.TryGetValue(controller, out var mount) ? Candidates(mount, controller) : [];

    private IEnumerable<string> Candidates(string mount, string controller)
    {
        var own = _own.GetValueOrDefault(controller, "/");
        var below = Path.Combine(mount, own.TrimStart('/'));
        if (own != "/" && Directory.Exists(below)) yield return below;
        yield return mount;
    }
}
