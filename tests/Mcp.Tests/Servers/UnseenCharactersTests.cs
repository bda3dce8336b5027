namespace CodingAgent.Mcp.Tests.Servers;

/// <summary>What people do not see in a file is told to the model written out, as <c>[U+202E]</c>; edits take it back as the character.</summary>
public sealed class UnseenCharactersTests
{
    [Theory]
    // It can be taken out, kept, moved, and put in beside another.
    [InlineData("if (admin\u202E) go();\n", "if (admin[U+202E]) go();", "if (admin) go();", "if (admin) go();\n")]
    [InlineData("if (admin\u202E) go();\n", "if (admin[U+202E]) go();", "if (admin[U+202E]) stay();", "if (admin\u202E) stay();\n")]
    [InlineData("a\u200B = 1;\nb = 2;\n", "a[U+200B] = 1;\nb = 2;", "b = 2;\na[U+200B] = 1;", "b = 2;\na\u200B = 1;\n")]
    [InlineData("a\u200B = 1;\n", "a[U+200B] = 1;", "a[U+200B] = 1;\nb[U+200B] = 2;", "a\u200B = 1;\nb\u200B = 2;\n")]
    [InlineData("x\n\fy\n", "[U+000C]y", "z", "x\nz\n")]
    [InlineData("tag\U000E0041s\n", "tag[U+E0041]s", "tags", "tags\n")]
    // Who overlooks it finds the place all the same, and leaves it where it was.
    [InlineData("if (admin\u202E) go();\nx();\n", "if (admin) go();\nx();", "if (admin) go();\ny();", "if (admin\u202E) go();\ny();\n")]
    // A file that spells it out is meant literally.
    [InlineData("s = \"[U+202E]\";\n", "s = \"[U+202E]\";", "s = \"[U+202E]!\";", "s = \"[U+202E]!\";\n")]
    [InlineData("a = 1;\n", "a = 1;", "a = \"[U+202E]\";", "a = \"[U+202E]\";\n")]
    public async Task EditFile_TakesThemAsTheyAreShown(string before, string oldText, string newText, string after)
    {
        await using var f = await ToolsFixture.CreateAsync();
        f.WriteFile("a.js", before);
        await f.CallAsync("edit_file", new { path = "a.js", old_text = oldText, new_text = newText });
        f.ReadFile("a.js").ShouldBe(after);
    }

    [Fact]
    public async Task WriteFile_OverAFileThatHasThem_TakesThemAsTheyAreShown()
    {
        await using var f = await ToolsFixture.CreateAsync();
        f.WriteFile("a.js", "a\u200B = 1;\n");
        await f.CallAsync("write_file", new { path = "a.js", content = "a[U+200B] = 2;\nb = \"[U+202E]\";\n" });
        f.ReadFile("a.js").ShouldBe("a\u200B = 2;\nb = \"[U+202E]\";\n");
    }

    [Fact]
    public async Task EditFile_OldTextCopiedWithTheFenceAroundIt_IsFound()
    {
        await using var f = await ToolsFixture.CreateAsync();
        f.WriteFile("a.js", "one();\ntwo();\n");
        await f.CallAsync("edit_file", new
        {
            path = "a.js",
            old_text = "<untrusted-0123456789abcdef source=\"read_file a.js\">\na.js (lines 1-2 of 2)\n     1\tone();\n     2\ttwo();\n</untrusted-0123456789abcdef>",
            new_text = "     1\tone();\n     2\tthree();\n",
        });
        f.ReadFile("a.js").ShouldBe("one();\nthree();\n");
    }

    [Fact]
    public async Task RunCommand_ColouredOutput_IsToldWithoutColours()
    {
        await using var f = await ToolsFixture.CreateAsync();
        (await f.CallAsync("run_command", new { command = @"printf '\033[1;31mred\033[0m plain'" })).ShouldContain("--- stdout\nred plain\n");
    }
}
