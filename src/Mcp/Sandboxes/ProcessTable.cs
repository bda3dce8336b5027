using System.Globalization;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Reads process trees from <c>/proc</c> (proc(5)).</summary>
internal static class ProcessTable
{
    /// <summary>A process and all its descendants, with the letter that tells what each is doing (proc_pid_stat(5)).</summary>
    public static IReadOnlyList<(int Id, char State)> MembersOf(int root)
    {
        var (children, states) = (new Dictionary<int, List<int>>(), new Dictionary<int, char>());
        foreach (var id in Ids())
        {
            // "pid (name) state ppid ..."; the name may hold anything, so fields count from its closing parenthesis.
            var stat = Read($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 2 || !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var parent)) continue;
            if (!children.TryGetValue(parent, out var siblings)) children[parent] = siblings = [];
            siblings.Add(id);
            states[id] = fields[0][0];
        }

        var tree = new List<(int, char)>();
        var open = new Stack<int>([root]);
        while (open.TryPop(out var id))
        {
            tree.Add((id, states.GetValueOrDefault(id, 'Z')));
            foreach (var child in children.GetValueOrDefault(id, [])) open.Push(child);
        }

        return tree;
    }

    /// <summary>The ids of a process and all its descendants; none for an id that is nobody's, or everybody's.</summary>
    public static IReadOnlyList<int> TreeFrom(int root) => root <= 1 ? [] : [.. MembersOf(root).Select(p => p.Id)];

    /// <summary>Threads and resident bytes of a process and all its descendants, and who they are.</summary>
    public static (int Tasks, long Bytes, IReadOnlyList<int> Ids) TreeOf(int root)
    {
        var tree = MembersOf(root).Select(p => p.Id).ToList();
        return (tree.Sum(id => (int)Field($"/proc/{id}/status", "Threads:")), tree.Sum(Memory), tree);
    }

    /// <summary>The control groups that a process is in, as the kernel writes them; empty when it has ended.</summary>
    public static string GroupsOf(int id) => Read($"/proc/{id}/cgroup");

    /// <summary>Threads of a user; null for this process's own user.</summary>
    public static int TasksOf(int? uid)
    {
        var wanted = uid ?? Field("/proc/self/status", "Uid:");
        return Ids().Select(id => $"/proc/{id}/status").Where(status => Field(status, "Uid:") == wanted).Sum(status => (int)Math.Max(0, Field(status, "Threads:")));
    }

    // Shared pages are divided among their users where the kernel tells; else each process counts its whole resident set.
    private static long Memory(int id)
    {
        var proportional = Field($"/proc/{id}/smaps_rollup", "Pss:");
        return (proportional >= 0 ? proportional : Math.Max(0, Field($"/proc/{id}/status", "VmRSS:"))) * 1024;
    }

    private static IEnumerable<int> Ids() => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0);

    private static long Field(string file, string name)
    {
        foreach (var line in Read(file).Split('\n'))
        {
            if (!line.StartsWith(name, StringComparison.Ordinal)) continue;
            var value = line[name.Length..].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[0];
            return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
        }

        return -1;
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
