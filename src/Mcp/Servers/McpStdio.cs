using ModelContextProtocol.Server;

namespace CodingAgent.Mcp.Servers;

/// <summary>Serves one of the workspace servers over standard input and output, for any MCP client.</summary>
public static class McpStdio
{
    /// <summary>Runs until the client closes its end or the token is cancelled.</summary>
    /// <param name="kind">Which server.</param>
    /// <param name="options">The folder.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="input">Input; null for standard input.</param>
    /// <param name="output">Output; null for standard output, which then must carry nothing else.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="ArgumentException">The folder is no git working copy where one is needed.</exception>
    public static async Task RunAsync(McpServerKind kind, ServedFolderOptions options, CancellationToken cancellationToken, Stream? input = null, Stream? output = null)
    {
        await using var folder = await ServedFolder.OpenAsync(kind, options, cancellationToken);
        var served = folder.ServerOptions();
        await using var transport = new StreamServerTransport(input ?? Console.OpenStandardInput(), output ?? Console.OpenStandardOutput(), served.ServerInfo!.Name);
        await using var server = McpServer.Create(transport, served);
        await server.RunAsync(cancellationToken);
    }

    /// <summary>What a server is called, on the command line too.</summary>
    public static string NameOf(McpServerKind kind) => ServedFolder.NameOf(kind);
}
