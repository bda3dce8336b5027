using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// The system call filter of containers. The Engine's own allows what is known and is taken from version 25 on. Older ones leave open what
/// leads past the namespaces: sockets to a virtual machine's host (vsock) and io_uring. There the filter is ours, which closes the same doors as
/// <see cref="SystemCallFilter"/>, and the calls beside them that Docker's documentation names as blocked by its own.
/// </summary>
internal static class DockerSystemCalls
{
    private const int FirstWithBoth = 25;
    private const int NotPermitted = 1;
    private const int NoSuchCall = 38;
    private const int NoSuchFamily = 97;
    private const int LastFamily = 16;

    private static readonly int[] Families = [1, 2, 10, LastFamily];

    private static readonly string[] Denied =
    [
        "mount", "umount", "umount2", "pivot_root", "setns", "unshare", "chroot", "add_key", "request_key", "keyctl", "bpf", "perf_event_open", "userfaultfd",
        "kexec_load", "kexec_file_load", "create_module", "init_module", "finit_module", "delete_module", "get_kernel_syms", "query_module", "name_to_handle_at",
        "open_by_handle_at", "swapon", "swapoff", "reboot", "acct", "quotactl", "quotactl_fd", "settimeofday", "stime", "clock_settime", "clock_settime64",
        "clock_adjtime", "clock_adjtime64", "adjtimex", "syslog", "open_tree", "open_tree_attr", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
        "mount_setattr", "statmount", "listmount", "ioperm", "iopl", "kcmp", "lookup_dcookie", "mbind", "migrate_pages", "move_pages", "set_mempolicy",
        "get_mempolicy", "nfsservctl", "process_vm_readv", "process_vm_writev", "sysfs", "_sysctl", "uselib", "ustat", "vm86", "vm86old", "vhangup",
        "fanotify_init", "lsm_set_self_attr", "pidfd_getfd",
    ];

    // CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET; a filter of libseccomp compares, it does not look for any bit of several.
    private static readonly ulong[] NewNamespaces = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000];

    /// <summary>What a container's security options say about it; null for the Engine's own filter.</summary>
    /// <param name="engineVersion">The Engine's version.</param>
    /// <param name="isConfined">False for an Engine that was told to filter nothing.</param>
    public static string? OptionFor(string? engineVersion, bool isConfined)
    {
        var isNew = int.TryParse(engineVersion?.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) && major >= FirstWithBoth;
        return (isNew && isConfined) || Architecture() is not { } architecture ? null : $"seccomp={Profile(architecture)}";
    }

    // Calls of any other architecture (32 bit, x32) end the program: libseccomp kills what the profile does not name.
    private static string? Architecture() => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "SCMP_ARCH_X86_64",
        System.Runtime.InteropServices.Architecture.Arm64 => "SCMP_ARCH_AARCH64",
        _ => null,
    };

    private static string Profile(string architecture)
    {
        // clone3 passes its flags in memory, where a filter cannot look; C libraries fall back to clone.
        List<object> rules = [Rule(NotPermitted, Denied), Rule(NoSuchCall, ["clone3", "io_uring_setup", "io_uring_enter", "io_uring_register"])];
        rules.AddRange(NewNamespaces.Select(bit => Rule(NotPermitted, ["clone"], new { index = 0, value = bit, valueTwo = bit, op = "SCMP_CMP_MASKED_EQ" })));
        rules.AddRange(Enumerable.Range(0, LastFamily).Except(Families).Select(f => Rule(NoSuchFamily, ["socket"], new { index = 0, value = f, valueTwo = 0, op = "SCMP_CMP_EQ" })));
        rules.Add(Rule(NoSuchFamily, ["socket"], new { index = 0, value = LastFamily, valueTwo = 0, op = "SCMP_CMP_GT" }));
        return JsonSerializer.Serialize(new { defaultAction = "SCMP_ACT_ALLOW", architectures = new[] { architecture }, syscalls = rules });
    }

    private static object Rule(int errno, string[] names, params object[] args) => new { names, action = "SCMP_ACT_ERRNO", errnoRet = errno, args };
}
