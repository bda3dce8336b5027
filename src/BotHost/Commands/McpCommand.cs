using System.CommandLine;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Toolchains;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent mcp fs|repo|code-search|runner</c>: one of the workspace servers over stdio, for any MCP client.</summary>
internal static class McpCommand
{
    public static Command Create()
    {
        var command = new Command("mcp", "Serves a folder over the Model Context Protocol on standard input and output.");
        command.Add(Verb(McpServerKind.Fs, "Read, list, search and edit files of the folder."));
        command.Add(Verb(McpServerKind.Repo, "Status, differences and history of the git working copy."));
        command.Add(Verb(McpServerKind.CodeSearch, "Ranked search of the git working copy: text, names, where they are defined, an overview."));
        command.Add(Verb(McpServerKind.Runner, "Run commands and checks in the sandbox, without network."));
        return command;
    }

    private static Command Verb(McpServerKind kind, string description)
    {
        var workspace = new Option<string>("--workspace") { Description = "The folder to serve.", DefaultValueFactory = _ => "." };
        var checks = new Option<string[]>("--check") { Description = "A named check for run_checks, as name=command; may be repeated." };
        var verb = new Command(McpStdio.NameOf(kind), description) { workspace };
        if (kind == McpServerKind.Runner)
            verb.Add(checks);
        verb.SetAction(async (parsed, ct) =>
        {
            var named = new List<WorkspaceCheck>();
            foreach (var text in kind == McpServerKind.Runner ? parsed.GetValue(checks) ?? [] : [])
            {
                if (text.Split('=', 2) is not [{ Length: > 0 } name, { Length: > 0 } line])
                    return await FailAsync($"--check is '{text}'; write it as name=command.");
                named.Add(new WorkspaceCheck(name, line));
            }

            try
            {
                await McpStdio.RunAsync(
                    kind,
                    new McpStdioOptions { WorkspacePath = parsed.GetValue(workspace)!, Checks = named, Toolchains = HostToolchains.Installed(hostNuGetPackages: true), CSharp = SymbolProgram.OfThisProgram(typeof(McpCommand).Assembly) },
                    ct);
                return 0;
            }
            catch (Exception e) when (e is DirectoryNotFoundException or ArgumentException or SandboxUnavailableException or GitRejectedException or GitFailedException)
            {
                return await FailAsync(e.Message);
            }
        });
        return verb;
    }

    private static async Task<int> FailAsync(string message)
    {
        await Console.Error.WriteLineAsync($"codingagent: {message}");
        return 2;
    }
}
