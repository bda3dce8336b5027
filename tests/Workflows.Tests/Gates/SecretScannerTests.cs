using System.Security.Cryptography;
using System.Text;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tests.Gates;

public sealed class SecretScannerTests
{
    // In two pieces, so that this file itself passes the gate.
    private const string Value = "h7Gk29sLqP0z" + "Xv8Rt3Yw";
    private const string GitHub = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345";
    private const string Body = "MIIEowIBAAKCAQEAh7Gk29sLqP0zXv8Rt3YwMIIEowIBAAKCAQEA";

    // Short, as people choose them: by the name, where it is a text, a line's all or part of a connection string.
    [Theory]
    [InlineData("Server=db;Database=app;User ID=sa;Password={0};Encrypt=True", true)]
    [InlineData("Data Source=db;uid=sa;pwd={0}", true)]
    [InlineData("Host=localhost;Username=app;Password={0}", true)]
    [InlineData("jdbc:postgresql://h:5432/db?user=app&password={0}&ssl=true", true)]
    [InlineData("spring.datasource.password={0}", true)]
    [InlineData("  password: \"{0}\"", true)]
    [InlineData("passwd = '{0}'", true)]
    [InlineData("https://example.com/?password={0}&x=1", false)]
    [InlineData("if (password == {0}) return;", false)]
    [InlineData("name={0}", false)]
    public void Scan_ShortPassword_IsFoundWhereItsNameSaysSo(string line, bool isFound) =>
        (Held(string.Format(System.Globalization.CultureInfo.InvariantCulture, line, "8fGh2k" + "LmN4pQ")).Count > 0).ShouldBe(isFound);

    [Theory]
    [InlineData("Server=db;User ID=sa;Password=postgres123;")]
    [InlineData("Server=db;User ID=sa;Password=Passw0rd;")]
    [InlineData("Server=db;User ID=sa;Password=${DB_PASSWORD};")]
    [InlineData("Server=db;User ID=sa;Password=<your password>;")]
    [InlineData("password=\"IsPassword1\"")]
    [InlineData("this.password = options.password2;")]
    public void Scan_WordsAfterPassword_AreNone(string line) => Held(line).ShouldBeEmpty();

    [Theory]
    [InlineData("DB_PASSWORD=" + Value)]
    [InlineData("export DB_PASSWORD=" + Value)]
    [InlineData("password: " + Value)]
    [InlineData("  - api_key: " + Value + " # live")]
    [InlineData("postgres://app:" + Value + "@db.internal:5432/app")]
    [InlineData("url = \"redis://:" + Value + "@cache:6379\"")]
    [InlineData("password = \"h7Gk!29" + "sLq@P0zXv8#Rt3Yw\"")]
    [InlineData("secretKey: '" + Value + "'")]
    [InlineData("aws_secret_access_key = h7GkQsLqPKz" + "XvRtYw/K7MDENG/bPxRfiCYAbCdEfGhIj")]
    [InlineData("curl -H 'Authorization: Bearer " + Value + "' https://api.test")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + Value + Value + Value + "==;")]
    [InlineData("dckr_pat_" + Value)]
    [InlineData("https://hooks.slack.com/services/T0ABCDEFG/B0ABCDEFG/" + Value)]
    [InlineData("SG." + Value + "." + Value + Value)]
    [InlineData("key = sk-" + "live0123456789abcdefABCD")]
    [InlineData(GitHub)]
    public void Scan_Credential_IsFound(string line)
    {
        var finding = Held(line).ShouldHaveSingleItem();
        finding.ShouldStartWith("a.txt:3 ");
        finding.ShouldNotContain("Xv8");
        Markdown.Code(line).ShouldContain("***");
    }

    [Fact]
    public void Scan_KeyOfManyLines_IsOneFindingAtItsFirst()
    {
        AddedLine[] lines = [new("k.pem", 1, "a"), new("k.pem", 2, "-----BEGIN RSA " + "PRIVATE KEY-----"), new("k.pem", 3, Body), new("k.pem", 4, "-----END RSA PRIVATE KEY-----"), new("k.pem", 5, "b")];
        SecretScanner.Scan(lines, []).Held.ShouldHaveSingleItem().ShouldBe("k.pem:2 looks like a private key (private-key)");
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(9, 0)]
    public void Scan_NameAndValueOnTwoLines_BelongTogetherOnlySideBySide(int second, int found) =>
        SecretScanner.Scan([new("d.yml", 2, "- name: DB_PASSWORD"), new("d.yml", second, $"  value: {Value}")], []).Held.Count.ShouldBe(found);

    [Fact]
    public void ScanNames_FileNamedLikeAToken_IsFound_AndNotRepeated() =>
        SecretScanner.ScanNames(["src/A.cs", $"keys/{GitHub}.txt"], []).Held.ShouldHaveSingleItem().ShouldBe("the file name keys/***.txt looks like a credential of GitHub (github-token)");

    [Theory]
    [InlineData("tests/keys/**", "github-token", null, true)]
    [InlineData("tests/keys/**", "private-key", null, false)]
    [InlineData("tests/other/**", "github-token", null, false)]
    [InlineData("**", null, GitHub, true)]
    [InlineData("**", null, "another", false)]
    public void Scan_WhatThePolicyAllows_PassesThereAndOnlyThat(string path, string? rule, string? value, bool passes)
    {
        var allowed = new RepositoryPolicy.AllowedSecret(path, rule, value is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value))));
        var scan = SecretScanner.Scan([new AddedLine("tests/keys/a.txt", 3, $"token = \"{GitHub}\"")], [allowed]);
        (scan.Held.Count, scan.Allowed.Count).ShouldBe(passes ? (0, 1) : (1, 0));
    }

    [Fact]
    public void Scan_MarkInTheChangeItself_AllowsNothing() => Held($"token = \"{GitHub}\" # gitleaks:allow pragma: allowlist secret nosec secrets.allow").Count.ShouldBe(1);

    private static IReadOnlyList<string> Held(string line) => SecretScanner.Scan([new AddedLine("a.txt", 3, line)], []).Held;
}
