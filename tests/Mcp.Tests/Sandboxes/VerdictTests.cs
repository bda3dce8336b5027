using System.Diagnostics;
using System.Runtime.InteropServices;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>A command's exit code is what its line says, whatever the programs of the line do to the processes above them.</summary>
public sealed class VerdictTests : IDisposable
{
    // Takes over the shell that runs it, or the first process, and lets that leave with 0.
    private const string Attacker =
        """
        #include <errno.h>
        #include <fcntl.h>
        #include <signal.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/ptrace.h>
        #include <sys/user.h>
        #include <sys/wait.h>
        #include <unistd.h>

        static void leaveWithZero(pid_t pid)
        {
            int status;
            struct user_regs_struct r;
            if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) { printf("seize %d: %s\n", pid == 1, strerror(errno)); exit(3); }
            printf("seized\n"); fflush(stdout);
            ptrace(PTRACE_INTERRUPT, pid, 0, 0);
            waitpid(pid, &status, __WALL);
            for (;;)
            {
                ptrace(PTRACE_SYSCALL, pid, 0, WIFSTOPPED(status) && WSTOPSIG(status) == SIGCHLD ? SIGCHLD : 0);
                if (waitpid(pid, &status, __WALL) < 0 || WIFEXITED(status) || WIFSIGNALED(status)) exit(0);
                ptrace(PTRACE_GETREGS, pid, 0, &r);
                if (r.orig_rax == 231) { r.rdi = 0; ptrace(PTRACE_SETREGS, pid, 0, &r); }
            }
        }

        int main(int argc, char **argv)
        {
            pid_t pid = argc > 1 && !strcmp(argv[1], "first") ? 1 : getppid();
            char path[64];
            if (argc > 1 && !strcmp(argv[1], "memory"))
            {
                snprintf(path, sizeof path, "/proc/%d/mem", pid);
                int file = open(path, O_RDWR);
                printf(file < 0 ? "memory: %s\n" : "memory opened\n", strerror(errno));
                return 0;
            }
            if (argc > 1 && !strcmp(argv[1], "own"))
            {
                int status;
                pid_t child = fork();
                if (child == 0) { ptrace(PTRACE_TRACEME, 0, 0, 0); raise(SIGSTOP); _exit(5); }
                waitpid(child, &status, 0);
                ptrace(PTRACE_CONT, child, 0, 0);
                waitpid(child, &status, 0);
                child = fork();
                if (child == 0) { pause(); }
                printf("traced a child that left with %d; attached: %d\n", WEXITSTATUS(status), ptrace(PTRACE_ATTACH, child, 0, 0) == 0);
                kill(child, SIGKILL);
                return 0;
            }
            if (argc > 1 && !strcmp(argv[1], "kill")) { kill(getppid(), SIGKILL); kill(1, SIGKILL); return 0; }
            /* Seized processes come free when their tracer ends: a copy stays, the first one leaves. */
            int ready[2]; char c = 0;
            pipe(ready);
            if (fork() == 0)
            {
                close(ready[0]);
                setsid();
                dup2(ready[1], 1);
                leaveWithZero(pid);
            }
            close(ready[1]);
            char words[200] = "";
            ssize_t n = read(ready[0], words, sizeof words - 1);
            printf("%.*s", (int)n, words);
            usleep(200000);
            return 0;
        }
        """;

    private readonly ScratchFolder _root = new();

    public void Dispose() => _root.Dispose();

    [AttackerTheory, InBubblewrap, InDocker]
    public async Task ExitCode_OfALineWhoseProgramTracesItsShell_IsTheLines(SandboxKind kind)
    {
        using var f = Fixture(kind);
        foreach (var line in new[] { "./attack; exit 7", "./attack first; exit 7", "(./attack); exit 7", "./attack first & wait; exit 7", "./attack & wait; exit 7" })
        {
            var result = await f.ShellAsync(line);
            (result.ExitCode, result.Outcome).ShouldBe((7, SandboxOutcome.Exited), $"{line}: {result}");
            result.StandardOutput.ShouldStartWith("seize", Case.Sensitive, line);
            result.StandardOutput.ShouldNotContain("seized", Case.Sensitive, line);
        }
    }

    [AttackerTheory, InBubblewrap, InDocker]
    public async Task Shell_AndFirstProcess_CanBeNeitherReadNorKilledIntoSuccess(SandboxKind kind)
    {
        using var f = Fixture(kind);
        (await f.OutputAsync("./attack memory; :")).ShouldBe("memory: Permission denied");
        (await f.OutputAsync("cat /proc/1/environ /proc/1/maps /proc/$$/environ 2>/dev/null | wc -c; ls /proc/1/fd /proc/1/cwd/ 2>/dev/null | wc -l")).ShouldBe("0\n0");
        (await f.ShellAsync("./attack kill; exit 0")).ExitCode.ShouldBe(137);
        // Its file can be run, and neither read nor made readable.
        var shell = await f.ShellAsync("s=/.sandbox/bash; cat $s | wc -c; chmod 755 $s; rm -f $s; mv $s /tmp/x; echo x >$s; $s -c 'echo runs'");
        shell.StandardOutput.ShouldBe("0\nruns\n", shell.ToString());
    }

    [AttackerTheory, InBubblewrap, InDocker]
    public async Task Programs_OfALine_TraceTheirOwn(SandboxKind kind)
    {
        using var f = Fixture(kind);
        (await f.OutputAsync("./attack own")).ShouldBe("traced a child that left with 5; attached: 1");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task Line_ReadsAsInAnyShell(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        (await f.OutputAsync("cat <(echo a) /dev/stdin <<< b; echo c > /dev/stderr; echo d > /dev/fd/1; $BASH -c 'echo e'; set -o | grep posix; cat < /proc/self/comm; trap 'echo f' EXIT")).ShouldBe("a\nb\nd\ne\nposix          \toff\ncat\nf");
        (await f.ShellAsync("no-such-thing")).StandardError.ShouldStartWith("/bin/bash: line 1: no-such-thing: command not found");
        (await f.ShellAsync("kill -SEGV $$")).ExitCode.ShouldBe(139);
        (await f.ShellAsync("sleep 100 & echo left behind")).StandardOutput.ShouldBe("left behind\n");
    }

    private ContractFixture Fixture(SandboxKind kind)
    {
        var f = new ContractFixture(kind);
        File.Copy(AttackerTheoryAttribute.Program.Value!, Path.Combine(f.Workspace, "attack"));
        return f;
    }

    /// <summary>Skipped, saying why, where the attacker cannot be compiled.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class AttackerTheoryAttribute : TheoryAttribute
    {
        public static readonly Lazy<string?> Program = new(Compile);

        public AttackerTheoryAttribute() => Skip = RuntimeInformation.ProcessArchitecture != Architecture.X64 ? "The attacker is written for x86-64." : Program.Value is null ? "There is no C compiler (cc) with a static C library." : null;

        private static string? Compile()
        {
            var folder = Directory.CreateTempSubdirectory("coding-agent-attacker-").FullName;
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
            var (source, program) = (Path.Combine(folder, "attack.c"), Path.Combine(folder, "attack"));
            File.WriteAllText(source, Attacker);
            try
            {
                using var compiler = Process.Start(new ProcessStartInfo("cc", ["-static", "-w", "-o", program, source]) { UseShellExecute = false, RedirectStandardError = true })!;
                compiler.StandardError.ReadToEnd();
                compiler.WaitForExit();
                return compiler.ExitCode == 0 ? program : null;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return null;
            }
        }
    }
}
