using System.Diagnostics;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace CodingAgent.BotHost.Tests.Commands;

public sealed class McpCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mcp-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task CodeSearch_OfTodaysCSharp_KnowsItsDefinitions()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "Shop.cs"),
            """
            namespace Shop;

            [Serializable]
            public sealed record Voucher(string Code, decimal Worth)
            {
                public required string Owner { get; init; }
                private const int Most = 3;
                public async Task<int> RedeemAsync(int times, CancellationToken ct) => await Task.FromResult(times);
            }

            public static class Extensions
            {
                extension(Voucher voucher) { public bool IsOpen => true; }
            }
            """);
        // A parser may fall over one file; the others' definitions are there all the same.
        await File.WriteAllTextAsync(Path.Combine(_folder, "Deep.cs"), $"class Deep {{ int X = {new string('(', 100_000)}1; }}");
        foreach (var line in new[] { "init -q", "add -A", "-c user.name=t -c user.email=t@t commit -qm all" })
        {
            using var git = Process.Start(new ProcessStartInfo("git", $"-C {_folder} {line}"))!;
            await git.WaitForExitAsync();
            git.ExitCode.ShouldBe(0);
        }

        await using var client = await McpClient.CreateAsync(new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = Environment.ProcessPath!,
            Arguments = [Path.Combine(AppContext.BaseDirectory, "codingagent.dll"), "mcp", "code-search", "--workspace", _folder],
        }));
        foreach (var (name, place) in new[]
        {
            ("Voucher", "Shop.cs:4: record Voucher(string Code, decimal Worth)\n"), ("Owner", "Shop.cs:6: property Voucher.Owner\n"), ("Most", "Shop.cs:7: constant Voucher.Most\n"),
            ("RedeemAsync", "Shop.cs:8: method Voucher.RedeemAsync(int times, CancellationToken ct)\n"), ("Extensions", "Shop.cs:11: class Extensions\n"),
        })
        {
            var found = await client.CallToolAsync("find_symbol", new Dictionary<string, object?> { ["name"] = name });
            found.Content.OfType<TextContentBlock>().Single().Text.ShouldBe(place);
        }
    }

    [Fact]
    public async Task Http_ShowsWhereItsTokenIs_AndNotTheToken()
    {
        using var program = new ChildProgram();
        var file = Path.Combine(program.Folder, "token");
        using var running = program.Start("mcp", "fs", "--workspace", _folder, "--http", "127.0.0.1:0", "--token-file", file);
        var address = await running.LineAfterAsync("MCP server listening on ");
        var token = (await File.ReadAllTextAsync(file)).Trim();
        running.Output.ShouldNotContain(token);
        CodingAgent.Storage.SecretFile.IsOpen(file).ShouldBeFalse();
        await using (var client = await McpClient.CreateAsync(new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = new Uri(address),
            AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}" },
        })))
        {
            (await client.ListToolsAsync()).ShouldContain(t => t.Name == "read_file");
        }

        running.Terminate();
        (await running.EndAsync()).ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("--http is 'localhost'", "fs", "--http", "localhost")]
    [InlineData("belong to --http", "fs", "--token-file", "x")]
    [InlineData("--host is missing", "http")]
    [InlineData("opens a whole top-level domain", "http", "--host", "*.com")]
    [InlineData("There is no Mcp:Servers:nobody", "approve", "nobody")]
    public async Task Mcp_OfABadOption_EndsWithOneLine(string words, params string[] arguments)
    {
        using var program = new ChildProgram();
        var result = await program.RunAsync(["mcp", .. arguments]);
        result.ExitCode.ShouldBe(2);
        result.Error.ShouldHaveSingleItem().ShouldContain(words);
    }

    [Fact]
    public async Task Audit_OfAServerThatNobodyApproved_IsAFinding()
    {
        using var program = new ChildProgram();
        (await program.RunAsync("mcp", "audit")).ExitCode.ShouldBe(0);
        program.Environment["Mcp__Servers__docs__Package"] = "npm:docs@1.0.0";
        program.Environment["Mcp__Servers__docs__Digest"] = "sha512-" + new string('A', 86) + "==";
        program.Environment["Mcp__Servers__docs__Command"] = "docs";
        program.Environment["Mcp__Servers__docs__Tools"] = "search";
        var result = await program.RunAsync("mcp", "audit");
        result.ExitCode.ShouldBe(1);
        result.Output.ShouldContain(l => l.StartsWith("docs: FINDING: ", StringComparison.Ordinal) && l.Contains("nobody has approved it"));
    }
}
