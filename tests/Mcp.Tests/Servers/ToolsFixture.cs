using System.Text.Json;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Tests.Git;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace CodingAgent.Mcp.Tests.Servers;

/// <summary>A real client joined to real servers over a real workspace.</summary>
public sealed class ToolsFixture : IAsyncDisposable
{
    private readonly GitFixture _git = new();
    private WorkspaceTools? _tools;

    public Workspace Workspace { get; private set; } = null!;

    public IReadOnlyList<McpClientTool> Tools => _tools!.Tools;

    public static async Task<ToolsFixture> CreateAsync(Func<WorkspaceToolsOptions, WorkspaceToolsOptions>? change = null, params (string Path, string? Content)[] files)
    {
        var fixture = new ToolsFixture();
        var head = fixture._git.Origin.Commit("main", files);
        (_, fixture.Workspace) = await fixture._git.WorkspaceAsync(head);
        var options = new WorkspaceToolsOptions
        {
            Workspace = fixture.Workspace,
            Sandbox = new BubblewrapSandbox(new BubblewrapOptions(), TimeProvider.System),
            TrustedGit = fixture._git.Git,
            SandboxLimits = new SandboxLimits(TimeSpan.FromSeconds(20), 256L << 20, 100, 64 * 1024, 1),
        };
        fixture._tools = await WorkspaceTools.ConnectAsync(change?.Invoke(options) ?? options, CancellationToken.None);
        return fixture;
    }

    public async Task<string> CallAsync(string tool, object arguments)
    {
        var result = await TryAsync(tool, arguments);
        var text = TextOf(result);
        (result.IsError ?? false).ShouldBeFalse(text);
        return text;
    }

    public async Task<string> ErrorAsync(string tool, object arguments)
    {
        var result = await TryAsync(tool, arguments);
        var text = TextOf(result);
        (result.IsError ?? false).ShouldBeTrue(text);
        return text;
    }

    /// <summary>What the tool says, be it a result or an error.</summary>
    public async Task<string> AnswerAsync(string tool, object arguments) => TextOf(await TryAsync(tool, arguments));

    public string ReadFile(string path) => File.ReadAllText(Path.Combine(Workspace.RootPath, path));

    public void WriteFile(string path, string content)
    {
        var target = Path.Combine(Workspace.RootPath, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.WriteAllText(target, content);
    }

    public byte[] ReadBytes(string path) => File.ReadAllBytes(Path.Combine(Workspace.RootPath, path));

    public void WriteBytes(string path, byte[] content)
    {
        var target = Path.Combine(Workspace.RootPath, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.WriteAllBytes(target, content);
    }

    public async ValueTask CloseAsync()
    {
        if (_tools is not null) await _tools.DisposeAsync();
        _tools = null;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _git.Dispose();
    }

    private static string TextOf(CallToolResult result) => string.Concat(result.Content.OfType<TextContentBlock>().Select(c => c.Text));

    private async Task<CallToolResult> TryAsync(string tool, object arguments)
    {
        var values = JsonSerializer.SerializeToElement(arguments).EnumerateObject().ToDictionary(p => p.Name, p => (object?)p.Value);
        return await Tools.Single(t => t.Name == tool).CallAsync(values);
    }
}
