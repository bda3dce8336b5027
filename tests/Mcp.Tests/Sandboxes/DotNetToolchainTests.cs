using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Toolchains;

namespace CodingAgent.Mcp.Tests.Sandboxes;

public sealed class DotNetToolchainTests
{
    private const string Project =
        """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="xunit" Version="2.9.3" />
            <PackageReference Include="xunit.runner.visualstudio" Version="4.0.1" />
            <PackageReference Include="Microsoft.NET.Test.Sdk" Version="18.11.0" />
          </ItemGroup>
        </Project>
        """;

    [Fact]
    public async Task DotnetTest_RestoresBuildsAndRunsOffline()
    {
        // This test project uses the same three packages, so its own restore has put them where the toolchain looks.
        using var f = new SandboxFixture(new BubblewrapOptions { Toolchains = HostToolchains.Installed(hostNuGetPackages: true) });
        File.WriteAllText(Path.Combine(f.Workspace, "Sample.Tests.csproj"), Project);
        File.WriteAllText(Path.Combine(f.Workspace, "SampleTests.cs"), "public class SampleTests { [Xunit.Theory, Xunit.InlineData(4), Xunit.InlineData(5)] public void Sum(int n) => Xunit.Assert.Equal(4, n); }");
        SandboxFixture.Own(f.Workspace);
        var limits = new SandboxLimits(TimeSpan.FromMinutes(3), 2L << 30, 1024, 64 * 1024, 2);
        var result = await f.ShellAsync("dotnet test --nologo", limits);
        result.Outcome.ShouldBe(SandboxOutcome.Exited);
        result.ExitCode.ShouldBe(1, result.StandardOutput + result.StandardError);
        result.StandardOutput.ShouldContain("Failed:     1, Passed:     1", Case.Sensitive, result.StandardOutput + result.StandardError);
    }
}
