using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Images;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Bench;

/// <summary>What a command in an image costs before it does anything: <c>/bin/true</c> in a container of ours, against <c>docker run</c> with the same walls.</summary>
internal static class DockerBench
{
    public const string Name = "sandbox-docker";

    private const string Image = "codingagent-bench/true:1";

    // Images cannot be pulled everywhere: this one is the program and its libraries.
    private const string Import = "tar -chf - /bin/true $(ldd /bin/true | grep -o '/[^ ]*') 2>/dev/null | docker --host \"$1\" import - \"$2\"";

    public static async Task<Comparison[]> RunAsync()
    {
        var socket = Environment.GetEnvironmentVariable("CODING_AGENT_TEST_DOCKER") is { Length: > 0 } given ? given : new DockerOptions().SocketPath;
        using var engine = new DockerEngine(new DockerOptions { SocketPath = socket }, TimeProvider.System);
        if ((await engine.InspectAsync()).Problem is { } problem)
        {
            await Console.Error.WriteLineAsync($"bench: {Name} left out: {problem}");
            return [];
        }

        var workspace = Directory.CreateTempSubdirectory("coding-agent-bench-").FullName;
        try
        {
            var host = $"unix://{socket}";
            await ExternalProgram.RunAsync("/", "/bin/sh", "-c", Import, "import", host, Image);
            var sandbox = new DockerSandbox(engine, ImageReference.TryParse(Image)!);
            var command = new SandboxCommand(["/bin/true"], workspace, SandboxLimits.Default with { Cpus = 1 });
            string[] peer =
            [
                "--host", host, "run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--init",
                "--user", $"{SandboxUser.Default.Uid}:{SandboxUser.Default.Gid}", "--memory", "4g", "--memory-swap", "4g", "--pids-limit", "1024", "--cpus", "1",
                "--ulimit", "core=0", "--ulimit", "nofile=16384", "--tmpfs", "/tmp:exec", "--tmpfs", "/home/agent:exec", "--log-driver", "none",
                "--volume", $"{workspace}:/workspace", "--workdir", "/workspace", Image, "/bin/true",
            ];
            var comparison = new Comparison(Name, "/bin/true in a container of ours", "docker run --rm with the same walls and limits", Limit: 1.2);
            await comparison.MeasureAsync(
                async () =>
                {
                    var result = await sandbox.RunAsync(command, CancellationToken.None);
                    if (!result.Succeeded)
                        throw new InvalidOperationException($"{Name}: the command ended with {result.ExitCode}: {result.StandardError}");
                },
                () => ExternalProgram.RunAsync("/", "docker", peer),
                warmUp: 3, rounds: 60, TimeSpan.FromSeconds(90));
            return [comparison];
        }
        finally
        {
            Directory.Delete(workspace, recursive: true);
        }
    }
}
