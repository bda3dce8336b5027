using CodingAgent.BotHost.Configuration;
using CodingAgent.Mcp.ThirdParty;
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

    [Fact]
    public void Read_OtherSourcesAndMirrors_HaveTheirOwnForms()
    {
        var settings = Read([("Mcp:Servers:docs:Package", "pypi:Docs_Server==1.2"), ("Mcp:Servers:docs:Digest", "sha256:" + new string('a', 64)), ("Mcp:Registries:pypi", "https://mirror.test/simple"), ("Mcp:ProvenanceRoots", "/etc/roots.pem")]);
        settings.Servers[0].Package.ToString().ShouldBe("pypi:docs-server==1.2");
        settings.Registries.ShouldHaveSingleItem().ShouldBe(KeyValuePair.Create(PackageSource.PyPI, new Uri("https://mirror.test/simple")));
        settings.ProvenanceRoots.ShouldBe("/etc/roots.pem");
        Read([("Mcp:Servers:docs:Package", "nuget:Docs.Server@1.2.3")]).Servers[0].Package.Source.ShouldBe(PackageSource.NuGet);
        Should.Throw<ConfigurationException>(() => Read([("Mcp:Servers:docs:Package", "pypi:docs==1.2")])).Message.ShouldContain("write sha256:");
    }

    [Theory]
    [InlineData("http://mirror.test/")]
    [InlineData("https://user:hidden-words@mirror.test/")]
    [InlineData("https://mirror.test/?token=hidden-words")]
    [InlineData("https://10.0.0.1/")]
    [InlineData("hidden-words")]
    public void Read_OfAMirrorThatCannotBe_StopsStartUpWithoutRepeatingIt(string address)
    {
        var message = Should.Throw<ConfigurationException>(() => Read([("Mcp:Registries:npm", address)])).Message;
        message.ShouldContain("Mcp:Registries:npm is no address");
        message.ShouldNotContain("hidden");
    }

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
