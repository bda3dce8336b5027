using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Gates;

namespace CodingAgent.Workflows.Tests.Gates;

public sealed class SecretScannerTests
{
    // In two pieces, so that this file itself passes the gate.
    private const string Value = "h7Gk29sLqP0z" + "Xv8Rt3Yw";

    [Theory]
    [InlineData("DB_PASSWORD=" + Value)]
    [InlineData("export DB_PASSWORD=" + Value)]
    [InlineData("password: " + Value)]
    [InlineData("  - api_key: " + Value + " # live")]
    [InlineData("postgres://app:" + Value + "@db.internal:5432/app")]
    [InlineData("url = \"redis://:" + Value + "@cache:6379\"")]
    [InlineData("password = \"h7Gk!29sLq@P0z" + "Xv8#Rt3Yw\"")]
    [InlineData("secretKey: '" + Value + "'")]
    [InlineData("aws_secret_access_key = h7GkQsLqPKzXvRtYw/K7MDENG/b" + "PxRfiCYAbCdEfGhIj")]
    [InlineData("curl -H 'Authorization: Bearer " + Value + "' https://api.test")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + Value + Value + Value + "==;")]
    [InlineData("dckr_pat_" + Value)]
    [InlineData("https://hooks.slack.com/services/T0ABCDEFG/B0ABCDEFG/" + Value)]
    [InlineData("SG." + Value + "." + Value + Value)]
    [InlineData("key = sk-" + "live0123456789abcdefABCD")]
    [InlineData("ghp_" + "0123456789abcdefghijABCDEFGHIJ012345")]
    public void Scan_Credential_IsFound(string line)
    {
        var finding = SecretScanner.Scan([new AddedLine("a.txt", 3, line)]).ShouldHaveSingleItem();
        finding.ShouldStartWith("a.txt:3 ");
        finding.ShouldNotContain("Xv8");
        Markdown.Code(line).ShouldContain("***");
    }

    [Theory]
    [InlineData("tokenizer = \"distilbert-base-uncased-finetuned-sst-2-english\"")]
    [InlineData("secretName: \"my-app-prod-tls-cert-v2\"")]
    [InlineData("secretName: my-app-prod-tls-cert-v2")]
    [InlineData("private_key = \"/etc/ssl/private/server-2024.pem\"")]
    [InlineData(".sk-circle-fade-dot-animation-delay { }")]
    [InlineData(".sk-circle-fade-dot-12-animation-delay { }")]
    [InlineData("password = \"${DB_PASSWORD_2024_PRODUCTION}\"")]
    [InlineData("token: ${{ secrets.DEPLOY_TOKEN_2 }}")]
    [InlineData("password: process.env.DB_PASSWORD_2024")]
    [InlineData("var token = parseToken2FromHeaderValue;")]
    [InlineData("postgres://app:${DB_PASSWORD}@db.internal:5432/app")]
    [InlineData("postgres://app:app@localhost:5432/app")]
    [InlineData("Authorization: Bearer YOUR_ACCESS_TOKEN_1")]
    [InlineData("basic authentication-with-passwords-2024")]
    [InlineData("token_file = /var/run/Secrets/Service2/tokenFile")]
    [InlineData("pypi-publish-with-trusted-publishing-and-a-very-long-name-1")]
    [InlineData("apiKeyHeader = \"X-Goog-Api-Key-2\"")]
    [InlineData("tokens = max_position_embeddings_4096")]
    public void Scan_Innocent_IsLeftAlone(string line) => SecretScanner.Scan([new AddedLine("a.txt", 3, line)]).ShouldBeEmpty();

    [Fact]
    public void ScanNames_FileNamedLikeAToken_IsFound_AndNotRepeated() =>
        SecretScanner.ScanNames(["src/A.cs", "keys/ghp_" + "0123456789abcdefghijABCDEFGHIJ012345.txt"]).ShouldHaveSingleItem().ShouldBe("the file name keys/***.txt looks like a GitHub token");
}
