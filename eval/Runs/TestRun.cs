using CliWrap;
using CliWrap.Buffered;

namespace CodingAgent.Eval.Runs;

/// <summary>Runs a shell line in a checkout, outside the product.</summary>
/// <param name="environment">Configuration of package managers.</param>
internal sealed class TestRun(IReadOnlyDictionary<string, string> environment)
{
    private const int Shown = 1_500;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Runs it.</summary>
    /// <returns>Null when it ended with 0, else how it ended, with the end of what it printed.</returns>
    public async Task<string?> FailureAsync(string folder, string line, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            var result = await Cli.Wrap("bash").WithArguments(["-c", line]).WithWorkingDirectory(folder).WithValidation(CommandResultValidation.None)
                .WithEnvironmentVariables(environment.ToDictionary(v => v.Key, string? (v) => v.Value)).ExecuteBufferedAsync(limit.Token);
            var output = $"{result.StandardOutput}\n{result.StandardError}".Trim();
            return result.IsSuccess ? null : $"'{line}' ended with {result.ExitCode}: {(output.Length > Shown ? output[^Shown..] : output)}";
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"'{line}' did not end within {Limit.TotalMinutes:0} minutes.";
        }
    }
}
