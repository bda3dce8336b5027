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
}
