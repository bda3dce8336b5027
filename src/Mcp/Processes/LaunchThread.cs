using System.Collections.Concurrent;
using System.Globalization;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Processes;

/// <summary>
/// Starts child processes from one thread that lives as long as this process. A child that asks to die with its parent
/// (PR_SET_PDEATHSIG) dies with the <em>thread</em> that made it, and pool threads come and go.
/// </summary>
internal static class LaunchThread
{
    private const int FirstOwnDescriptor = 3;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;
    private const uint CloseRangeOnExec = 4;

    private static readonly BlockingCollection<Action> Work = Start();

    /// <summary>Runs an action on the thread.</summary>
    public static Task RunAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    private static BlockingCollection<Action> Start()
    {
        var work = new BlockingCollection<Action>();
        var thread = new Thread(() =>
        {
            foreach (var action in work.GetConsumingEnumerable())
            {
                KeepDescriptors();
                action();
            }
        })
        {
            IsBackground = true,
            Name = "process launcher",
        };
        thread.Start();
        return work;
    }

    /// <summary>
    /// Children get their three standard descriptors and nothing else: what this process was itself started with, or a native library
    /// opened without the flag, must not be readable by untrusted code.
    /// </summary>
    private static void KeepDescriptors()
    {
        try
        {
            if (Libc.CloseRange(FirstOwnDescriptor, uint.MaxValue, CloseRangeOnExec) == 0) return;
        }
        catch (EntryPointNotFoundException)
        {
            // An older C library: one by one.
        }

        foreach (var path in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var fd) && fd >= FirstOwnDescriptor)
                _ = Libc.ControlDescriptor(fd, SetDescriptorFlags, CloseOnExec);
        }
    }
}
