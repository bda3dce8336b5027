using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Tests.Sandboxes;
using CodingAgent.Mcp.Toolchains;
using Xunit.Abstractions;

namespace CodingAgent.Mcp.Tests.Toolchains;

/// <summary>What was found on this machine runs in the sandbox, as the version that was said.</summary>
public sealed class ToolchainsInSandboxTests(ITestOutputHelper output)
{
    private static readonly (string Program, string Line)[] Lines =
    [
        ("dotnet", "dotnet --version"), ("node", "node --version"), ("npm", "npm --version"), ("python3", "python3 --version"), ("go", "go version"), ("cargo", "cargo --version"), ("rustc", "rustc --version"),
        ("java", "java -version 2>&1"), ("mvn", "mvn -v"), ("ruby", "ruby --version"), ("php", "php --version"), ("gcc", "gcc --version"), ("cmake", "cmake --version"), ("make", "make --version"), ("git", "git --version"),
    ];

    [Fact]
    public async Task EveryProgramFound_RunsInTheSandbox()
    {
        var toolchains = HostToolchains.Installed();
        foreach (var line in HostToolchains.Words(toolchains))
            output.WriteLine(line);
        var programs = HostToolchains.Programs(toolchains);
        programs.Keys.ShouldContain("dotnet");
        using var f = new SandboxFixture(new BubblewrapOptions { Toolchains = toolchains });
        var limits = new SandboxLimits(TimeSpan.FromMinutes(2), 2L << 30, 512, 64 * 1024, 2);
        foreach (var (program, line) in Lines)
        {
            if (!programs.TryGetValue(program, out var versions))
            {
                output.WriteLine($"{program} is not installed here: not tried.");
                continue;
            }

            var result = await f.ShellAsync(line, limits);
            result.Succeeded.ShouldBeTrue($"{line}: {result.StandardOutput}{result.StandardError}");
            if (versions.Count > 0)
                result.StandardOutput.ShouldContain(versions[0]);
        }
    }

    [Fact]
    public async Task Python_VersionBesideTheFirst_MakesAnEnvironment()
    {
        var toolchains = HostToolchains.Installed();
        if (!HostToolchains.Programs(toolchains).TryGetValue("python3", out var versions) || versions.Count == 0)
        {
            output.WriteLine("Python is not installed here: not tried.");
            return;
        }

        using var f = new SandboxFixture(new BubblewrapOptions { Toolchains = toolchains });
        var name = string.Join('.', versions[Math.Min(1, versions.Count - 1)].Split('.').Take(2));
        var result = await f.ShellAsync($"python{name} -m venv --without-pip \"$HOME/x\" && . \"$HOME/x/bin/activate\" && python --version", new SandboxLimits(TimeSpan.FromMinutes(2), 1L << 30, 512, 64 * 1024, 2));
        result.StandardOutput.ShouldContain($"Python {name}", Case.Sensitive, result.StandardError);
    }
}
