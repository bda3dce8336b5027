namespace CodingAgent.Mcp.Servers;

/// <summary>The servers that can be used by any MCP client.</summary>
public enum McpServerKind
{
    /// <summary>Files: read, list, search, edit.</summary>
    Fs,

    /// <summary>Repository: status, differences, history.</summary>
    Repo,

    /// <summary>Commands and checks in the sandbox.</summary>
    Runner,
}
