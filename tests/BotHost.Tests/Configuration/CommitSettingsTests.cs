using CodingAgent.BotHost.Configuration;
using CodingAgent.Mcp.Git;
using Microsoft.Extensions.Configuration;

namespace CodingAgent.BotHost.Tests.Configuration;

public sealed class CommitSettingsTests
{
    [Theory]
    [InlineData(null, SigningFormat.Ssh)]
    [InlineData("SSH", SigningFormat.Ssh)]
    [InlineData("openpgp", SigningFormat.OpenPgp)]
    public void Read_AFile_IsAKeyOfItsFormat(string? format, SigningFormat expected) => Read("/keys/bot", format).ShouldBe(new CommitSigning(expected, "/keys/bot"));

    [Fact]
    public void Read_Nothing_SignsNothing() => Read(null, null).ShouldBeNull();

    [Theory]
    [InlineData("/keys/bot", "gpg", "Commits:SigningFormat is 'gpg'; write ssh or openpgp.")]
    [InlineData(null, "ssh", "Commits:SigningKeyFile is not")]
    public void Read_OfWhatCannotBe_StopsStartUp(string? file, string format, string words) => Should.Throw<ConfigurationException>(() => Read(file, format)).Message.ShouldContain(words);

    private static CommitSigning? Read(string? file, string? format) => CommitSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection([new(CommitSettings.KeyFile, file), new(CommitSettings.Format, format)]).Build());
}
