using CodingAgent.BotHost.Configuration;
using CodingAgent.Mcp.Egress;
using Microsoft.Extensions.Configuration;

namespace CodingAgent.BotHost.Tests.Configuration;

public sealed class SetupSecretSettingsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Read_ASecret_IsForItsHostsAndRepositories()
    {
        var secret = Read([]).ShouldHaveSingleItem();
        (secret.Name, secret.Header, secret.Read()).ShouldBe(("feed", "Authorization", "Bearer hidden-words"));
        secret.Hosts.Select(h => h.ToString()).ShouldBe(["feed.test", "npm.test:8443"]);
        (secret.IsFor("github:Acme/shop"), secret.IsFor("github:eve/one"), secret.IsFor("github:eve/two"), secret.IsFor("github:acmes/shop")).ShouldBe((true, true, false, false));
        secret.ToString().ShouldNotContain("hidden");
        SetupSecretSettings.Read(new ConfigurationBuilder().Build()).ShouldBeEmpty();
    }

    [Fact]
    public void Read_FromAFile_IsReadEachTime()
    {
        File.WriteAllText(_file, "Bearer one\n");
        var secret = Read([("SetUp:Secrets:feed:Value", null), ("SetUp:Secrets:feed:ValueFile", _file)])[0];
        secret.Read().ShouldBe("Bearer one");
        File.WriteAllText(_file, "Bearer two\n");
        secret.Read().ShouldBe("Bearer two");
        File.Delete(_file);
        secret.Read().ShouldBeNull();
    }

    [Theory]
    [InlineData("Hosts", null, "Hosts is missing")]
    [InlineData("Hosts", "*.feed.test", "name each host")]
    [InlineData("Hosts", "10.0.0.1", "addresses cannot be listed")]
    [InlineData("Repositories", null, "Repositories is missing")]
    [InlineData("Repositories", "*", "has '*'")]
    [InlineData("Repositories", "github:*/shop", "has 'github:*/shop'")]
    [InlineData("Header", "Host", "no header that a credential can be sent in")]
    [InlineData("Header", "X: y", "no header that a credential can be sent in")]
    [InlineData("Value", null, "needs one of :Value and :ValueFile")]
    [InlineData("ValueFile", "/etc/secret", "needs one of :Value and :ValueFile")]
    [InlineData("Value", "Bearer hidden-words\nX-Evil: 1", "a line break")]
    public void Read_OfWhatIsTooWideOrMalformed_StopsStartUpWithoutTheValue(string key, string? value, string words)
    {
        var message = Should.Throw<ConfigurationException>(() => Read([($"SetUp:Secrets:feed:{key}", value)])).Message;
        message.ShouldContain(words);
        message.ShouldNotContain("hidden");
    }

    private static IReadOnlyList<SetupSecret> Read((string Key, string? Value)[] changes)
    {
        var keys = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["SetUp:Secrets:feed:Value"] = "Bearer hidden-words",
            ["SetUp:Secrets:feed:Hosts"] = "feed.test, npm.test:8443",
            ["SetUp:Secrets:feed:Repositories"] = "github:acme/*, github:eve/one",
        };
        foreach (var (key, value) in changes)
            keys[key] = value;
        return SetupSecretSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(keys).Build());
    }
}
