using System.Text;
using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

public sealed class MergingTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly GitFixture _f = new();

    public void Dispose() => _f.Dispose();

    [Fact]
    public async Task Merge_OfDifferentFiles_IsCleanAndHoldsBoth()
    {
        _f.Origin.Commit("main", ("a.txt", "1\n"), ("b.txt", "1\n"));
        var ours = Branch("ours", ("a.txt", "2\n"));
        var theirs = Main(("b.txt", "2\n"));
        var mirror = await _f.MirrorAsync();
        var merged = await _f.Git.MergeAsync(mirror, ours, theirs, None);
        merged.Conflicts.ShouldBeEmpty();
        (await TextAsync(mirror, merged, "a.txt"), await TextAsync(mirror, merged, "b.txt")).ShouldBe(("2\n", "2\n"));
    }

    [Fact]
    public async Task Merge_OfTheSameLines_MarksThemAndNamesTheFiles()
    {
        _f.Origin.Commit("main", ("a.txt", "one\ntwo\nthree\n"), ("gone.txt", "x\n"), ("dir/größe und mehr.txt", "1\n"), ("same.txt", "1\n"));
        var ours = Branch("ours", ("a.txt", "one\nOURS\nthree\n"), ("gone.txt", "y\n"), ("dir/größe und mehr.txt", "2\n"), ("same.txt", "2\n"));
        _f.Origin.Git(_f.Origin.ClonePath, "checkout", "--quiet", "main");
        _f.Origin.Git(_f.Origin.ClonePath, "rm", "--quiet", "gone.txt");
        var theirs = _f.Origin.Commit("main", ("a.txt", "one\nTHEIRS\nthree\n"), ("dir/größe und mehr.txt", "3\n"), ("same.txt", "2\n"));
        var mirror = await _f.MirrorAsync();

        var merged = await _f.Git.MergeAsync(mirror, ours, theirs, None);

        merged.Conflicts.Select(c => c.Path).ShouldBe(["a.txt", "dir/größe und mehr.txt", "gone.txt"], ignoreOrder: true);
        merged.Conflicts.Single(c => c.Path == "a.txt").Words.ShouldBe("CONFLICT (content): Merge conflict in a.txt");
        merged.Conflicts.Single(c => c.Path == "gone.txt").Words.ShouldContain("deleted in theirs and modified in ours");
        (await TextAsync(mirror, merged, "a.txt")).ShouldBe($"one\n<<<<<<< {ours}\nOURS\n=======\nTHEIRS\n>>>>>>> {theirs}\nthree\n");
        (await TextAsync(mirror, merged, "gone.txt")).ShouldBe("y\n");
    }

    [Fact]
    public async Task Merge_AttributesOfTheRepository_ChooseNoDriver()
    {
        // "union" and "ours" would take both, or one side, in silence.
        _f.Origin.Commit("main", ("a.txt", "1\n"), (".gitattributes", "*.txt merge=union\n"));
        var ours = Branch("ours", ("a.txt", "2\n"));
        var theirs = Main(("a.txt", "3\n"));
        (await _f.Git.MergeAsync(await _f.MirrorAsync(), ours, theirs, None)).Conflicts.ShouldHaveSingleItem().Path.ShouldBe("a.txt");
    }

    [Fact]
    public async Task Merge_WithARename_FollowsIt()
    {
        var long10 = string.Concat(Enumerable.Range(0, 10).Select(i => $"line {i}\n"));
        _f.Origin.Commit("main", ("old.txt", long10));
        var ours = Branch("ours", ("old.txt", long10.Replace("line 3", "LINE 3", StringComparison.Ordinal)));
        _f.Origin.Git(_f.Origin.ClonePath, "checkout", "--quiet", "main");
        _f.Origin.Git(_f.Origin.ClonePath, "mv", "old.txt", "new.txt");
        var theirs = _f.Origin.Commit("main", ("other.txt", "1"));
        var mirror = await _f.MirrorAsync();
        var merged = await _f.Git.MergeAsync(mirror, ours, theirs, None);
        merged.Conflicts.ShouldBeEmpty();
        (await TextAsync(mirror, merged, "new.txt")).ShouldContain("LINE 3");
    }

    [Fact]
    public async Task Merge_WithABaseOfItsOwn_TakesBackWhatTheOtherSideTookBack()
    {
        var root = _f.Origin.Commit("main", ("a.txt", "1\n"), ("b.txt", "1\n"));
        var takenBack = Main(("oops.txt", "x\n"));
        var ours = Branch("ours", ("a.txt", "2\n"));
        _f.Origin.Git(_f.Origin.ClonePath, "checkout", "--quiet", "-B", "main", root);
        _f.Origin.Git(_f.Origin.BarePath, "update-ref", "refs/heads/main", root);
        var theirs = _f.Origin.Commit("main", ("b.txt", "2\n"));
        var mirror = await _f.MirrorAsync();
        var merged = await _f.Git.MergeAsync(mirror, ours, theirs, None, mergeBase: takenBack);
        merged.Conflicts.ShouldBeEmpty();
        (await _f.Git.ListTreeAsync(mirror, merged.TreeId, None)).Select(e => e.Path).ShouldBe(["a.txt", "b.txt"]);
        (await TextAsync(mirror, merged, "a.txt"), await TextAsync(mirror, merged, "b.txt")).ShouldBe(("2\n", "2\n"));
    }

    [Fact]
    public async Task Merge_OfUnrelatedHistories_FailsInWords()
    {
        var ours = _f.Origin.Commit("main", ("a.txt", "1\n"));
        _f.Origin.Git(_f.Origin.ClonePath, "checkout", "--quiet", "--orphan", "island");
        var theirs = _f.Origin.Commit("island", ("a.txt", "2\n"));
        var mirror = await _f.MirrorAsync();
        (await Should.ThrowAsync<GitFailedException>(() => _f.Git.MergeAsync(mirror, ours, theirs, None))).Message.ShouldContain("unrelated histories");
    }

    private string Branch(string name, params (string Path, string? Text)[] files) => _f.Origin.Commit(name, files);

    private string Main(params (string Path, string? Text)[] files)
    {
        _f.Origin.Git(_f.Origin.ClonePath, "checkout", "--quiet", "main");
        return _f.Origin.Commit("main", files);
    }

    private async Task<string> TextAsync(GitMirror mirror, MergedTree merged, string path) => Encoding.UTF8.GetString((await _f.Git.ReadFileAsync(mirror, merged.TreeId, path, None))!);
}
