using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Pages;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using ModelContextProtocol.Server;

namespace CodingAgent.Mcp.Servers;

/// <summary>A folder of somebody's own, opened for one of the servers; closing it stops calls in flight.</summary>
internal sealed class ServedFolder : IAsyncDisposable
{
    private readonly string _scratch;
    private readonly string _name;
    private CodeSearcher? _searcher;
    private ToolBox? _box;
    private IReadOnlyList<WorkspaceTool> _tools = [];
    private IReadOnlyList<WorkspaceResource> _resources = [];

    private ServedFolder(McpServerKind kind)
    {
        _name = $"coding-agent-{NameOf(kind)}";
        _scratch = Directory.CreateTempSubdirectory("coding-agent-mcp-").FullName;
    }

    /// <summary>Opens it.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="ArgumentException">The folder is no git working copy where one is needed.</exception>
    public static async Task<ServedFolder> OpenAsync(McpServerKind kind, ServedFolderOptions options, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(options.WorkspacePath);
        if (!Directory.Exists(path)) throw new DirectoryNotFoundException($"There is no folder {path}.");
        var folder = new ServedFolder(kind);
        try
        {
            await folder.FillAsync(kind, path, options, cancellationToken);
            return folder;
        }
        catch
        {
            await folder.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a server is called, on the command line too.</summary>
    public static string NameOf(McpServerKind kind) => kind == McpServerKind.CodeSearch ? "code-search" : kind.ToString().ToLowerInvariant();

    /// <summary>Options of one session's server. All sessions share the tools, which keep writes and commands apart.</summary>
    public McpServerOptions ServerOptions() => ToolBox.ServerOptions(_name, _tools, _resources);

    public async ValueTask DisposeAsync()
    {
        if (_box is not null) await _box.DisposeAsync();
        _searcher?.Dispose();
        Directory.Delete(_scratch, recursive: true);
    }

    private async Task FillAsync(McpServerKind kind, string path, ServedFolderOptions options, CancellationToken cancellationToken)
    {
        var owner = OwnerOf(path);
        var git = kind is McpServerKind.Repo or McpServerKind.CodeSearch
            ? new TrustedGit(new TrustedGitOptions { Root = _scratch, AllowFileProtocol = true, WorkspaceOwner = null }, options.TimeProvider)
            : null;
        var workspace = git is null
            ? new Workspace("folder", path, "", "", "")
            : await git.AdoptWorkspaceAsync(path, "folder", cancellationToken);
        var sandbox = new BubblewrapSandbox(new BubblewrapOptions { User = owner, Toolchains = options.Toolchains }, options.TimeProvider);
        _searcher = kind == McpServerKind.CodeSearch ? new CodeSearcher(git!, sandbox, _scratch, options.TimeProvider, options.CSharp) : null;
        _box = new ToolBox(new WorkspaceToolsOptions
        {
            Workspace = workspace,
            Sandbox = sandbox,
            TrustedGit = git,
            CodeSearch = _searcher,
            Pages = options.Pages,
            PathPolicy = options.PathPolicy,
            Checks = options.Checks,
            SandboxLimits = options.SandboxLimits,
            FileOwner = owner,
            TimeProvider = options.TimeProvider,
        });
        (_tools, _resources) = kind switch
        {
            McpServerKind.Fs => (_box.Files, _box.FileResources),
            McpServerKind.Repo => (_box.Repo, _box.RepoResources),
            McpServerKind.CodeSearch => (_box.Search, _box.SearchResources),
            McpServerKind.Http => (_box.Pages, []),
            _ => (_box.Runner, []),
        };
    }

    /// <summary>Whom commands run as when this process is root: the folder's owner, or the default user when that is root itself.</summary>
    private static SandboxUser? OwnerOf(string path)
    {
        if (SandboxUser.ForThisProcess is not { } fallback) return null;
        var (uid, gid) = WorkspaceFolder.OwnerOf(path);
        return uid == 0 ? fallback : new SandboxUser(uid, gid);
    }
}

/// <summary>A folder of the user's own to serve, and how.</summary>
public sealed record ServedFolderOptions
{
    /// <summary>The folder to serve; for the repo and code-search servers a git working copy.</summary>
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

    /// <summary>Reads pages, for the http server.</summary>
    public PageReader? Pages { get; init; }

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

    /// <summary>Pages of documentation from named hosts.</summary>
    Http,
}
