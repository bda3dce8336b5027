using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

public sealed class GitTextTests
{
    [Fact]
    public void Decode_AnyBytes_GiveTheSameBytesBack()
    {
        // Mostly bytes that begin, continue or break UTF-8 sequences, surrogates and overlong forms among them.
        byte[] alphabet = [0x00, 0x41, 0x7F, 0x80, 0x9F, 0xA0, 0xBF, 0xC0, 0xC3, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF];
        var random = new Random(8);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(12)];
            for (var i = 0; i < bytes.Length; i++) bytes[i] = alphabet[random.Next(alphabet.Length)];
            var text = GitText.Decode(bytes);
            GitText.Encode(text).ShouldBe(bytes);
            GitText.IsUtf8(text).ShouldBe(System.Text.Unicode.Utf8.IsValid(bytes));
            System.Text.Unicode.Utf8.IsValid(System.Text.Encoding.UTF8.GetBytes(GitText.Show(text))).ShouldBeTrue();
            GitText.IsUtf8(GitText.Show(text)).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(new byte[] { (byte)'c', 0xE9 }, "c\\xE9", false)]
    [InlineData(new byte[] { 0xC3, 0xA9 }, "é", true)]
    [InlineData(new byte[] { 0xF0, 0x9F, 0x98, 0x80 }, "😀", true)]
    [InlineData(new byte[] { 0xF0, 0x9F, 0x98, 0x80, 0xFF }, "😀\\xFF", false)]
    public void Show_IsReadable(byte[] bytes, string shown, bool utf8)
    {
        GitText.Show(GitText.Decode(bytes)).ShouldBe(shown);
        GitText.IsUtf8(GitText.Decode(bytes)).ShouldBe(utf8);
    }
}
