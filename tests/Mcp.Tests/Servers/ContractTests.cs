using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Pages;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Setup;

namespace CodingAgent.Mcp.Tests.Servers;

/// <summary>The published contracts of our servers are what they serve. UPDATE_SNAPSHOTS=1 writes them anew.</summary>
public sealed partial class ContractTests : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Contracts_ArePublishedAsServed()
    {
        var path = PathOfContracts();
        var served = (await ServedAsync()).ToJsonString(Json) + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1") await File.WriteAllTextAsync(path, served);
        (await File.ReadAllTextAsync(path)).ShouldBe(served, "UPDATE_SNAPSHOTS=1 writes docs/contracts/mcp-tools.json anew");
    }

    /// <summary>There is a broker of credentials (the forge's token source, the egress proxy), and no tool that leads to it.</summary>
    [Fact]
    public async Task NoTool_GivesOrTakesACredential()
    {
        var contracts = await ServedAsync();
        foreach (var (server, tools) in contracts)
        {
            foreach (var tool in tools!.AsArray())
            {
                var names = (string[])[tool!["name"]!.GetValue<string>(), .. tool["inputSchema"]!["properties"]!.AsObject().Select(p => p.Key)];
                names.ShouldNotContain(n => Credential().IsMatch(n), $"{server}: {tool["name"]}");
            }
        }

        // And none of the code of tools knows what a credential is.
        foreach (var type in typeof(McpHttp).Assembly.GetTypes().Where(t => t.Namespace is "CodingAgent.Mcp.Servers" or "CodingAgent.Mcp.Pages" or "CodingAgent.Mcp.ThirdParty" or "CodingAgent.Mcp.CodeSearch"))
        {
            var known = type.GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.DeclaredOnly).Select(f => f.FieldType);
            known.ShouldNotContain(t => t == typeof(RegistryCredential) || t == typeof(IRegistryCredentials) || t == typeof(GitRemote), type.FullName);
        }
    }

    private async Task<JsonObject> ServedAsync()
    {
        var git = new TrustedGit(new TrustedGitOptions { Root = _folder.Path }, TimeProvider.System);
        var sandbox = new BubblewrapSandbox(new BubblewrapOptions(), TimeProvider.System);
        using var searcher = new CodeSearcher(git, sandbox, _folder.Path, TimeProvider.System);
        using var pages = new PageReader(new PageReaderOptions([HostRule.Parse("docs.example")], new EgressOptions()), TimeProvider.System);
        await using var box = new ToolBox(new WorkspaceToolsOptions
        {
            Workspace = new Workspace("contracts", _folder.Path, "", "", ""),
            Sandbox = sandbox,
            TrustedGit = git,
            CodeSearch = searcher,
            Pages = pages,
            Checks = [new WorkspaceCheck("test", "make test")],
        });
        var servers = new JsonObject();
        foreach (var (name, tools) in new[] { ("fs", box.Files), ("repo", box.Repo), ("code-search", box.Search), ("runner", box.Runner), ("http", box.Pages) })
            servers[name] = new JsonArray([.. tools.Select(t => JsonSerializer.SerializeToNode(t.ProtocolTool, ModelContextProtocol.McpJsonUtilities.DefaultOptions))]);
        return servers;
    }

    private static string PathOfContracts()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "CodingAgent.sln"))) folder = folder.Parent!;
        return Path.Combine(folder.FullName, "docs", "contracts", "mcp-tools.json");
    }

    [GeneratedRegex("secret|credential|password|passwd|access_?token|api_?key", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Credential();

}
