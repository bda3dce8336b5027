using System.Text;
using CodingAgent.Forges.GitHub.Webhooks;

namespace CodingAgent.Forges.Tests.Webhooks;

public sealed class WebhookSignatureTests
{
    private static readonly byte[] Body = "Hello, World!"u8.ToArray();

    // The worked example of GitHub's documentation "Validating webhook deliveries".
    private const string Secret = "It's a Secret to Everybody";
    private const string Signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    [Fact]
    public void Verify_DocumentedExample_IsValid() => WebhookSignature.Verify(Body, Signature, Secret).ShouldBe(SignatureVerdict.Valid);

    [Fact]
    public void Sign_DocumentedExample_IsTheSame() => WebhookSignature.Sign(Body, Secret).ShouldBe(Signature);

    [Theory]
    [InlineData(null, Secret, SignatureVerdict.Missing)]
    [InlineData("", Secret, SignatureVerdict.Missing)]
    [InlineData("sha256=", Secret, SignatureVerdict.Malformed)]
    [InlineData("sha1=757107ea0eb2509fc211221cce984b8a37570b6d", Secret, SignatureVerdict.Malformed)]
    [InlineData("757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", Secret, SignatureVerdict.Malformed)]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043eXX", Secret, SignatureVerdict.Malformed)]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1700", Secret, SignatureVerdict.Malformed)]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e18", Secret, SignatureVerdict.Mismatch)]
    [InlineData(Signature, "another secret", SignatureVerdict.Mismatch)]
    [InlineData(Signature, "", SignatureVerdict.NoSecret)]
    [InlineData(Signature, null, SignatureVerdict.NoSecret)]
    public void Verify_AnythingElse_IsNotValid(string? header, string? secret, SignatureVerdict verdict) =>
        WebhookSignature.Verify(Body, header, secret).ShouldBe(verdict);

    [Fact]
    public void Verify_OneChangedByte_IsMismatch() =>
        WebhookSignature.Verify(Encoding.UTF8.GetBytes("Hello, world!"), Signature, Secret).ShouldBe(SignatureVerdict.Mismatch);
}
