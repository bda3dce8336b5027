using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Toolchains;

namespace CodingAgent.Bench;

/// <summary>What a sandboxed command costs before it does anything: <c>/bin/true</c> with every wall and limit, against bubblewrap alone.</summary>
internal static class SandboxBench
{
    public const string Name = "sandbox";

    public static async Task<Comparison> RunAsync()
    {
        var sandbox = new BubblewrapSandbox(new BubblewrapOptions { Toolchains = HostToolchains.Installed(hostNuGetPackages: true) }, TimeProvider.System);
        var report = await sandbox.InspectAsync();
        if (report.Problem is { } problem)
            throw new InvalidOperationException($"{Name}: {problem}");
        var workspace = Directory.CreateTempSubdirectory("coding-agent-bench-").FullName;
        try
        {
            var bare = new BareBubblewrap(workspace);
            var command = new SandboxCommand(["/bin/true"], workspace, SandboxLimits.Default);
            var comparison = new Comparison(Name, $"/bin/true in the sandbox (limits: {report.Mechanism})", "bare bwrap, same namespaces", Limit: 3.2);
            await comparison.MeasureAsync(
                async () =>
                {
                    var result = await sandbox.RunAsync(command, CancellationToken.None);
                    if (!result.Succeeded)
                        throw new InvalidOperationException($"{Name}: the command ended with {result.ExitCode}: {result.StandardError}");
                },
                bare.RunAsync,
                warmUp: 5, rounds: 200, TimeSpan.FromSeconds(25));
            return comparison;
        }
        finally
        {
            Directory.Delete(workspace, recursive: true);
        }
    }
}
