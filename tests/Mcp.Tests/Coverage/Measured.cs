using System.Diagnostics;
using CodingAgent.Mcp.Coverage;

namespace CodingAgent.Mcp.Tests.Coverage;

/// <summary>Measured runs of samples, and what the service's program reads of them.</summary>
internal static class Measured
{
    public static async Task<IReadOnlyList<string>> ReadAsync(string folder)
    {
        await using var output = new StringWriter();
        await CoverageProgram.PrintAsync(folder, output);
        var report = CoverageReport.Read(output.ToString()).ShouldNotBeNull();
        return [.. report.Files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key} +{CoverageReport.Ranges(f.Value.Covered)} -{CoverageReport.Ranges(f.Value.Missed)}")];
    }

    public static async Task<(int ExitCode, string Output)> RunAsync(string folder, string line)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", $"({MeasuredRun.Of(line)}\n) 2>&1"]) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
