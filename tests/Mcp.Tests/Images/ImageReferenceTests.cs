using CodingAgent.Mcp.Images;

namespace CodingAgent.Mcp.Tests.Images;

public sealed class ImageReferenceTests
{
    private const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    [InlineData("debian", "debian", null, false, "debian:latest")]
    [InlineData("debian:12", "debian", "12", false, "debian:12")]
    [InlineData("mcr.microsoft.com/dotnet/sdk:10.0", "mcr.microsoft.com/dotnet/sdk", "10.0", false, "mcr.microsoft.com/dotnet/sdk:10.0")]
    [InlineData("localhost:5000/a/b", "localhost:5000/a/b", null, false, "localhost:5000/a/b:latest")]
    [InlineData("[::1]:5000/a:b", "[::1]:5000/a", "b", false, "[::1]:5000/a:b")]
    [InlineData("Registry.Example.COM/team/a__b-c.d:V1_x", "Registry.Example.COM/team/a__b-c.d", "V1_x", false, "Registry.Example.COM/team/a__b-c.d:V1_x")]
    [InlineData("debian@" + Digest, "debian", null, true, "debian@" + Digest)]
    [InlineData("debian:12@" + Digest, "debian", "12", true, "debian@" + Digest)]
    public void Reference_OfTheSpecificationsForm_IsRead(string text, string name, string? tag, bool isPinned, string request)
    {
        var reference = ImageReference.TryParse(text).ShouldNotBeNull();
        (reference.Name, reference.Tag, reference.IsPinned, reference.Request, reference.ToString()).ShouldBe((name, tag, isPinned, request, text));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" debian")]
    [InlineData("debian\n")]
    [InlineData("Debian")]
    [InlineData("debian:")]
    [InlineData("debian:-x")]
    [InlineData("debian@sha256:123")]
    [InlineData("debian@md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("--privileged")]
    [InlineData("../etc")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("/debian")]
    [InlineData("https://registry.example/debian")]
    [InlineData("user:password@registry.example/debian")]
    [InlineData("a___b")]
    [InlineData("d\u0435bian")]
    [InlineData("debian:12 ; rm -rf /")]
    [InlineData("${IMAGE}")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(Digest)]
    public void Reference_OfAnyOtherForm_IsNone(string text) => ImageReference.TryParse(text).ShouldBeNull();

    [Fact]
    public void Reference_LongerThanTheSpecificationAllows_IsNone()
    {
        ImageReference.TryParse(new string('a', 256)).ShouldBeNull();
        ImageReference.TryParse("a:" + new string('t', 129)).ShouldBeNull();
        ImageReference.TryParse(string.Concat(Enumerable.Repeat("a-", 100_000)) + "!").ShouldBeNull();
    }
}
