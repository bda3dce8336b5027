using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// A seccomp program (classic BPF, as bubblewrap takes it) for sandboxed commands. Namespaces and missing capabilities are the wall;
/// this closes doors that lead past it: new user namespaces, which would give back capabilities over the kernel's larger interfaces,
/// kernel keyrings, socket families that network namespaces do not cover (vsock reaches a virtual machine's host), and every hold on the
/// sandbox's first process, which is not the command's. Where no control group counts, memory that no process and no folder shows is
/// refused as well: files without a name (memfd), message queues, and System V shared memory beyond the small segments that databases lock by.
/// </summary>
internal static class SystemCallFilter
{
    private const ushort LoadWord = 0x20;
    private const ushort JumpEqual = 0x15;
    private const ushort JumpGreater = 0x25;
    private const ushort JumpGreaterOrEqual = 0x35;
    private const ushort JumpAnyBit = 0x45;
    private const ushort Return = 0x06;

    private const uint Allow = 0x7fff0000;
    private const uint Errno = 0x00050000;
    private const uint NotPermitted = Errno | 1;
    private const uint NoSuchCall = Errno | 38;
    private const uint NoMemory = Errno | 12;
    private const uint NoSuchFamily = Errno | 97;

    // At most 4096 of them in a namespace (SHMMNI): 16 MiB together.
    private const uint LargestSegment = 4096;

    // struct seccomp_data: call number at 0, architecture at 4, low half of the first argument at 16, of the second at 24, its high half at 28.
    private const uint CallNumber = 0;
    private const uint Architecture = 4;
    private const uint FirstArgument = 16;
    private const uint SecondArgument = 24;
    private const uint SecondArgumentHigh = 28;

    /// <summary>All CLONE_NEW* bits.</summary>
    private const uint NewNamespaces = 0x7e020000;

    // Local, IPv4, IPv6 and netlink: all of them end within the sandbox's own network namespace.
    private static readonly uint[] SocketFamilies = [1, 2, 10, 16];

    /// <summary>The program for this machine's processor; null when its call numbers are not known here.</summary>
    /// <param name="holdsMemory">True where nothing else counts memory that belongs to no process.</param>
    public static byte[]? Build(bool holdsMemory) => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => Build(X64, holdsMemory),
        System.Runtime.InteropServices.Architecture.Arm64 => Build(Arm64, holdsMemory),
        _ => null,
    };

    private static byte[] Build(Calls calls, bool holdsMemory)
    {
        var program = new List<(ushort Code, byte True, byte False, uint Value)>
        {
            (LoadWord, 0, 0, Architecture),
            (JumpEqual, 1, 0, calls.AuditArchitecture),
            (Return, 0, 0, NoSuchCall),
            (LoadWord, 0, 0, CallNumber),
        };
        // The x32 interface of x86-64 kernels has numbers of its own.
        if (calls == X64) program.AddRange([(JumpGreaterOrEqual, 0, 1, 0x40000000), (Return, 0, 0, NoSuchCall)]);
        foreach (var call in calls.Denied) program.AddRange([(JumpEqual, 0, 1, call), (Return, 0, 0, NotPermitted)]);
        // clone3 passes its flags in memory, where a filter cannot look; C libraries fall back to clone.
        foreach (var call in calls.Missing.Concat(holdsMemory ? calls.Nameless : [])) program.AddRange([(JumpEqual, 0, 1, call), (Return, 0, 0, NoSuchCall)]);
        foreach (var call in new[] { calls.CloneCall, calls.Unshare })
        {
            program.AddRange(
            [
                (JumpEqual, 0, 4, call),
                (LoadWord, 0, 0, FirstArgument),
                (JumpAnyBit, 0, 1, NewNamespaces),
                (Return, 0, 0, NotPermitted),
                (LoadWord, 0, 0, CallNumber),
            ]);
        }

        // A process number is 32 bits wide, whatever the register holds.
        foreach (var (call, argument) in new[] { (calls.Trace, SecondArgument), (calls.ReadMemory, FirstArgument), (calls.ReadMemory + 1, FirstArgument) })
        {
            program.AddRange(
            [
                (JumpEqual, 0, 4, call),
                (LoadWord, 0, 0, argument),
                (JumpEqual, 0, 1, 1),
                (Return, 0, 0, NotPermitted),
                (LoadWord, 0, 0, CallNumber),
            ]);
        }

        if (holdsMemory)
        {
            program.AddRange(
            [
                (JumpEqual, 0, 6, calls.SharedSegment),
                (LoadWord, 0, 0, SecondArgumentHigh),
                (JumpEqual, 0, 2, 0),
                (LoadWord, 0, 0, SecondArgument),
                (JumpGreater, 0, 1, LargestSegment),
                (Return, 0, 0, NoMemory),
                (LoadWord, 0, 0, CallNumber),
            ]);
        }

        program.Add((JumpEqual, 1, 0, calls.Socket));
        program.Add((Return, 0, 0, Allow));
        program.Add((LoadWord, 0, 0, FirstArgument));
        foreach (var family in SocketFamilies) program.AddRange([(JumpEqual, 0, 1, family), (Return, 0, 0, Allow)]);
        program.Add((Return, 0, 0, NoSuchFamily));
        return Assemble(program);
    }

    private static byte[] Assemble(List<(ushort Code, byte True, byte False, uint Value)> program)
    {
        var bytes = new byte[program.Count * 8];
        for (var i = 0; i < program.Count; i++)
        {
            var at = bytes.AsSpan(i * 8);
            BinaryPrimitives.WriteUInt16LittleEndian(at, program[i].Code);
            at[2] = program[i].True;
            at[3] = program[i].False;
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], program[i].Value);
        }

        return bytes;
    }

    private sealed record Calls(uint AuditArchitecture, uint CloneCall, uint Unshare, uint Socket, uint[] Denied, uint[] Missing)
    {
        public required uint Trace { get; init; }

        /// <summary>process_vm_readv; the next one is process_vm_writev.</summary>
        public required uint ReadMemory { get; init; }

        /// <summary>shmget.</summary>
        public required uint SharedSegment { get; init; }

        /// <summary>memfd_create, memfd_secret, msgget.</summary>
        public required uint[] Nameless { get; init; }
    }

    // In order: mount, umount2, pivot_root, setns, add_key, request_key, keyctl, bpf, perf_event_open, userfaultfd, kexec_load,
    // kexec_file_load, init_module, finit_module, delete_module, name_to_handle_at, open_by_handle_at, swapon, swapoff, reboot, acct,
    // quotactl, settimeofday, clock_settime, adjtimex, syslog, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr,
    // pidfd_getfd.
    private static readonly Calls X64 = new(
        0xc000003e, CloneCall: 56, Unshare: 272, Socket: 41,
        [165, 166, 155, 308, 248, 249, 250, 321, 298, 323, 246, 320, 175, 313, 176, 303, 304, 167, 168, 169, 163, 179, 164, 227, 159, 103, 428, 429, 430, 431, 432, 433, 442, 438],
        // clone3 and io_uring's three.
        [435, 425, 426, 427])
    {
        Trace = 101,
        ReadMemory = 310,
        SharedSegment = 29,
        Nameless = [319, 447, 68],
    };

    private static readonly Calls Arm64 = new(
        0xc00000b7, CloneCall: 220, Unshare: 97, Socket: 198,
        [40, 39, 41, 268, 217, 218, 219, 280, 241, 282, 104, 294, 105, 273, 106, 264, 265, 224, 225, 142, 89, 60, 170, 112, 171, 116, 428, 429, 430, 431, 432, 433, 442, 438],
        [435, 425, 426, 427])
    {
        Trace = 117,
        ReadMemory = 270,
        SharedSegment = 194,
        Nameless = [279, 447, 186],
    };
}
