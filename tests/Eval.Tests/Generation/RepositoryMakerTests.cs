using System.Text;
using CodingAgent.Eval.Bundles;
using CodingAgent.Eval.Generation;

namespace CodingAgent.Eval.Tests.Generation;

public sealed class RepositoryMakerTests : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("eval-tests-").FullName;

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [Fact]
    public async Task Make_Bundle_IsARepositoryWithHistoryTagsAndTheChange()
    {
        var bundle = RepositoryBundle.Parse("tiny", """
            ecosystem: C
            issue: Change it
            crlf: [.c]
            bom: [.c]
            executable: [run.sh]
            deleted: [old.txt]
            submodule: theme
            -- base/a.c --
            int a; /* {{place}} */
            -- base/old.txt --
            old
            -- base/src/run.sh --
            -- base/run.sh --
            echo
            -- base/tests/t.c --
            int t;
            -- after/a.c --
            int b;
            """.ReplaceLineEndings("\n"));

        var made = await new RepositoryMaker(_scratch).MakeAsync(bundle, new Dictionary<string, string> { ["place"] = "here" }, default);

        (await made.Git.RunAsync(default, "rev-list", "--count", "HEAD")).ShouldBe("4");
        (await made.Git.RunAsync(default, "describe")).ShouldBe("v0.2.0");
        (await made.Git.RunAsync(default, "status", "--porcelain")).ShouldBe("");
        (await made.Git.RunAsync(default, "ls-tree", "HEAD", "run.sh")).ShouldStartWith("100755");
        (await made.Git.RunAsync(default, "ls-tree", "HEAD", "theme")).ShouldStartWith("160000");
        (await made.Git.RunAsync(default, "ls-tree", made.ExpectedTree, "theme")).ShouldStartWith("160000");
        var blob = await made.Git.RunAsync(default, "rev-parse", "HEAD:a.c");
        (await made.Git.BlobAsync(blob, default)).ShouldBe([0xef, 0xbb, 0xbf, .. "int a; /* here */\r\n"u8]);
        made.Change.Files.Select(f => (f.Path, f.After)).ShouldBe([("a.c", "\uFEFFint b;"), ("old.txt", null)]);
        made.FileCount.ShouldBe(7);
    }

    [Fact]
    public async Task Take_LocalRepository_LeavesItAloneAndAppliesThePatch()
    {
        var (git, patch) = await LocalAsync("a\nb\n", "a\nc\n");
        var before = await git.RunAsync(default, "count-objects");

        var made = await new RepositoryMaker(_scratch).TakeAsync(git.Folder, patch, issue: null, default);

        made.Name.ShouldBe("local");
        made.Header.Issue.ShouldBe("Carry on after: First");
        made.Change.Files.ShouldHaveSingleItem().ShouldSatisfyAllConditions(f => f.Before.ShouldBe("a\nb\n"), f => f.After.ShouldBe("a\nc\n"));
        (await git.RunAsync(default, "count-objects")).ShouldBe(before);
        (await git.RunAsync(default, "status", "--porcelain")).ShouldBe("");
    }

    [Fact]
    public async Task Take_PatchThatDoesNotApply_SaysSo()
    {
        var (git, patch) = await LocalAsync("a\nb\n", "a\nc\n");
        await File.WriteAllTextAsync(patch, (await File.ReadAllTextAsync(patch)).Replace("-b", "-x", StringComparison.Ordinal));
        (await Should.ThrowAsync<EvalException>(() => new RepositoryMaker(_scratch).TakeAsync(git.Folder, patch, null, default))).Message.ShouldContain("patch does not apply");
    }

    [Fact]
    public async Task Take_BinaryPatch_IsRefused()
    {
        var (git, patch) = await LocalAsync("a\0b\n", "a\0c\n");
        (await Should.ThrowAsync<EvalException>(() => new RepositoryMaker(_scratch).TakeAsync(git.Folder, patch, null, default))).Message.ShouldContain("binary file file.txt");
    }

    [Theory]
    [InlineData(new byte[] { 0xff, 0xfe, 0x61, 0x00 }, "a")]
    [InlineData(new byte[] { 0xfe, 0xff, 0x00, 0x61 }, "a")]
    [InlineData(new byte[] { 0x61, 0xe9 }, "aé")]
    [InlineData(new byte[] { 0xef, 0xbb, 0xbf, 0x61 }, "\uFEFFa")]
    [InlineData(new byte[] { 0x61, 0x00 }, null)]
    public void Decode_EncodingsInTheWild_AreText(byte[] bytes, string? expected) => ReferenceReader.Decode(bytes).ShouldBe(expected);

    private async Task<(Git Git, string Patch)> LocalAsync(string before, string after)
    {
        var git = new Git(Path.Combine(_scratch, "source", "local"));
        Directory.CreateDirectory(git.Folder);
        var file = Path.Combine(git.Folder, "file.txt");
        await git.RunAsync(default, "init", "--quiet");
        await File.WriteAllTextAsync(file, before, Encoding.ASCII);
        await git.RunAsync(default, "add", "--all");
        await git.RunAsync(default, "commit", "--quiet", "--message", "First");
        await File.WriteAllTextAsync(file, after, Encoding.ASCII);
        var patch = Path.Combine(_scratch, "change.patch");
        await File.WriteAllTextAsync(patch, await git.RunAsync(default, "diff", "--binary") + "\n\n");
        await git.RunAsync(default, "checkout", "--quiet", "--", ".");
        return (git, patch);
    }
}
