using System.Text;
using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

public sealed class ContentsTests : IDisposable
{
    private const string Oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    private const string Pointer = $"version https://git-lfs.github.com/spec/v1\noid sha256:{Oid}\nsize 12345\n";

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly GitFixture _f = new();

    public void Dispose() => _f.Dispose();

    [Theory]
    [InlineData(Pointer, true)]
    [InlineData($"version https://git-lfs.github.com/spec/v1\next-0-foo sha256:{Oid}\noid sha256:{Oid}\nsize 0\n", true)]
    [InlineData($"version https://hawser.github.com/spec/v1\noid sha256:{Oid}\nsize 1\n", true)]
    [InlineData($"version https://git-lfs.github.com/spec/v1\r\noid sha256:{Oid}\r\nsize 12345\r\n", true)]
    [InlineData($"version https://git-lfs.github.com/spec/v2\noid sha256:{Oid}\nsize 1\n", false)]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 1\n", false)]
    [InlineData($"version https://git-lfs.github.com/spec/v1\noid sha256:{Oid}\nsize -1\n", false)]
    [InlineData($"version https://git-lfs.github.com/spec/v1\noid sha256:{Oid}\noid sha256:{Oid}\nsize 1\n", false)]
    [InlineData("version 1.0\nnot a pointer\n", false)]
    [InlineData("version \n\n \n", false)]
    [InlineData("", false)]
    public void IsLfsPointer_ByTheSpecification(string content, bool expected) => LfsPointer.IsLfsPointer(Encoding.UTF8.GetBytes(content)).ShouldBe(expected);

    [Fact]
    public async Task LfsFiles_AreListed_AndAChangeBesideThemLeavesThemAlone()
    {
        var head = _f.Origin.Commit("main", ("assets/.gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n"), ("assets/a.bin", Pointer), ("b.txt", "b\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        (await _f.Git.LfsFilesAsync(mirror, head, None)).Select(f => (f.Path, f.Pointer)).ShouldBe([("assets/a.bin", new LfsPointer(Oid, 12345))]);
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "b.txt"), "c\n");
        (await _f.ChangesAsync(mirror, workspace)).Files.ShouldHaveSingleItem().Path.ShouldBe("b.txt");
    }

    [Fact]
    public async Task LfsFiles_WithoutTheFilter_AreNone()
    {
        var head = _f.Origin.Commit("main", ("docs/example.txt", Pointer));
        (await _f.Git.LfsFilesAsync(await _f.MirrorAsync(), head, None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task LfsFiles_AreThoseThatTheTreesAttributesFilter()
    {
        var head = _f.Origin.Commit("main",
            (".gitattributes", "[attr]big filter=lfs -text\n*.bin big\n/tests/fixtures/** -filter\nraw.bin filter=other\n"),
            ("a.bin", Pointer), ("b c/ä.bin", Pointer), ("raw.bin", Pointer), ("docs/example.txt", Pointer), ("tests/fixtures/a.bin", Pointer), ("small.bin", "no pointer\n"));
        (await _f.Git.LfsFilesAsync(await _f.MirrorAsync(), head, None)).Select(f => f.Path).ShouldBe(["a.bin", "b c/ä.bin"]);
    }

    [Fact]
    public async Task Submodules_AreListedAsData()
    {
        _f.Origin.Commit("main", ("a.txt", "1\n"), (".gitmodules",
            "[submodule \"dotted.name\"]\n\tpath = libs/x y/\n\turl = ../x.git\n[submodule \"other\"]\n\tpath = other\n\turl = https://example.com/o.git\n[include]\n\tpath = /etc/passwd\n"));
        var pinned = _f.Origin.BranchHead("main");
        foreach (var path in new[] { "libs/x y", "other", "unknown" })
            _f.Origin.Git(_f.Origin.ClonePath, "update-index", "--add", "--cacheinfo", $"160000,{pinned},{path}");
        var head = _f.Origin.CommitIndex("main");
        (await _f.Git.SubmodulesAsync(await _f.MirrorAsync(), head, None)).ShouldBe(
        [
            new GitSubmodule("libs/x y", "../x.git", pinned),
            new GitSubmodule("other", "https://example.com/o.git", pinned),
            new GitSubmodule("unknown", null, pinned),
        ]);
    }

    [Theory]
    [InlineData("../x.git", "https://git.example.com:8443/o/x.git")]
    [InlineData("./x.git", "https://git.example.com:8443/o/r.git/x.git")]
    [InlineData("../../other/x", "https://git.example.com:8443/other/x")]
    [InlineData("https://example.com/x", "https://example.com/x")]
    [InlineData("http://example.com/x", null)]
    [InlineData("https://user:token@example.com/x", null)]
    [InlineData("git@example.com:o/r.git", "https://example.com/o/r.git")]
    [InlineData("git@example.com:/o/r.git", "https://example.com/o/r.git")]
    [InlineData("org-1234@example.com:o/r.git", "https://example.com/o/r.git")]
    [InlineData("ssh://git@example.com:2222/o/r", "https://example.com/o/r")]
    [InlineData("ssh://git@git.example.com:2222/o/r", "https://git.example.com:8443/o/r")]
    [InlineData("git://example.com/o/r.git", "https://example.com/o/r.git")]
    [InlineData("..", "https://git.example.com:8443/o")]
    [InlineData("../x.git/", "https://git.example.com:8443/o/x.git")]
    [InlineData("../../../../x.git", "https://git.example.com:8443/x.git")]
    [InlineData("https://github.com:owner/repo.git", null)]
    [InlineData("C:\\lib", null)]
    [InlineData("c:/lib", null)]
    [InlineData("git@-oProxyCommand=x:o/r", null)]
    [InlineData("ext::sh -c id", null)]
    [InlineData("-u./pwn", null)]
    [InlineData("/etc", null)]
    [InlineData("file:///etc", null)]
    [InlineData("https://example.com/x\ny", null)]
    [InlineData(null, null)]
    public void Submodule_Resolve_OnlyToPlainAddresses(string? url, string? expected)
    {
        var address = new GitSubmodule("x", url, "").Resolve(new Uri("https://git.example.com:8443/o/r.git"));
        address?.AbsoluteUri.ShouldBe(expected);
        (address is null).ShouldBe(expected is null);
    }

    [Theory]
    [InlineData("https://user:secret@example.com/x?token=secret", "https://example.com/x")]
    [InlineData("secret@example.com:o/r.git", "example.com:o/r.git")]
    [InlineData("ssh://user:secret@example.com/o/r", "ssh://example.com/o/r")]
    [InlineData("../x.git?token=secret", "../x.git")]
    [InlineData("user:secret@example.com/o", "")]
    [InlineData("https://user:secret@github.com:owner/repo", "")]
    [InlineData("../x\nforged", "")]
    public void Submodule_Shown_HoldsNoCredential(string url, string expected) => new GitSubmodule("x", url, "").Shown.ShouldBe(expected);
}
