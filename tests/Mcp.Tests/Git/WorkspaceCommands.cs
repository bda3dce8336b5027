using System.Diagnostics;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Tests.Sandboxes;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>Commands in a workspace, as agents and checks run them.</summary>
internal static class WorkspaceCommands
{
    /// <summary>What a shell line prints: in the sandbox, but behind a user namespace of root's, which the sandbox's user cannot enter, right there.</summary>
    public static async Task<string> RunAsync(Workspace workspace, string line)
    {
        if (workspace.Enter.Count == 0 || Environment.UserName != "root")
        {
            var result = await new BubblewrapSandbox(new BubblewrapOptions(), TimeProvider.System).RunAsync(BuildEnvironment.Bare(SandboxFixture.Limits).Command(line, workspace), CancellationToken.None);
            return result.StandardOutput + result.StandardError;
        }

        var info = new ProcessStartInfo(workspace.Enter[0], [.. workspace.Enter.Skip(1), "/bin/sh", "-c", $"cd {workspace.MountedPath} && {line}"]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(info)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}
