using CodingAgent.BotHost.Configuration;
using Microsoft.Extensions.Configuration;

namespace CodingAgent.BotHost.Tests.Configuration;

public sealed class McpSettingsTests
{
    private static readonly string Digest = "sha512-" + new string('A', 86) + "==";

    [Fact]
    public void Read_AServer_IsPinnedAndNarrow()
    {
        var settings = Read([]);
        var server = settings.Servers.ShouldHaveSingleItem();
        (server.Name, server.Package.ToString(), server.Digest).ShouldBe(("docs", "npm:@scope/docs@1.2.3-rc.1", Digest));
        server.Command.ShouldBe(["docs", "--offline"]);
        server.Tools.ShouldBe(["search", "read"]);
        server.Asks.ShouldBe(["read"]);
        settings.LockFile.ShouldBe("/data/mcp.lock.json");
        settings.AuditEvery.ShouldBe(TimeSpan.FromDays(1));
        Read([("Mcp:Servers:docs:Command", null), ("Mcp:Servers:docs:Command:0", "docs"), ("Mcp:Servers:docs:Command:1", "two words")]).Servers[0].Command.ShouldBe(["docs", "two words"]);
        McpSettings.Read(new ConfigurationBuilder().Build(), "/data").Servers.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Mcp:Servers:docs:Package", "npm:@scope/docs@latest", "no package with an exact version")]
    [InlineData("Mcp:Servers:docs:Package", "npm:docs@^1.0.0", "no package with an exact version")]
    [InlineData("Mcp:Servers:docs:Package", null, "Mcp:Servers:docs:Package is missing")]
    [InlineData("Mcp:Servers:docs:Digest", "sha1-AAAA", "write sha512-")]
    [InlineData("Mcp:Servers:docs:Digest", null, "Mcp:Servers:docs:Digest is missing")]
    [InlineData("Mcp:Servers:docs:Tools", "", "There is no word for all of them")]
    [InlineData("Mcp:Servers:docs:Ask", "write", "Mcp:Servers:docs:Ask has 'write'")]
    [InlineData("Mcp:Servers:docs:Command", "/bin/sh -c evil", "the name of a program of the package")]
    [InlineData("Mcp:Servers:docs:Command", "../../../bin/sh", "the name of a program of the package")]
    [InlineData("Mcp:Servers:Bad name:Package", "npm:x@1.0.0", "a server's name has small letters")]
    public void Read_OfWhatIsNotPinned_StopsStartUpInWords(string key, string? value, string words) =>
        Should.Throw<ConfigurationException>(() => Read([(key, value)])).Message.ShouldContain(words);

    private static McpSettings Read((string Key, string? Value)[] changes)
    {
        var keys = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Mcp:Servers:docs:Package"] = "npm:@scope/docs@1.2.3-rc.1",
            ["Mcp:Servers:docs:Digest"] = Digest,
            ["Mcp:Servers:docs:Command"] = "docs --offline",
            ["Mcp:Servers:docs:Tools"] = "search, read",
            ["Mcp:Servers:docs:Ask"] = "read",
        };
        foreach (var (key, value) in changes)
            keys[key] = value;
        return McpSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(keys).Build(), "/data");
    }
}
