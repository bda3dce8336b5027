using System.Text;

namespace CodingAgent.Mcp.Tests.Servers;

public sealed class ReadFileTests
{
    [Theory]
    [InlineData("a\nb\n", "utf-8", "f.txt (lines 1-2 of 2)\n     1\ta\n     2\tb\n")]
    [InlineData("a\nb", "utf-8", "f.txt (lines 1-2 of 2)\n     1\ta\n     2\tb\n[no newline at end of file]\n")]
    [InlineData("a\r\nb\r\n", "utf-8", "f.txt (lines 1-2 of 2; CRLF line ends)\n     1\ta\n     2\tb\n")]
    [InlineData("a\rb\r", "utf-8", "f.txt (lines 1-2 of 2; CR line ends)\n     1\ta\n     2\tb\n")]
    [InlineData("a\r\nb\nc\n", "utf-8", "f.txt (lines 1-3 of 3; mixed line ends)\n     1\ta\n     2\tb\n     3\tc\n")]
    [InlineData("é\n", "utf-16", "f.txt (lines 1-1 of 1; UTF-16LE with byte order mark)\n     1\té\n")]
    [InlineData("café\n", "iso-8859-1", "f.txt (lines 1-1 of 1; ISO-8859-1, by its bytes)\n     1\tcafé\n")]
    [InlineData("a\f\nb\u2028c\n", "utf-8", "f.txt (lines 1-2 of 2)\n     1\ta\f\n     2\tb\u2028c\n")]
    [InlineData("\n", "utf-8", "f.txt (lines 1-1 of 1)\n     1\t\n")]
    [InlineData("", "utf-8", "f.txt is empty.")]
    public async Task ReadFile_SaysWhatIsUnusual_AndNothingElse(string text, string encoding, string shown)
    {
        await using var f = await ToolsFixture.CreateAsync();
        var e = Encoding.GetEncoding(encoding);
        f.WriteBytes("f.txt", [.. encoding == "utf-16" ? e.Preamble : default, .. e.GetBytes(text)]);
        (await f.CallAsync("read_file", new { path = "f.txt" })).ShouldBe(shown);
    }

    [Fact]
    public async Task ReadFile_OfUtf8WithStrayBytes_ShowsThem_AndEditsKeepThem()
    {
        await using var f = await ToolsFixture.CreateAsync();
        byte[] line = [.. "// grün, blau, weiß "u8, 0xe9, 0xff];
        f.WriteBytes("f.c", [.. line, .. "\nint a;\n"u8]);
        (await f.CallAsync("read_file", new { path = "f.c" })).ShouldBe("f.c (lines 1-2 of 2; UTF-8 with bytes that are not UTF-8, shown as \uFFFD)\n     1\t// grün, blau, weiß \uFFFD\uFFFD\n     2\tint a;\n");
        await f.CallAsync("edit_file", new { path = "f.c", old_text = "// grün, blau, weiß \uFFFD\uFFFD\nint a;\n", new_text = "// grün, blau, weiß \uFFFD\uFFFD\nint ä;\n" });
        f.ReadBytes("f.c").ShouldBe([.. line, .. "\nint ä;\n"u8]);
    }

    [Fact]
    public async Task ReadFile_OfALongLine_SaysHowToGoOn()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("f.json", "[" + new string('a', 2500) + "]\nshort\n"));
        var first = await f.CallAsync("read_file", new { path = "f.json" });
        first.ShouldContain("aaa [... 1502 more characters; read_file shows them with start_column 1001 ...]\n     2\tshort\n");
        (await f.CallAsync("read_file", new { path = "f.json", start_column = 2001, line_count = 1 })).ShouldBe($"f.json (lines 1-1 of 2)\n     1\t{new string('a', 501)}]\n[1 more lines; continue with start_line 2]\n");
        (await f.ErrorAsync("read_file", new { path = "f.json", start_column = 0 })).ShouldContain("counts from 1");
    }

    [Fact]
    public async Task ReadFile_OfManyLongLines_IsBounded()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("f.txt", string.Concat(Enumerable.Repeat(new string('a', 900) + "\n", 400))));
        var text = await f.CallAsync("read_file", new { path = "f.txt", line_count = 400 });
        text.Length.ShouldBeLessThan(65_000);
        text.ShouldContain("more lines; continue with start_line ");
    }

    [Theory]
    [InlineData(new byte[] { 0x89, 0x50, 0x4e, 0x47, 0, 0, 1 })]
    [InlineData(new byte[] { 0x1f, 0x8b, 0x08, 0xff, 0xfe, 0x01, 0x02 })]
    [InlineData(new byte[] { 0xff, 0xfe, 0x41 })]
    [InlineData(new byte[] { 0x41, 0, 0x42 })]
    public async Task ReadFile_OfABinary_IsRefusedWithItsSize(byte[] bytes)
    {
        await using var f = await ToolsFixture.CreateAsync();
        f.WriteBytes("f.bin", bytes);
        (await f.ErrorAsync("read_file", new { path = "f.bin" })).ShouldContain($"f.bin is a binary file ({bytes.Length} bytes); only text can be shown and edited.");
        (await f.ErrorAsync("edit_file", new { path = "f.bin", old_text = "A", new_text = "B" })).ShouldContain("binary file");
    }
}
