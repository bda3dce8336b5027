using System.Collections.Concurrent;
using System.Text;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>Looks at every process's command line, many times a second, for texts that must not be there.</summary>
internal sealed class CommandLineWatch : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public CommandLineWatch(IReadOnlyList<SecretHunt.Needle> needles) => _loop = Task.Run(() => LookAsync(needles));

    /// <summary>Every command line seen.</summary>
    public IReadOnlyCollection<string> Seen => [.. _seen.Keys];

    /// <summary>Names of secrets that were in one.</summary>
    public IReadOnlyCollection<string> Betrayed => [.. _betrayed.Keys];

    private readonly ConcurrentDictionary<string, bool> _betrayed = new(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LookAsync(IReadOnlyList<SecretHunt.Needle> needles)
    {
        while (!_stop.IsCancellationRequested)
        {
            foreach (var process in Directory.EnumerateDirectories("/proc"))
            {
                if (char.IsAsciiDigit(Path.GetFileName(process)[0]) && Read(process) is { Length: > 0 } line && _seen.TryAdd(Encoding.UTF8.GetString(line).Replace('\0', ' '), true))
                {
                    foreach (var needle in needles.Where(n => line.AsSpan().IndexOf(n.Bytes) >= 0))
                        _betrayed[needle.Name] = true;
                }
            }

            await Task.Delay(Period, CancellationToken.None);
        }
    }

    private static byte[] Read(string process)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(process, "cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile.
            return [];
        }
    }
}
