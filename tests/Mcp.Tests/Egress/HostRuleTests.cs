using CodingAgent.Mcp.Egress;

namespace CodingAgent.Mcp.Tests.Egress;

public sealed class HostRuleTests
{
    [Theory]
    [InlineData("registry.npmjs.org", "registry.npmjs.org")]
    [InlineData("Registry.NPMJS.Org", "registry.npmjs.org")]
    [InlineData("registry.npmjs.org.", "registry.npmjs.org")]
    [InlineData("bücher.test", "xn--bcher-kva.test")]
    [InlineData("XN--BCHER-KVA.test", "xn--bcher-kva.test")]
    [InlineData("my_feed.corp", "my_feed.corp")]
    [InlineData("1.example.com", "1.example.com")]
    public void Normalize_OneSpelling(string text, string name) => HostName.Normalize(text).ShouldBe(name);

    [Theory]
    // Addresses in every notation that some resolver takes.
    [InlineData("1.2.3.4")]
    [InlineData("127.1")]
    [InlineData("0x7f.1")]
    [InlineData("0x7f000001")]
    [InlineData("2130706433")]
    [InlineData("017700000001")]
    [InlineData("127.0.0.0x1")]
    [InlineData("1.2.3.4.")]
    [InlineData("0x")]
    [InlineData("::1")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:169.254.169.254]")]
    [InlineData("fe80::1%eth0")]
    [InlineData("１２７.0.0.1")]
    // Two readings.
    [InlineData("evil.test\0.registry.npmjs.org")]
    [InlineData("evil.test%00.registry.npmjs.org")]
    [InlineData("evil.test\n.registry.npmjs.org")]
    [InlineData("registry.npmjs.org..")]
    [InlineData("registry..org")]
    [InlineData(".npmjs.org")]
    [InlineData("user@registry.npmjs.org")]
    [InlineData("registry.npmjs.org/x")]
    [InlineData("registry.npmjs.org\\x")]
    [InlineData("regi stry.org")]
    [InlineData("-x.org")]
    [InlineData("*.npmjs.org")]
    [InlineData("")]
    [InlineData(".")]
    public void Normalize_WhatIsNoHostName_IsNull(string text) => HostName.Normalize(text).ShouldBeNull();

    [Theory]
    [InlineData("nuget.org", "nuget.org", 443, true, true)]
    [InlineData("nuget.org", "nuget.org", 80, false, true)]
    [InlineData("nuget.org", "nuget.org", 80, true, false)]
    [InlineData("nuget.org", "nuget.org", 443, false, false)]
    [InlineData("nuget.org", "nuget.org", 8443, true, false)]
    [InlineData("nuget.org", "api.nuget.org", 443, true, false)]
    [InlineData("nuget.org", "notnuget.org", 443, true, false)]
    [InlineData("*.nuget.org", "api.nuget.org", 443, true, true)]
    [InlineData("*.nuget.org", "a.b.nuget.org", 443, true, true)]
    [InlineData("*.nuget.org", "nuget.org", 443, true, false)]
    [InlineData("*.nuget.org", "notnuget.org", 443, true, false)]
    [InlineData("*.nuget.org", "nuget.org.evil.test", 443, true, false)]
    [InlineData("feed.test:8443", "feed.test", 8443, true, true)]
    [InlineData("feed.test:8443", "feed.test", 8443, false, true)]
    [InlineData("feed.test:8443", "feed.test", 443, true, false)]
    public void Opens_WhatItNames(string rule, string host, int port, bool tls, bool opens) => HostRule.Parse(rule).Opens(host, port, tls).ShouldBe(opens);

    [Theory]
    [InlineData("*")]
    [InlineData("*.")]
    [InlineData("*.com")]
    [InlineData("a.*.org")]
    [InlineData("10.0.0.1")]
    [InlineData("host:0")]
    [InlineData("host:99999")]
    [InlineData("host:")]
    [InlineData("https://nuget.org")]
    [InlineData("[::1]:443")]
    [InlineData("")]
    public void Parse_WhatOpensTooMuchOrIsNone_IsRefused(string text) => Should.Throw<FormatException>(() => HostRule.Parse(text)).Message.ShouldContain($"'{text}'");
}
