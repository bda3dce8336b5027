using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using ModelContextProtocol.Server;

namespace CodingAgent.Mcp.Servers;

/// <summary>Serves one of the workspace servers over standard input and output, for any MCP client.</summary>
public static class McpStdio
{
    /// <summary>Runs until the client closes its end or the token is cancelled.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="ArgumentException">The folder is no git working copy where one is needed.</exception>
    public static async Task RunAsync(McpServerKind kind, McpStdioOptions options, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(options.WorkspacePath);
        if (!Directory.Exists(path)) throw new DirectoryNotFoundException($"There is no folder {path}.");
        var scratch = Directory.CreateTempSubdirectory("coding-agent-mcp-").FullName;
        try
        {
            var owner = OwnerOf(path);
            var git = kind is McpServerKind.Repo or McpServerKind.CodeSearch
                ? new TrustedGit(new TrustedGitOptions { Root = scratch, AllowFileProtocol = true, WorkspaceOwner = null }, options.TimeProvider)
                : null;
            var workspace = git is null
                ? new Workspace("stdio", path, "", "", "")
                : await git.AdoptWorkspaceAsync(path, "stdio", cancellationToken);
            var sandbox = new BubblewrapSandbox(new BubblewrapOptions { User = owner, Toolchains = options.Toolchains }, options.TimeProvider);
            using var searcher = kind == McpServerKind.CodeSearch ? new CodeSearcher(git!, sandbox, scratch, options.TimeProvider, options.CSharp) : null;
            await using var box = new ToolBox(new WorkspaceToolsOptions
            {
                Workspace = workspace,
                Sandbox = sandbox,
                TrustedGit = git,
                CodeSearch = searcher,
                PathPolicy = options.PathPolicy,
                Checks = options.Checks,
                SandboxLimits = options.SandboxLimits,
                FileOwner = owner,
                TimeProvider = options.TimeProvider,
            });
            var tools = kind switch { McpServerKind.Fs => box.Files, McpServerKind.Repo => box.Repo, McpServerKind.CodeSearch => box.Search, _ => box.Runner };
            var name = $"coding-agent-{NameOf(kind)}";
            await using var transport = new StreamServerTransport(
                options.Input ?? Console.OpenStandardInput(), options.Output ?? Console.OpenStandardOutput(), name);
            await using var server = McpServer.Create(transport, box.ServerOptions(name, tools));
            await server.RunAsync(cancellationToken);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>What a server is called, on the command line too.</summary>
    public static string NameOf(McpServerKind kind) => kind == McpServerKind.CodeSearch ? "code-search" : kind.ToString().ToLowerInvariant();

    /// <summary>Whom commands run as when this process is root: the folder's owner, or the default user when that is root itself.</summary>
    private static SandboxUser? OwnerOf(string path)
    {
        if (SandboxUser.ForThisProcess is not { } fallback) return null;
        var (uid, gid) = WorkspaceFolder.OwnerOf(path);
        return uid == 0 ? fallback : new SandboxUser(uid, gid);
    }
}

/// <summary>Options of a stdio server over a folder of the user's own.</summary>
public sealed record McpStdioOptions
{
    /// <summary>The folder to serve; for the repo server a git working copy.</summary>
    public required string WorkspacePath { get; init; }

    /// <summary>What may be changed and read.</summary>
    public PathPolicy PathPolicy { get; init; } = PathPolicy.Open;

    /// <summary>Checks for run_checks.</summary>
    public IReadOnlyList<WorkspaceCheck> Checks { get; init; } = [];

    /// <summary>Limits of commands.</summary>
    public SandboxLimits SandboxLimits { get; init; } = SandboxLimits.Default;

    /// <summary>Toolchains of commands.</summary>
    public IReadOnlyList<SandboxToolchain> Toolchains { get; init; } = [];

    /// <summary>Finds definitions in C# for the code-search server; null leaves that to ctags.</summary>
    public SymbolProgram? CSharp { get; init; }

    /// <summary>Input; null for standard input.</summary>
    public Stream? Input { get; init; }

    /// <summary>Output; null for standard output, which then must carry nothing else.</summary>
    public Stream? Output { get; init; }

    /// <summary>Clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>The servers that can be used by any MCP client.</summary>
public enum McpServerKind
{
    /// <summary>Files: read, list, search, edit.</summary>
    Fs,

    /// <summary>Repository: status, differences, history.</summary>
    Repo,

    /// <summary>Commands and checks in the sandbox.</summary>
    Runner,

    /// <summary>Ranked search over an index of the working copy.</summary>
    CodeSearch,
}
