using System.Collections.Concurrent;

namespace CodingAgent.Mcp.Git;

/// <summary>One writer of references per mirror: within the process by semaphore, between processes by a locked file.</summary>
internal sealed class MirrorLock : IDisposable
{
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> Gates = new(StringComparer.Ordinal);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _gate;
    private readonly FileStream _file;

    private MirrorLock(SemaphoreSlim gate, FileStream file)
    {
        _gate = gate;
        _file = file;
    }

    public static async Task<MirrorLock> TakeAsync(string gitDirectory, TimeProvider time, CancellationToken cancellationToken)
    {
        var gate = Gates.GetOrAdd(gitDirectory, _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                try
                {
                    return new MirrorLock(gate, new FileStream($"{gitDirectory}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
                }
                catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
                {
                    await Task.Delay(Poll, time, cancellationToken);
                }
            }
        }
        catch
        {
            gate.Release();
            throw;
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _gate.Release();
    }
}
