using System.Diagnostics;
using System.IO.Pipes;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Processes;

/// <summary>Runs a child process to its end, draining its output into bounded buffers; a timeout or cancellation kills its tree.</summary>
internal static class ChildProcess
{
    // A grandchild may hold the pipes after the child is gone; its output is not waited for longer than this.
    private static readonly TimeSpan DrainGrace = TimeSpan.FromSeconds(2);

    public static async Task<ChildExit> RunAsync(
        ChildCommand command, HeadTailBuffer output, HeadTailBuffer error, TimeProvider time, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = new Process { StartInfo = StartInfo(command) };
        var started = time.GetTimestamp();
        await LaunchThread.RunAsync(() =>
        {
            process.Start();
            if (command.PipesOf is { } user) GivePipes(process, user);
        });
        using var timeout = new CancellationTokenSource(command.Timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken, command.Stop);
        var pumps = Task.WhenAll(
            command.Pipes is { } joined ? PassAsync(joined.Input, process.StandardInput.BaseStream, stop.Token) : FeedAsync(process.StandardInput, command.Input),
            command.Pipes is { } told ? PassAsync(process.StandardOutput.BaseStream, told.Output, stop.Token) : DrainAsync(process.StandardOutput.BaseStream, output),
            DrainAsync(process.StandardError.BaseStream, error));
        var timedOut = false;
        command.Started?.Invoke(process.Id);
        try
        {
            await process.WaitForExitAsync(stop.Token);
        }
        catch (OperationCanceledException)
        {
            timedOut = timeout.IsCancellationRequested;
            Kill(process);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        await Task.WhenAny(pumps, Task.Delay(DrainGrace, time, CancellationToken.None));
        cancellationToken.ThrowIfCancellationRequested();
        return new ChildExit(process.ExitCode, timedOut, time.GetElapsedTime(started));
    }

    // A pipe has one owner, whichever of its ends is given away. Where it is another kind of stream, the child sees to it.
    private static void GivePipes(Process process, SandboxUser user)
    {
        foreach (var stream in new[] { process.StandardInput.BaseStream, process.StandardOutput.BaseStream, process.StandardError.BaseStream })
        {
            if (stream is PipeStream pipe) _ = Libc.ChangeOwnerAt((int)pipe.SafePipeHandle.DangerousGetHandle(), "", (uint)user.Uid, (uint)user.Gid, Libc.EmptyPath);
        }
    }

    private static ProcessStartInfo StartInfo(ChildCommand command)
    {
        var info = new ProcessStartInfo(command.Program)
        {
            WorkingDirectory = command.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in command.Arguments) info.ArgumentList.Add(argument);
        info.Environment.Clear();
        foreach (var (name, value) in command.Environment) info.Environment[name] = value;
        return info;
    }

    private static async Task FeedAsync(StreamWriter input, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await input.BaseStream.WriteAsync(bytes, CancellationToken.None);
            input.Close();
        }
        catch (IOException)
        {
            // The child closed its input before reading all of it; its exit code tells the story.
        }
        catch (ObjectDisposedException)
        {
            // The process was disposed after the drain grace.
        }
    }

    /// <summary>Passes on what comes as it comes; the end of the one is the end of the other.</summary>
    private static async Task PassAsync(Stream from, Stream to, CancellationToken stop)
    {
        try
        {
            await using (to)
                await from.CopyToAsync(to, stop);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException or InvalidDataException)
        {
            // Whoever is at the other end has gone, or said too much at once.
        }
    }

    private static async Task DrainAsync(Stream stream, HeadTailBuffer buffer)
    {
        var chunk = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(chunk, CancellationToken.None)) > 0) buffer.Write(chunk.AsSpan(0, read));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Disposed after the drain grace: what came so far is kept.
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended in the meantime.
        }
    }
}

/// <summary>One child process to run: an argument array, never a shell line, and its whole environment.</summary>
/// <param name="Program">Program, found on the host's PATH.</param>
/// <param name="Arguments">Arguments.</param>
/// <param name="Environment">The whole environment; nothing is inherited.</param>
/// <param name="Timeout">Wall time, after which the process tree is killed.</param>
internal sealed record ChildCommand(
    string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, TimeSpan Timeout)
{
    public string WorkingDirectory { get; init; } = "/";

    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Streams in place of <see cref="Input"/> and kept output; null for these.</summary>
    public ChildPipes? Pipes { get; init; }

    /// <summary>User that the pipes of its three standard descriptors are given to, as soon as it runs; null to keep them.</summary>
    public SandboxUser? PipesOf { get; init; }

    /// <summary>Kills the tree when cancelled; the run then ends like any other, with the exit code of a kill.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>Called with the process id once it runs.</summary>
    public Action<int>? Started { get; init; }
}

/// <summary>Streams that a child's standard input and output are joined with while it runs.</summary>
/// <param name="Input">What it reads; its end closes the child's input.</param>
/// <param name="Output">Takes what it writes, and is disposed at its end.</param>
public sealed record ChildPipes(Stream Input, Stream Output);

/// <summary>How a child process ended.</summary>
internal sealed record ChildExit(int ExitCode, bool TimedOut, TimeSpan Duration);
