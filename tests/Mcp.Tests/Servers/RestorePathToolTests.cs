namespace CodingAgent.Mcp.Tests.Servers;

public sealed class RestorePathToolTests
{
    [Fact]
    public async Task RestorePath_UndoesEditsAndRemovesOutput_ByteForByte()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("src/a.cs", "\uFEFFone\r\n"), ("src/b.cs", "b\n"));
        f.WriteFile("src/a.cs", "two\n");
        f.WriteFile("src/bin/out.dll", "x");
        (await f.CallAsync("restore_path", new { path = "src" })).ShouldBe("restored src/a.cs\ndeleted src/bin/out.dll\n");
        (await File.ReadAllBytesAsync(Path.Combine(f.Workspace.RootPath, "src/a.cs"))).ShouldBe("\uFEFFone\r\n"u8.ToArray());
        (await f.CallAsync("repo_status", new { })).ShouldStartWith("No changes");
        (await f.CallAsync("restore_path", new { path = "src/b.cs" })).ShouldContain("as in the base already");
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData(".git/config")]
    [InlineData("../x")]
    [InlineData("/etc/passwd")]
    public async Task RestorePath_OfNoPlaceInTheWorkspace_IsRefused(string path)
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("a.txt", "1\n"));
        f.WriteFile("a.txt", "2\n");
        await f.ErrorAsync("restore_path", new { path });
        f.ReadFile("a.txt").ShouldBe("2\n");
    }

    [Fact]
    public async Task RestorePath_BehindALinkToOutside_WritesNothingThere()
    {
        using var outside = new ScratchFolder();
        outside.Write("a.cs", "host");
        await using var f = await ToolsFixture.CreateAsync(null, ("src/a.cs", "1\n"));
        Directory.Delete(Path.Combine(f.Workspace.RootPath, "src"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(f.Workspace.RootPath, "src"), outside.Path);
        (await f.ErrorAsync("restore_path", new { path = "src/a.cs" })).ShouldContain("symbolic link");
        (await f.CallAsync("restore_path", new { path = "src" })).ShouldContain("restored src/a.cs");
        File.ReadAllText(outside["a.cs"]).ShouldBe("host");
        f.ReadFile("src/a.cs").ShouldBe("1\n");
    }

    [Fact]
    public async Task RepoStatus_TellsWhatIsLeftOut()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("App.csproj", "<Project/>"));
        f.WriteFile("obj/project.assets.json", "{}");
        (await f.CallAsync("repo_status", new { })).ShouldContain("left out obj: .NET build output");
    }
}
