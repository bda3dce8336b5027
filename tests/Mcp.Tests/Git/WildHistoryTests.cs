using System.Text;
using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>Repositories as they are out there are fetched; what must not be read is refused, in words.</summary>
public sealed class WildHistoryTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly GitFixture _f = new();
    private readonly RawObjects _raw;

    public WildHistoryTests() => _raw = new RawObjects(_f.Origin);

    public void Dispose() => _f.Dispose();

    [Theory]
    [InlineData("author <dev@example.com> 1300000000 +0000")]
    [InlineData("author Dev 1300000000")]
    [InlineData("author Dev 1300000000 +0000")]
    [InlineData("author Dev<dev@example.com> 1300000000 +0000")]
    [InlineData("author Dev <dev@example.com>1300000000 +0000")]
    [InlineData("author Dev <dev@example.com>")]
    [InlineData("author Dev <dev@example.com> 01300000000 +0000")]
    [InlineData("author Dev <dev@example.com> 99999999999999999999999 +0000")]
    [InlineData("author Dev <dev@example.com> -5 +0000")]
    [InlineData("author Dev <dev@example.com> 1300000000 +51800")]
    [InlineData("author Dev <a <b@c>> 1300000000 +0000")]
    [InlineData("author Coda <c@g.com> <c@g.com> 1305038239 -0700")]
    [InlineData("author Dev dev@example.com> 1300000000 +0000")]
    [InlineData("author  <> 1155989457 +0000")]
    [InlineData("author D\u00e9v \u0001 <dev@example.com> 1300000000 +0000")]
    [InlineData("author A <a@b> 1 +0000\nauthor B <a@b> 1 +0000")]
    [InlineData("x-lost-author")]
    public async Task Fetch_BrokenAuthorLine_IsTakenAsItIs(string author)
    {
        var old = _raw.Commit(_raw.Tree(("100644", "a.txt", _raw.Blob("1\n"))), author);
        var head = _raw.Branch("main", _raw.Commit(_raw.Tree(("100644", "a.txt", _raw.Blob("2\n"))), parent: old));
        var mirror = await _f.MirrorAsync();
        (await _f.Git.ResolveAsync(mirror, "main", None)).ShouldBe(head);
        var log = await _f.Git.LogAsync(mirror, head, null, 10, None);
        log.Select(e => e.Sha).ShouldBe([head, old]);
        await _f.Git.GitViewAsync(mirror, head, "main", None);
    }

    [Theory]
    [InlineData("zero-padded mode")]
    [InlineData("group-writable mode")]
    [InlineData("two of one name")]
    [InlineData("not sorted")]
    [InlineData("link and folder of one name")]
    public async Task Fetch_TreeOfAnOldTool_IsTaken_AndWritesNothingOutside(string flaw)
    {
        using var outside = new ScratchFolder();
        var blob = _raw.Blob("text\n");
        var folder = _raw.Tree(("100644", "inner", blob));
        var head = _raw.Branch("main", _raw.Commit(flaw switch
        {
            "zero-padded mode" => _raw.Tree(("040000", "d", folder)),
            "group-writable mode" => _raw.Tree(("100664", "a", blob)),
            "two of one name" => _raw.Tree(("100644", "a", blob), ("100644", "a", _raw.Blob("other\n"))),
            "not sorted" => _raw.Tree(("100644", "b", blob), ("100644", "a", blob)),
            _ => _raw.Tree(("120000", "a", _raw.Blob(outside.Path)), ("40000", "a", folder)),
        }));
        var (_, workspace) = await _f.WorkspaceAsync(head);
        Directory.EnumerateFiles(workspace.RootPath, "*", SearchOption.AllDirectories).ShouldNotBeEmpty();
        Directory.EnumerateFileSystemEntries(outside.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("40000", ".git", null)]
    [InlineData("40000", ".GIT", null)]
    [InlineData("40000", "..", null)]
    [InlineData("40000", ".", null)]
    [InlineData("40000", "git~1", null)]
    [InlineData("100644", "a/b", "x")]
    [InlineData("100644", ".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = -u./pwn\n")]
    [InlineData("100644", ".gitmodules", "[submodule \"x\"]\n\tpath = -x\n\turl = https://example.com/x\n")]
    [InlineData("100644", ".gitmodules", "[submodule \"../x\"]\n\tpath = x\n\turl = https://example.com/x\n")]
    [InlineData("100644", ".gitmodules", "[submodule \"x\"]\n\tpath = x\n\tupdate = !touch /tmp/pwn\n\turl = https://example.com/x\n")]
    [InlineData("120000", ".gitmodules", "/etc/passwd")]
    public async Task Fetch_ObjectThatMustNotBeRead_IsRefusedInWords(string mode, string name, string? content)
    {
        var id = content is null ? _raw.Tree(("100644", "x", _raw.Blob("x"))) : _raw.Blob(content);
        _raw.Branch("main", _raw.Commit(_raw.Tree((mode, name, id))));
        var error = await Should.ThrowAsync<GitRejectedException>(() => _f.MirrorAsync());
        error.Reason.ShouldBe(GitRejection.Unsafe);
        error.Message.ShouldContain("not safe to read");
    }

    [Fact]
    public async Task Fetch_EmptyRepository_IsAnEmptyMirror()
    {
        var mirror = await _f.MirrorAsync();
        (await _f.Git.ResolveAsync(mirror, "main", None)).ShouldBeNull();
        (await _f.Git.FetchMirrorAsync("test:o/r", _f.Origin.Url, null, None, ["main"])).ShouldBe(mirror, "the branch may yet come");
    }

    [Fact]
    public async Task Fetch_Sha256Repository_IsRefusedInWords()
    {
        using var scratch = new ScratchFolder();
        var bare = scratch["sha256.git"];
        _f.Origin.Git(scratch.Path, "init", "--quiet", "--bare", "--object-format=sha256", bare);
        var tree = _f.Origin.Git(bare, "write-tree").Trim();
        _f.Origin.Git(bare, "update-ref", "refs/heads/main", _f.Origin.Git(bare, "commit-tree", "-m", "x", tree).Trim());
        var error = await Should.ThrowAsync<GitRejectedException>(() => _f.Git.FetchMirrorAsync("k", $"file://{bare}", null, None));
        error.Reason.ShouldBe(GitRejection.Unsupported);
        error.Message.ShouldStartWith("The repository uses SHA-256");
    }

    [Fact]
    public async Task Fetch_ShallowOrigin_IsTakenAsItIs()
    {
        _f.Origin.Commit("main", ("a.txt", "1"));
        var head = _f.Origin.Commit("main", ("a.txt", "2"));
        using var scratch = new ScratchFolder();
        _f.Origin.Git(scratch.Path, "clone", "--quiet", "--bare", "--depth=1", _f.Origin.Url, "shallow.git");
        var mirror = await _f.Git.FetchMirrorAsync("k", $"file://{scratch["shallow.git"]}", null, None);
        (await _f.Git.LogAsync(mirror, head, null, 10, None)).ShouldHaveSingleItem().Sha.ShouldBe(head);
        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "ws", None);
        (await _f.ChangesAsync(mirror, workspace)).IsEmpty.ShouldBeTrue();
        var view = await _f.Git.GitViewAsync(mirror, head, "main", None);
        _f.Origin.Git(view, "log", "--format=%H").Trim().ShouldBe(head);
    }

    [Fact]
    public async Task Fetch_ReplacedRefsAndAlternates_ChangeNothing()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "true\n"));
        var other = _f.Origin.Commit("other", ("a.txt", "replaced\n"));
        _f.Origin.Git(_f.Origin.BarePath, "update-ref", $"refs/replace/{head}", other);
        using var elsewhere = new ScratchFolder();
        Directory.CreateDirectory(elsewhere["objects"]);
        File.WriteAllText(Path.Combine(_f.Origin.BarePath, "objects/info/alternates"), elsewhere["objects"] + "\n");
        var mirror = await _f.MirrorAsync();
        Encoding.UTF8.GetString((await _f.Git.ReadFileAsync(mirror, head, "a.txt", None))!).ShouldBe("true\n");
        _f.Origin.Git(mirror.GitDirectory, "for-each-ref", "refs/replace").ShouldBeEmpty();
        File.Exists(Path.Combine(mirror.GitDirectory, "objects/info/alternates")).ShouldBeFalse();
    }

    [Fact]
    public async Task Fetch_TagsMoveAndGo_TheMirrorFollows()
    {
        var first = _f.Origin.Commit("main", ("a.txt", "1"));
        _f.Origin.Git(_f.Origin.BarePath, "tag", "v1", first);
        _f.Origin.Git(_f.Origin.BarePath, "tag", "-a", "-m", "gone", "v0", first);
        var mirror = await _f.MirrorAsync();
        _f.Origin.Git(mirror.GitDirectory, "tag").Split().ShouldBe(["v0", "v1", ""]);
        var second = _f.Origin.Commit("main", ("a.txt", "2"));
        _f.Origin.Git(_f.Origin.BarePath, "tag", "--force", "v1", second);
        _f.Origin.Git(_f.Origin.BarePath, "tag", "-d", "v0");
        await _f.MirrorAsync();
        _f.Origin.Git(mirror.GitDirectory, "tag").Trim().ShouldBe("v1");
        _f.Origin.Git(mirror.GitDirectory, "rev-parse", "v1").Trim().ShouldBe(second);
    }

    [Fact]
    public async Task Fetch_FiftyThousandBranches_OnlyTheNeededOnes()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1"));
        _raw.PackedBranches(50_000, head);
        var mirror = await _f.Git.FetchMirrorAsync("test:o/r", _f.Origin.Url, null, None, ["main"]);
        (await _f.Git.ResolveAsync(mirror, "main", None)).ShouldBe(head);
        _f.Origin.Git(mirror.GitDirectory, "for-each-ref", "--format=x").Length.ShouldBe(2);
        (await _f.Git.BranchInTheWayAsync(mirror, _f.Origin.Url, null, "u", None)).ShouldBe("u/000000");

        await _f.MirrorAsync();
        (await _f.Git.ResolveAsync(mirror, "u/049999", None)).ShouldBe(head);
        Directory.EnumerateFiles(Path.Combine(mirror.GitDirectory, "refs"), "*", SearchOption.AllDirectories).Count().ShouldBeLessThan(10, "many references are packed");
    }

    [Fact]
    public async Task Fetch_BranchTurnedIntoAFolder_IsFollowed_AlsoWhenOneBranchIsAsked()
    {
        var head = _f.Origin.Commit("a", ("a.txt", "1"));
        await _f.MirrorAsync();
        _f.Origin.Git(_f.Origin.BarePath, "update-ref", "-d", "refs/heads/a");
        _f.Origin.Git(_f.Origin.BarePath, "update-ref", "refs/heads/a/b", head);
        var mirror = await _f.Git.FetchMirrorAsync("test:o/r", _f.Origin.Url, null, None, ["a/b"]);
        (await _f.Git.ResolveAsync(mirror, "a/b", None)).ShouldBe(head);
        (await _f.Git.ResolveAsync(mirror, "a", None)).ShouldBeNull();
    }

    [Theory]
    [InlineData("coding-agent/issue-1", "coding-agent")]
    [InlineData("coding-agent", "coding-agent/old")]
    [InlineData("x/y/z", "x")]
    [InlineData("coding-agents/1", null)]
    [InlineData("main", null)]
    public async Task BranchInTheWay_IsNamed_BothWays(string wanted, string? other)
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1"));
        if (other is not null) _f.Origin.Git(_f.Origin.BarePath, "update-ref", $"refs/heads/{other}", head);
        var mirror = await _f.MirrorAsync();
        (await _f.Git.BranchInTheWayAsync(mirror, _f.Origin.Url, null, wanted, None)).ShouldBe(other);
        if (other is null) return;

        var identity = new GitIdentity("Bot", "bot@example.com");
        var commit = await _f.Git.CommitAsync(mirror, await _f.Git.TreeOfAsync(mirror, head, None), [head], "x", identity, DateTimeOffset.UnixEpoch, None);
        var error = await Should.ThrowAsync<GitRejectedException>(() => _f.Git.PushAsync(mirror, _f.Origin.Url, null, commit, wanted, null, "main", None));
        error.Reason.ShouldBe(GitRejection.BranchInTheWay);
        error.Branch.ShouldBe(other);
        error.Message.ShouldContain($"'{other}' is in the way");
    }

    [Fact]
    public async Task Names_OfEveryKind_SurviveListingReadingAndDiff()
    {
        string[] odd = ["new\nline", "tab\there", "quo\"te", "back\\slash", "-rf", ":(glob)x", "*", " lead", "caf\u00e9-latin1", "Twin", "twin", "\u00ff\u00fe", "trail."];
        var entries = odd.Order(StringComparer.Ordinal).Select(n => ("100644", n, _raw.Blob(n))).ToArray();
        var head = _raw.Branch("main", _raw.Commit(_raw.Tree(entries)));
        var edited = _raw.Tree([.. entries.Select(e => (e.Item1, e.n, _raw.Blob(e.n + "!")))]);
        _raw.Branch("edited", _raw.Commit(edited, parent: head));
        var mirror = await _f.MirrorAsync();

        var listed = await _f.Git.ListTreeAsync(mirror, head, None);
        listed.Select(e => Encoding.Latin1.GetString(GitText.Encode(e.Path))).ShouldBe(odd, ignoreOrder: true);
        foreach (var entry in listed)
            (await _f.Git.ReadFileAsync(mirror, head, entry.Path, None)).ShouldBe(GitText.Encode(entry.Path), GitText.Show(entry.Path));
        var changes = await _f.Git.DiffAsync(mirror, head, edited, None);
        changes.Files.Select(f => f.Path).ShouldBe(listed.Select(e => e.Path), ignoreOrder: true);
        changes.Files.ShouldAllBe(f => f.Kind == ChangeKind.Modified && f.Insertions == 1 && f.Deletions == 1);
    }

    [Fact]
    public async Task DeepTree_PathsBeyondTheSystemsLimit_AreListedReadAndCompared()
    {
        var name = new string('d', 60);
        var tree = _raw.Tree(("100644", "f", _raw.Blob("deep\n")));
        var other = _raw.Tree(("100644", "f", _raw.Blob("deeper\n")));
        for (var i = 0; i < 130; i++) (tree, other) = (_raw.Tree(("40000", name, tree)), _raw.Tree(("40000", name, other)));
        var head = _raw.Branch("main", _raw.Commit(tree));
        _raw.Branch("other", _raw.Commit(other));
        var mirror = await _f.MirrorAsync();
        var path = (await _f.Git.ListTreeAsync(mirror, head, None)).ShouldHaveSingleItem().Path;
        path.Length.ShouldBe((130 * 61) + 1);
        (await _f.Git.ReadFileAsync(mirror, head, path, None)).ShouldBe("deep\n"u8.ToArray());
        (await _f.Git.DiffAsync(mirror, head, other, None)).Files.ShouldHaveSingleItem().Path.ShouldBe(path);
    }

    [Fact]
    public async Task Mirror_FetchRepackViewAndWorkspacesAtOnce_AllSucceed()
    {
        for (var i = 0; i < 45; i++) _f.Origin.Commit("main", ($"f{i}.txt", $"{i}\n"));
        var head = _f.Origin.BranchHead("main");
        var mirror = await _f.MirrorAsync();
        var other = _f.NewGit("one");
        var work = Enumerable.Range(0, 4).SelectMany(i => new Func<Task>[]
        {
            () => _f.MirrorAsync(),
            () => other.FetchMirrorAsync("test:o/r", _f.Origin.Url, null, None),
            () => i > 0 ? Task.CompletedTask : Task.Run(() => _f.Origin.Git(mirror.GitDirectory, "gc", "--quiet", "--prune=2.weeks.ago")),
            () => other.GitViewAsync(mirror, head, i % 2 == 0 ? "main" : null, None),
            async () =>
            {
                var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, $"ws-{i}", None);
                await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "new.txt"), $"{i}\n");
                (await _f.ChangesAsync(mirror, workspace)).Files.ShouldHaveSingleItem();
            },
        });
        await Task.WhenAll(work.Select(w => w()));
        (await _f.Git.ResolveAsync(mirror, "main", None)).ShouldBe(head);
    }

    [Fact]
    public async Task PartialClone_HoldsTheFilesOfWhatIsWorkedOn_AndNoOthers()
    {
        var old = _f.Origin.Commit("main", ("a.txt", "old content\n"), ("b.txt", "b\n"));
        var head = _f.Origin.Commit("main", ("a.txt", "new content\n"));
        _f.Origin.Git(_f.Origin.BarePath, "config", "uploadpack.allowFilter", "true");
        using var scratch = new ScratchFolder();
        var git = new TrustedGit(new TrustedGitOptions { Root = scratch["git"], AllowFileProtocol = true, PartialClone = true }, TimeProvider.System);
        var mirror = await git.FetchMirrorAsync("k", _f.Origin.Url, null, None);
        (await git.HasFilesAsync(mirror, head, None)).ShouldBeFalse();
        await git.CompleteAsync(mirror, _f.Origin.Url, null, head, None);
        (await git.HasFilesAsync(mirror, head, None)).ShouldBeTrue();
        (await git.HasFilesAsync(mirror, old, None)).ShouldBeFalse();
        File.ReadAllText(Path.Combine(mirror.GitDirectory, "config")).ShouldNotContain("@");

        var workspace = await git.CreateWorkspaceAsync(mirror, head, null, "ws", None);
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "b.txt"), "changed\n");
        var tree = (await git.SnapshotAsync(workspace, None)).TreeId;
        (await git.DiffAsync(mirror, head, tree, None)).Files.ShouldHaveSingleItem().Path.ShouldBe("b.txt");
        await git.UnpackAsync(mirror, await git.PackAsync(mirror, head, tree, None), tree, None);
        var view = await git.GitViewAsync(mirror, head, "main", None);
        _f.Origin.Git(view, "log", "--format=%H").Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe([head, old]);
        await git.FetchMirrorAsync("k", _f.Origin.Url, null, None, ["main"]);
        await git.RemoveWorkspaceAsync(workspace.Id, None);
    }

    [Fact]
    public async Task Mirror_OfManyPacks_IsJoined_AndKeepsWhatNoReferenceHolds()
    {
        var head = _f.Origin.Commit("main", ("a.txt", "0\n"));
        var (mirror, workspace) = await _f.WorkspaceAsync(head);
        await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, "a.txt"), "a snapshot\n");
        var tree = (await _f.Git.SnapshotAsync(workspace, None)).TreeId;
        var packs = Path.Combine(mirror.GitDirectory, "objects/pack");
        for (var i = 0; i < 45; i++)
        {
            var blob = _raw.Blob($"pack {i}\n");
            File.Move(MakePack(blob), Path.Combine(packs, $"pack-{blob}.pack"));
            _f.Origin.Git(mirror.GitDirectory, "index-pack", Path.Combine(packs, $"pack-{blob}.pack"));
        }

        await _f.MirrorAsync();
        Directory.EnumerateFiles(packs, "*.pack").Count().ShouldBeLessThan(10);
        Encoding.UTF8.GetString((await _f.Git.ReadFileAsync(mirror, tree, "a.txt", None))!).ShouldBe("a snapshot\n");
    }

    private string MakePack(string blob)
    {
        var info = new System.Diagnostics.ProcessStartInfo("git", ["-C", _f.Origin.BarePath, "pack-objects", "--quiet", $"p{blob}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = System.Diagnostics.Process.Start(info)!;
        process.StandardInput.Write(blob + "\n");
        process.StandardInput.Close();
        var hash = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return Path.Combine(_f.Origin.BarePath, $"p{blob}-{hash}.pack");
    }
}
