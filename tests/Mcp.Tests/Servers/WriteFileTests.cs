using System.Text;

namespace CodingAgent.Mcp.Tests.Servers;

public sealed class WriteFileTests
{
    [Theory]
    [InlineData("a\r\nb\r\nc\r\n", "a\nB\nc\n", "a\r\nB\r\nc\r\n")]
    [InlineData("a\r\nb\r\n", "a\nb\nnew\n", "a\r\nb\r\nnew\r\n")]
    [InlineData("a\r\nb\r\n", "x\r\ny\r\nz\r\n", "x\r\ny\r\nz\r\n")]
    [InlineData("a\nb\n", "x\r\ny\r\n", "x\ny\n")]
    [InlineData("a\r\nb\nc\r\nd\n", "a\nb\nnew\nc\nd\n", "a\r\nb\nnew\nc\r\nd\n")]
    [InlineData("a\r\nb\nc\r\n", "b\nc\n", "b\nc\r\n")]
    [InlineData("a\rb\r", "a\rx\r", "a\rx\r")]
    [InlineData("a\r\nb\r\n", "a\nb", "a\r\nb")]
    [InlineData("a\r\nb", "a\nb\n", "a\r\nb\r\n")]
    [InlineData("a\r\nb", "a\nb\nc", "a\r\nb\r\nc")]
    [InlineData("a\r\n", "", "")]
    [InlineData("a\n\f\nb\u2028c\n", "a\n\f\nb\u2028d\n", "a\n\f\nb\u2028d\n")]
    public async Task WriteFile_OverAFile_KeepsItsLineEnds(string before, string content, string after)
    {
        await using var f = await ToolsFixture.CreateAsync();
        foreach (var encoding in new[] { new UTF8Encoding(false), new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            f.WriteBytes("f.txt", [.. encoding.Preamble, .. encoding.GetBytes(before)]);
            await f.CallAsync("write_file", new { path = "f.txt", content });
            f.ReadBytes("f.txt").ShouldBe([.. encoding.Preamble, .. encoding.GetBytes(after)]);
        }
    }

    [Fact]
    public async Task WriteFile_OverAFile_KeepsItsEncoding_OrIsRefused()
    {
        await using var f = await ToolsFixture.CreateAsync();
        var before = Encoding.Latin1.GetBytes("// café\n");
        f.WriteBytes("f.c", before);
        (await f.ErrorAsync("write_file", new { path = "f.c", content = "// → café\n" })).ShouldContain("f.c: '→' (U+2192) cannot be written in ISO-8859-1");
        f.ReadBytes("f.c").ShouldBe(before);
        (await f.CallAsync("write_file", new { path = "f.c", content = "// thé\nint a;\n" })).ShouldBe("Replaced f.c (2 lines; ISO-8859-1, by its bytes).");
        f.ReadBytes("f.c").ShouldBe(Encoding.Latin1.GetBytes("// thé\nint a;\n"));
    }

    [Fact]
    public async Task WriteFile_WithTheMarkInItsContent_WritesItOnce()
    {
        await using var f = await ToolsFixture.CreateAsync();
        f.WriteBytes("f.cs", [0xef, 0xbb, 0xbf, .. "a\n"u8]);
        await f.CallAsync("write_file", new { path = "f.cs", content = "\ufeffb\n" });
        f.ReadBytes("f.cs").ShouldBe([0xef, 0xbb, 0xbf, .. "b\n"u8]);
    }

    [Fact]
    public async Task WriteFile_ThatLeavesLinesOut_IsRefused()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("a.cs", "class A\n{\n    int a;\n}\n"));
        (await f.ErrorAsync("write_file", new { path = "a.cs", content = "class A\n{\n    // ... existing members ...\n    int b;\n}\n" })).ShouldContain("would be lost");
        f.ReadFile("a.cs").ShouldBe("class A\n{\n    int a;\n}\n");
        await f.CallAsync("write_file", new { path = "new.md", content = "# A\n...\n" });
    }

    [Fact]
    public async Task WriteFile_OfANewFile_FollowsItsNeighboursAndEditorConfig()
    {
        const string Config = "root = true\n[*]\nend_of_line = crlf\n[*.{vb,bas}]\ncharset = utf-8-bom\n[legacy/**.c]\ncharset = latin1\nend_of_line = lf\n";
        await using var f = await ToolsFixture.CreateAsync(null, (".editorconfig", Config), ("unix/a.sh", "a\nb\n"), ("sub/.editorconfig", "[*.txt]\nend_of_line=lf\n"));
        async Task<byte[]> WriteAsync(string path, string content)
        {
            await f.CallAsync("write_file", new { path, content });
            return f.ReadBytes(path);
        }

        (await WriteAsync("a.txt", "a\nb\n")).ShouldBe("a\r\nb\r\n"u8.ToArray());
        (await WriteAsync("unix/b.sh", "a\nb\n")).ShouldBe("a\nb\n"u8.ToArray());
        (await WriteAsync("sub/b.txt", "a\nb\n")).ShouldBe("a\nb\n"u8.ToArray());
        (await WriteAsync("deep/er/a.vb", "ä\n")).ShouldBe([0xef, 0xbb, 0xbf, .. "ä\r\n"u8]);
        (await WriteAsync("legacy/x/a.c", "ä\n")).ShouldBe([0xe4, 0x0a]);
        (await f.ErrorAsync("write_file", new { path = "legacy/x/b.c", content = "→" })).ShouldContain("cannot be written in ISO-8859-1");
        (await WriteAsync("unix/c.bat", "a\r\nb\r\n")).ShouldBe("a\r\nb\r\n"u8.ToArray());
    }

    [Fact]
    public async Task WriteFile_WhereGitConvertsLineEnds_WritesLf()
    {
        await using var f = await ToolsFixture.CreateAsync(null, (".editorconfig", "[*]\nend_of_line = crlf\n"), (".gitattributes", "* text=auto\n"));
        await f.CallAsync("write_file", new { path = "a.cs", content = "a\n" });
        f.ReadBytes("a.cs").ShouldBe("a\n"u8.ToArray());
    }

    [Fact]
    public async Task EditFile_OfAnAsciiFile_WritesTheDeclaredCharset()
    {
        await using var f = await ToolsFixture.CreateAsync(null, (".editorconfig", "[*.properties]\ncharset = latin1\n"), ("a.properties", "a=1\n"), ("b.txt", "a=1\n"));
        await f.CallAsync("edit_file", new { path = "a.properties", old_text = "1", new_text = "é" });
        f.ReadBytes("a.properties").ShouldBe([(byte)'a', (byte)'=', 0xe9, (byte)'\n']);
        await f.CallAsync("edit_file", new { path = "b.txt", old_text = "1", new_text = "é" });
        f.ReadBytes("b.txt").ShouldBe("a=é\n"u8.ToArray());
    }
}
