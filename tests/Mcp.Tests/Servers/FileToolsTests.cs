using System.Text;
using CodingAgent.Mcp.Servers;

namespace CodingAgent.Mcp.Tests.Servers;

public sealed class FileToolsTests
{
    private static readonly string Long = string.Concat(Enumerable.Range(1, 250).Select(i => $"line {i}\n"));

    [Fact]
    public async Task ReadFile_ShowsAHundredNumberedLines_AndWhereToGoOn()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("long.txt", Long), ("empty.txt", ""));
        var text = await f.CallAsync("read_file", new { path = "long.txt" });
        text.ShouldStartWith("long.txt (lines 1-100 of 250)\n     1\tline 1\n");
        text.ShouldEndWith("   100\tline 100\n[150 more lines; continue with start_line 101]\n");
        (await f.CallAsync("read_file", new { path = "long.txt", start_line = 249, line_count = 10 })).ShouldBe("long.txt (lines 249-250 of 250)\n   249\tline 249\n   250\tline 250\n");
        (await f.CallAsync("read_file", new { path = "/workspace/./long.txt", start_line = 250 })).ShouldContain("line 250");
        (await f.CallAsync("read_file", new { path = "empty.txt" })).ShouldBe("empty.txt is empty.");
        (await f.ErrorAsync("read_file", new { path = "long.txt", start_line = 251 })).ShouldContain("has 250 lines");
        (await f.ErrorAsync("read_file", new { path = "long.txt", line_count = 5000 })).ShouldContain("from 1 to 400");
        (await f.ErrorAsync("read_file", new { path = "nothing.txt" })).ShouldContain("does not exist");
    }

    [Theory]
    [InlineData("../outside.txt", "'..' is not allowed")]
    [InlineData("/etc/passwd", "outside the workspace")]
    [InlineData("src/../../x", "'..' is not allowed")]
    [InlineData(".git/config", "git's own files")]
    [InlineData("sub/.GIT/config", "git's own files")]
    [InlineData("", "names the workspace itself")]
    [InlineData("link.txt", "symbolic link to '/etc/passwd'")]
    [InlineData("etc/passwd", "symbolic link to '/etc'")]
    [InlineData("binary.bin", "binary file")]
    [InlineData("src", "is a folder")]
    [InlineData("src\\a.cs", "forward slashes")]
    public async Task Paths_ThatMustNotBeRead_AreRefusedWithReason(string path, string reason)
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("src/a.cs", "x\n"));
        File.CreateSymbolicLink(Path.Combine(f.Workspace.RootPath, "link.txt"), "/etc/passwd");
        Directory.CreateSymbolicLink(Path.Combine(f.Workspace.RootPath, "etc"), "/etc");
        await File.WriteAllBytesAsync(Path.Combine(f.Workspace.RootPath, "binary.bin"), [1, 0, 2]);
        (await f.ErrorAsync("read_file", new { path })).ShouldContain(reason);
        (await f.ErrorAsync("edit_file", new { path, old_text = "root", new_text = "x" })).ShouldContain(reason);
    }

    [Fact]
    public async Task Writing_ThroughLinks_IsRefused_AndTheTargetStays()
    {
        using var outside = new ScratchFolder();
        outside.Write("victim.txt", "untouched");
        await using var f = await ToolsFixture.CreateAsync(null, ("a.txt", "x\n"));
        File.CreateSymbolicLink(Path.Combine(f.Workspace.RootPath, "file-link"), outside["victim.txt"]);
        Directory.CreateSymbolicLink(Path.Combine(f.Workspace.RootPath, "dir-link"), outside.Path);
        await f.ErrorAsync("write_file", new { path = "file-link", content = "hacked" });
        await f.ErrorAsync("write_file", new { path = "dir-link/victim.txt", content = "hacked" });
        await f.ErrorAsync("write_file", new { path = "dir-link/new.txt", content = "hacked" });
        await f.ErrorAsync("delete_file", new { path = "dir-link/victim.txt" });
        File.ReadAllText(outside["victim.txt"]).ShouldBe("untouched");
        Directory.GetFileSystemEntries(outside.Path).Length.ShouldBe(1);
        await f.CallAsync("delete_file", new { path = "file-link" });
        File.Exists(outside["victim.txt"]).ShouldBeTrue();
    }

    [Fact]
    public async Task Policy_DenyWins_AndSaysWhy()
    {
        var policy = new PathPolicy(["src/**", "*.md"], [".github/workflows/**", "src/Secret*", "src/closed/", "src/shut"], hidden: ["private/**"]);
        await using var f = await ToolsFixture.CreateAsync(o => o with { PathPolicy = policy }, ("src/a.cs", "x\n"), ("private/k.txt", "k\n"), (".github/workflows/ci.yml", "x\n"), ("other/b.txt", "b\n"));
        await f.CallAsync("write_file", new { path = "src/deep/b.cs", content = "b\n" });
        await f.CallAsync("write_file", new { path = "README.md", content = "b\n" });
        (await f.ErrorAsync("write_file", new { path = "src/Secret.cs", content = "b\n" })).ShouldContain("denies 'src/Secret*'");
        (await f.ErrorAsync("write_file", new { path = "src/secret.cs", content = "b\n" })).ShouldContain("denies");
        (await f.ErrorAsync("write_file", new { path = "src/closed/b.cs", content = "b\n" })).ShouldContain("denies 'src/closed/'");
        (await f.ErrorAsync("write_file", new { path = "src/shut/b.cs", content = "b\n" })).ShouldContain("denies 'src/shut'");
        (await f.ErrorAsync("edit_file", new { path = ".github/workflows/ci.yml", old_text = "x", new_text = "y" })).ShouldContain("denies");
        (await f.ErrorAsync("delete_file", new { path = "other/b.txt" })).ShouldContain("allows src/**, *.md");
        await f.CallAsync("read_file", new { path = "other/b.txt" });
        (await f.ErrorAsync("read_file", new { path = "private/k.txt" })).ShouldContain("hides");
        (await f.CallAsync("list_files", new { })).ShouldNotContain("private");
        (await f.CallAsync("search_text", new { pattern = "^k$" })).ShouldBe("No matches.");
        (await f.ErrorAsync("repo_show", new { path = "private/k.txt" })).ShouldContain("hides");
    }

    [Fact]
    public async Task EditFile_Exact_EchoesTheRegion_AndKeepsEndingsMarkAndMode()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("a.cs", "x\n"));
        var path = Path.Combine(f.Workspace.RootPath, "a.cs");
        await File.WriteAllBytesAsync(path, [0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes("one\r\ntwo\r\nthree\r\n")]);
        File.SetUnixFileMode(path, (UnixFileMode)0x1ed);
        var text = await f.CallAsync("edit_file", new { path = "a.cs", old_text = "two\nthree", new_text = "2\n2½\n3" });
        text.ShouldBe("Edited a.cs. It now reads:\n     1\tone\n     2\t2\n     3\t2½\n     4\t3\n");
        (await File.ReadAllBytesAsync(path)).ShouldBe([0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes("one\r\n2\r\n2½\r\n3\r\n")]);
        File.GetUnixFileMode(path).ShouldBe((UnixFileMode)0x1ed);
    }

    [Fact]
    public async Task EditFile_ThatFails_SaysWhereToLook_AndChangesNothing()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("a.cs", "int a = 1;\nint b = 2;\nint a = 1;\nreturn a + b;\n"));
        (await f.ErrorAsync("edit_file", new { path = "a.cs", old_text = "int a = 1;", new_text = "x" })).ShouldContain("found 2 times in a.cs, at lines 1, 3");
        (await f.ErrorAsync("edit_file", new { path = "a.cs", old_text = "int b = 2;\nreturn a - b;", new_text = "x" })).ShouldContain("nearest place is:\n     1\tint a = 1;\n     2\tint b = 2;");
        (await f.ErrorAsync("edit_file", new { path = "a.cs", old_text = "  \n", new_text = "x" })).ShouldContain("old_text is empty");
        (await f.ErrorAsync("edit_file", new { path = "a.cs", old_text = "int b = 2;", new_text = "int b = 2;" })).ShouldContain("the same");
        (await f.ErrorAsync("write_file", new { path = "a.cs", content = "a\0b" })).ShouldContain("NUL");
        f.ReadFile("a.cs").ShouldBe("int a = 1;\nint b = 2;\nint a = 1;\nreturn a + b;\n");
    }

    [Fact]
    public async Task FilesWrittenByTools_BelongToTheSandboxesUser()
    {
        await using var f = await ToolsFixture.CreateAsync();
        await f.CallAsync("write_file", new { path = "new/dir/a.sh", content = "echo 1\n" });
        (await f.CallAsync("run_command", new { command = "echo 'echo 2' >> new/dir/a.sh && touch new/dir/b && sh new/dir/a.sh" })).ShouldContain("1\n2");
        await f.CallAsync("edit_file", new { path = "new/dir/a.sh", old_text = "echo 2", new_text = "echo 3" });
        f.ReadFile("new/dir/a.sh").ShouldBe("echo 1\necho 3\n");
    }

    [Fact]
    public async Task ListAndSearch_FilterAndStop()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("src/a.cs", "class A;\n"), ("src/deep/b.cs", "class B;\n"), ("readme.md", "class\n"));
        f.WriteFile("src/obj/noise.cs", "class Noise;\n");
        (await f.CallAsync("list_files", new { })).ShouldBe("readme.md\nsrc/a.cs\nsrc/deep/b.cs\n[build output left out: src/obj; name a folder as path to see it]\n");
        (await f.CallAsync("list_files", new { path = "src/obj" })).ShouldBe("src/obj/noise.cs\n");
        (await f.CallAsync("list_files", new { path = "src", glob = "**/b.cs" })).ShouldStartWith("src/deep/b.cs\n[build output left out: src/obj");
        (await f.CallAsync("search_text", new { pattern = @"class \w;", glob = "src/**/*.cs" })).ShouldBe("2 matches in 2 files\nsrc/a.cs:1: class A;\nsrc/deep/b.cs:1: class B;\n[build output not searched: src/obj; name its folder in the glob to search it]\n");
        (await f.CallAsync("search_text", new { pattern = "nowhere" })).ShouldStartWith("No matches.\n[build output not searched: src/obj");
        (await f.ErrorAsync("search_text", new { pattern = "(" })).ShouldContain("not a usable regular expression");
        (await f.ErrorAsync("search_text", new { pattern = new string('a', 1001) })).ShouldContain("at most 1000");
        for (var i = 0; i < 450; i++) f.WriteFile($"many/{i:000}.txt", "hit\n");
        (await f.CallAsync("list_files", new { path = "many" })).ShouldContain("[50 more files; narrow path or glob]");
        (await f.CallAsync("search_text", new { pattern = "hit" })).ShouldContain("[350 more matches; narrow pattern or glob]");
    }
}
