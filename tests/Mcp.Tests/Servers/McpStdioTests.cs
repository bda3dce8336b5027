using System.IO.Pipelines;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Tests.Git;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace CodingAgent.Mcp.Tests.Servers;

public sealed class McpStdioTests
{
    [Theory]
    [InlineData(McpServerKind.Fs, "read_file", "path", "a.txt", "two")]
    [InlineData(McpServerKind.Repo, "repo_diff", "path", "a.txt", "-one\n+two")]
    [InlineData(McpServerKind.CodeSearch, "search_code", "query", "two", "a.txt\n  1: two")]
    [InlineData(McpServerKind.Runner, "run_command", "command", "cat a.txt", "two")]
    public async Task Server_ServesAWorkingCopy_AndEndsWithItsClient(McpServerKind kind, string tool, string argument, string value, string expected)
    {
        using var origin = new Origin();
        origin.Commit("main", ("a.txt", "one\n"));
        await File.WriteAllTextAsync(Path.Combine(origin.ClonePath, "a.txt"), "two\n");
        var (toServer, toClient) = (new Pipe(), new Pipe());
        var options = new ServedFolderOptions { WorkspacePath = origin.ClonePath };
        var serving = McpStdio.RunAsync(kind, options, CancellationToken.None, toServer.Reader.AsStream(), toClient.Writer.AsStream());
        await using (var client = await McpClient.CreateAsync(new StreamClientTransport(toServer.Writer.AsStream(), toClient.Reader.AsStream())))
        {
            var result = await client.CallToolAsync(tool, new Dictionary<string, object?> { [argument] = value });
            result.Content.OfType<TextContentBlock>().Single().Text.ShouldContain(expected);
        }

        await toServer.Writer.CompleteAsync();
        await serving.WaitAsync(TimeSpan.FromSeconds(20));
        origin.Git(origin.ClonePath, "status", "--porcelain").ShouldBe(" M a.txt\n", "the working copy's own index is untouched");
    }

    [Fact]
    public async Task Repo_NeedsAWorkingCopy()
    {
        using var folder = new ScratchFolder();
        var error = await Should.ThrowAsync<ArgumentException>(
            () => McpStdio.RunAsync(McpServerKind.Repo, new ServedFolderOptions { WorkspacePath = folder.Path }, CancellationToken.None));
        error.Message.ShouldContain("not the root of a git working copy");
    }
}
