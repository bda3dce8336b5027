using System.Diagnostics;

namespace CodingAgent.Bench.Temporal;

/// <summary>A program that answers in lines, and ends when its input closes or when it is killed at the end.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public static ChildProcess Start(string program, params string[] arguments) => new(Process.Start(
        new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true })!);

    /// <summary>Sends a line, unless it is null, and waits for the next line that begins so.</summary>
    /// <exception cref="InvalidOperationException">It ended, or did not answer in time.</exception>
    public async Task<string> AskAsync(string? line, string beginning)
    {
        if (line is not null)
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
        }

        using var time = new CancellationTokenSource(Patience);
        try
        {
            while (await _process.StandardOutput.ReadLineAsync(time.Token) is { } answer)
            {
                if (answer.StartsWith(beginning, StringComparison.Ordinal))
                    return answer;
            }
        }
        catch (OperationCanceledException e)
        {
            throw new InvalidOperationException($"'{_process.StartInfo.FileName}' did not print '{beginning}' within {Patience.TotalMinutes:0} minutes.", e);
        }

        throw new InvalidOperationException($"'{_process.StartInfo.FileName}' ended before it printed '{beginning}'.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
