using System.Diagnostics;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.ScriptedModel.Tests;

public sealed class ShellSampleTests
{
    [Fact]
    public void Sample_AsWritten_PassesItsOwnChecks()
    {
        var folder = Directory.CreateTempSubdirectory("shell-").FullName;
        try
        {
            ShellSample.WriteTo(folder);
            Run(folder, ShellSample.CheckCommand).ShouldBe(0);
            Run(folder, ShellSample.LintCommand).ShouldBe(0);
            File.ReadAllText(Path.Combine(folder, ".github/coding-agent.yml")).ShouldContain(ShellSample.CheckCommand);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Run(string folder, string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { WorkingDirectory = folder, UseShellExecute = false })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
