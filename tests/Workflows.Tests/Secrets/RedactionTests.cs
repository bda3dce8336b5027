using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Secrets;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Workflows.Tests.Secrets;

/// <summary>Configured secrets, in every form in which texts hold them.</summary>
public sealed class RedactionTests
{
    // Each form has signs of its own to escape in it.
    private const string Secret = "hunter2/with+\"quotes\" & ünder_score";

    private static readonly Redaction Redaction = new([Secret, "plain-hunter-secret", ""]);

    public static TheoryData<string, string> Forms { get; } = new()
    {
        { "as it is", Secret },
        { "hex", Convert.ToHexString(Encoding.UTF8.GetBytes(Secret)) },
        { "hex in lower case", Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Secret)) },
        { "hex with dashes", BitConverter.ToString(Encoding.UTF8.GetBytes(Secret)) },
        { "URL", Uri.EscapeDataString(Secret) },
        { "URL in lower case", Uri.EscapeDataString(Secret).Replace("%2F", "%2f", StringComparison.Ordinal).Replace("%2B", "%2b", StringComparison.Ordinal).Replace("%C3%BC", "%c3%bc", StringComparison.Ordinal) },
        { "form", WebUtility.UrlEncode(Secret) },
        { "JSON", JsonSerializer.Serialize(Secret) },
        { "JSON relaxed", JsonEncodedText.Encode(Secret, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value },
        { "JSON in JSON", JsonEncodedText.Encode(JsonEncodedText.Encode(Secret, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value },
        { "HTML", WebUtility.HtmlEncode(Secret) },
        { "a comment", Markdown.Inline(Secret) },
        { "base64", Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)) },
        { "base64 after one byte", Convert.ToBase64String(Encoding.UTF8.GetBytes("u" + Secret + "tail")) },
        { "base64 after two bytes", Convert.ToBase64String(Encoding.UTF8.GetBytes("u:" + Secret + "tail of it")) },
        { "base64 of user and password", Convert.ToBase64String(Encoding.UTF8.GetBytes("x-access-token:" + Secret)) },
        { "base64 for addresses", Convert.ToBase64String(Encoding.UTF8.GetBytes("??>" + Secret)).Replace('+', '-').Replace('/', '_').TrimEnd('=') },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void ConfiguredSecret_InAForm_LeavesNothing(string form, string written)
    {
        var told = Redaction.Apply($"before {written} after");
        told.ShouldStartWith("before ", customMessage: form);
        told.ShouldEndWith(" after", customMessage: form);
        told.ShouldContain("***");
        // What stands before and after it in something longer may be left.
        var (first, last) = form.StartsWith("base64 ", StringComparison.Ordinal) ? (22, written.Length - 14) : (0, written.Length);
        for (var at = first; at + 12 <= last; at++)
            told.ShouldNotContain(written.Substring(at, 12), Case.Sensitive, form);
    }

    // Where a comment parts letters, or shows a part as code, depends on what they are and stand beside.
    [Theory]
    [InlineData("p@ss#12!3-www.x")]
    [InlineData("abc-1234567890abcdef-xyz")]
    [InlineData("ab|c*d_e<f>&g$h~[i]")]
    [InlineData("GH-12/fixes #9@you")]
    public void ConfiguredSecret_InAComment_LeavesNothing(string secret)
    {
        foreach (var written in new[] { Markdown.Inline($"before {secret} after"), Markdown.Quote($"before\n{secret} after"), Markdown.Code($"before {secret} after"), Markdown.Fence($"before {secret} after") })
        {
            var told = new Redaction([secret]).Apply(written);
            told.ShouldContain("***", Case.Sensitive, written);
            told.ShouldContain("before");
            told.ShouldContain(" after");
            told.Length.ShouldBeLessThan(40, told);
        }
    }

    [Theory]
    [InlineData("the log ended: plain-hunter-se", "the log ended: ***")]
    [InlineData("the log ended: plain-hunter-se…", "the log ended: ***…")]
    [InlineData("…\nhunter-secret and more", "…\n*** and more")]
    [InlineData("hunter-secret and more", "*** and more")]
    [InlineData("secret and more", "secret and more")]
    public void ConfiguredSecret_CutInTheMiddle_IsMasked(string text, string told) => Redaction.Apply(text).ShouldBe(told);

    [Fact]
    public void Exception_WithASecretInsideAnother_IsMasked()
    {
        var error = new InvalidOperationException("outer", new HttpRequestException($"GET https://host/?key={Uri.EscapeDataString(Secret)} failed"));
        Redaction.Apply(error.ToString()).ShouldContain("key=*** failed");
    }

    [Fact]
    public void OtherText_StaysAsItIs()
    {
        const string Text = "Delivery 7 accepted in 3 ms: task/github:octo/hello/issue/12, base 2b4c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c";
        new Redaction([]).Apply(Text).ShouldBe(Text);
        Redaction.Apply(Text).ShouldBe(Text);
        new Redaction(["abc"]).Apply("YWJj 616263 %61 abcd").ShouldBe("YWJj 616263 %61 ***d", "a short one is found as it is");
    }

    [Fact]
    public void AnySecret_InAnyText_IsNeverLeft() => Prop.ForAll(Texts(), pair =>
    {
        var (secret, around) = pair;
        var told = new Redaction([secret]).Apply(around + secret + around);
        return !told.Replace("***", "", StringComparison.Ordinal).Contains(secret, StringComparison.Ordinal);
    }).QuickCheckThrowOnFailure();

    private static Arbitrary<(string Secret, string Around)> Texts() => (
        from secret in Gen.Elements("aba", "abab", "s3cr3t", "a b", "+/=", "ab\"c", "x-y-z-x-y-z-x-y-z-x-y-z", "\\u00e4bc")
        from parts in Gen.ListOf(Gen.OneOf(Gen.Elements("aba", "ab", "s3", "+", "x-y-z", "\n", "…", "%41", "token="), ArbMap.Default.GeneratorFor<string?>().Select(s => s ?? "")))
        select (secret, string.Concat(parts))).ToArbitrary();
}
