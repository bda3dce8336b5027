using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Overlays;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Tests.Sandboxes;

namespace CodingAgent.Mcp.Tests.Git;

public sealed class SubmoduleTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly SandboxLimits Limits = SandboxFixture.Limits;

    private readonly List<IDisposable> _made = [];
    private GitFixture _f = new();

    public void Dispose()
    {
        _f.Dispose();
        _made.ForEach(m => m.Dispose());
    }

    private Origin NewOrigin()
    {
        var origin = new Origin();
        _made.Add(origin);
        return origin;
    }

    // A commit with submodules: what .gitmodules says, and what is pinned where.
    private static string Pin(Origin origin, string modules, params (string Path, string Sha)[] pins)
    {
        origin.Commit("main", (".gitmodules", modules), ("own.txt", "own\n"));
        foreach (var (path, sha) in pins) origin.Git(origin.ClonePath, "update-index", "--add", "--cacheinfo", $"160000,{sha},{path}");
        return origin.CommitIndex("main");
    }

    private static string Module(string path, string url, string name = "", string more = "") => $"[submodule \"{(name.Length == 0 ? path : name)}\"]\n\tpath = {path}\n\turl = {url}\n{more}";

    private async Task<(GitMirror Mirror, IReadOnlyList<SubmoduleFiles> Found)> FetchAsync(string head, bool recursive = true, string[]? paths = null, Func<TrustedGitOptions, TrustedGitOptions>? with = null)
    {
        var git = with is null ? _f.Git : _f.NewGit(Guid.NewGuid().ToString("N"), with);
        var mirror = await git.FetchMirrorAsync("test:o/r", _f.Origin.Url, null, None);
        return (mirror, await git.FetchSubmodulesAsync(mirror, _f.Origin.Url, head, paths ?? [], recursive, (_, _) => Task.FromResult<GitCredential?>(null), None));
    }

    private async Task<string> WhyAsync(string head, Func<TrustedGitOptions, TrustedGitOptions>? with = null) =>
        (await Should.ThrowAsync<GitRejectedException>(() => FetchAsync(head, with: with))).Message;

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task Workspace_WithSubmodules_ShowsTheirFiles_AndNothingOfThemIsEverAChange(WorkspaceLayering layering)
    {
        _f.Dispose();
        _f = new GitFixture(layering);
        Origin lib = NewOrigin(), deep = NewOrigin();
        var older = deep.Commit("main", ("deep.txt", "pinned\n"));
        deep.Commit("main", ("deep.txt", "newer\n"));
        var libSha = Pin(lib, Module("in/deep", deep.Url), ("in/deep", older));
        var head = Pin(_f.Origin, Module("libs/x y", lib.Url, "odd \\\"name\\\" [.]"), ("libs/x y", libSha));
        var (mirror, found) = await FetchAsync(head);
        found.Select(s => s.Path).ShouldBe(["libs/x y", "libs/x y/in/deep"]);

        var workspace = await _f.Git.CreateWorkspaceAsync(mirror, head, null, "ws", new WorkspaceLayers { Outside = new OutsideContents([], found) }, None);
        (await WorkspaceCommands.RunAsync(workspace, "cat own.txt 'libs/x y/own.txt' 'libs/x y/in/deep/deep.txt'; cd 'libs/x y' && echo changed > own.txt && echo new > in/deep/new.txt && rm in/deep/deep.txt")).ShouldBe("own\nown\npinned\n");
        var snapshot = await _f.Git.SnapshotAsync(workspace, None);
        snapshot.TreeId.ShouldBe(await _f.Git.TreeOfAsync(mirror, head, None));
        if (layering != WorkspaceLayering.Copy) snapshot.Skipped.ShouldContain(new SkippedPath("libs/x y/own.txt", "it lies in a submodule"));

        await WorkspaceCommands.RunAsync(workspace, "echo more >> own.txt; rm -r libs");
        var changed = (await _f.Git.SnapshotAsync(workspace, None)).TreeId;
        (await _f.Git.DiffAsync(mirror, head, changed, None)).Paths.ShouldBe(["own.txt"]);
        await _f.Git.RestoreAsync(workspace, changed, None);
        (await WorkspaceCommands.RunAsync(workspace, "cat own.txt 'libs/x y/in/deep/deep.txt'")).ShouldBe("own\nmore\npinned\n");
    }

    [Fact]
    public async Task Fetch_NotRecursive_LeavesInnerOnesEmpty()
    {
        Origin lib = NewOrigin(), deep = NewOrigin();
        var libSha = Pin(lib, Module("deep", deep.Url), ("deep", deep.Commit("main", ("d", "d"))));
        var head = Pin(_f.Origin, Module("lib", lib.Url), ("lib", libSha));
        (await FetchAsync(head, recursive: false)).Found.Select(s => s.Path).ShouldBe(["lib"]);
    }

    [Fact]
    public async Task Fetch_OfPaths_TakesThoseAndWhatIsInThem()
    {
        Origin lib = NewOrigin(), deep = NewOrigin();
        var deepSha = deep.Commit("main", ("d", "d"));
        var libSha = Pin(lib, Module("deep", deep.Url), ("deep", deepSha));
        var head = Pin(_f.Origin, Module("libs/a", lib.Url) + Module("libs/b", deep.Url) + Module("other", "https://nowhere.invalid/x"), ("libs/a", libSha), ("libs/b", deepSha), ("other", deepSha));
        (await FetchAsync(head, paths: ["libs"])).Found.Select(s => s.Path).ShouldBe(["libs/a", "libs/a/deep", "libs/b"]);
        (await FetchAsync(head, paths: ["libs/b"])).Found.Select(s => s.Path).ShouldBe(["libs/b"]);
    }

    [Fact]
    public async Task Fetch_RelativeUrl_CountsFromTheRepositoryThatHoldsIt()
    {
        var lib = NewOrigin();
        var sibling = lib.Commit("main", ("s", "s"));
        lib.Git(lib.ClonePath, "clone", "--quiet", "--bare", lib.BarePath, Path.Combine(Path.GetDirectoryName(lib.BarePath)!, "sibling.git"));
        var libSha = Pin(lib, Module("inner", "../sibling.git"), ("inner", sibling));
        var head = Pin(_f.Origin, Module("lib", lib.Url), ("lib", libSha));
        (await FetchAsync(head)).Found.Select(s => s.Path).ShouldBe(["lib", "lib/inner"]);
    }

    [Fact]
    public async Task Fetch_OfARepositoryThatHoldsItself_Ends()
    {
        var first = _f.Origin.Commit("main", ("a", "a"));
        var second = Pin(_f.Origin, Module("self", _f.Origin.Url), ("self", first));
        var lib = NewOrigin();
        var back = Pin(lib, Module("back", _f.Origin.Url), ("back", second));
        var head = Pin(_f.Origin, Module("lib", lib.Url), ("lib", back));
        (await FetchAsync(head)).Found.Select(s => s.Path).ShouldBe(["lib"]);
    }

    [Fact]
    public async Task Fetch_UpdateNone_IsPassedOver()
    {
        var lib = NewOrigin();
        var head = Pin(_f.Origin, Module("lib", lib.Url) + Module("big", "https://nowhere.invalid/x", more: "\tupdate = none\n"), ("lib", lib.Commit("main", ("a", "a"))), ("big", new string('1', 40)));
        (await FetchAsync(head)).Found.Select(s => s.Path).ShouldBe(["lib"]);
    }

    [Fact]
    public async Task Fetch_AgainOnThisMachine_AsksNoRemote()
    {
        var lib = NewOrigin();
        var head = Pin(_f.Origin, Module("lib", lib.Url), ("lib", lib.Commit("main", ("a", "a"))));
        await FetchAsync(head);
        var mirror = await _f.MirrorAsync();
        Directory.Delete(lib.BarePath, recursive: true);
        (await _f.Git.FetchSubmodulesAsync(mirror, _f.Origin.Url, head, [], true, (_, _) => throw new InvalidOperationException("asked"), None).ContinueWith(t => t.IsFaulted, TaskScheduler.Default)).ShouldBeTrue("a credential is asked for first");
        (await _f.Git.FetchSubmodulesAsync(mirror, _f.Origin.Url, head, [], true, (_, _) => Task.FromResult<GitCredential?>(null), None)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fetch_CommitOnNoBranch_IsFetchedByItsName()
    {
        var lib = NewOrigin();
        lib.Commit("main", ("a", "a"));
        lib.Git(lib.ClonePath, "commit", "--quiet", "--allow-empty", "-m", "side");
        var side = lib.Git(lib.ClonePath, "rev-parse", "HEAD").Trim();
        lib.Git(lib.ClonePath, "push", "--quiet", "origin", "HEAD:refs/pull/1/head");
        var head = Pin(_f.Origin, Module("lib", lib.Url), ("lib", side));
        (await FetchAsync(head)).Found.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fetch_WhatCannotBeHad_IsToldWithPathAndUrl()
    {
        var lib = NewOrigin();
        var sha = lib.Commit("main", ("a", "a"));
        var unpushed = new string('1', 40);
        (await WhyAsync(Pin(_f.Origin, Module("lib", lib.Url), ("lib", unpushed)))).ShouldBe($"The submodule lib ({lib.Url}) cannot be fetched: Commit {unpushed}, which it is pinned to, is not there; was it never pushed?");
        (await WhyAsync(Pin(_f.Origin, Module("lib", lib.Url + "-gone"), ("lib", sha)))).ShouldBe($"The submodule lib ({lib.Url}-gone) cannot be fetched: there is no such repository, or this account may not read it.");
        (await WhyAsync(Pin(_f.Origin, Module("elsewhere", lib.Url), ("lib", sha)))).ShouldBe("The submodule lib has no URL in .gitmodules.");
        (await WhyAsync(Pin(_f.Origin, Module("lib", "https://user:hush@example.com/o/r"), ("lib", sha)))).ShouldStartWith("The submodule lib (https://example.com/o/r) has a URL that cannot be fetched from");
        (await WhyAsync(Pin(_f.Origin, Module("lib", "https://10.0.0.1/o/r"), ("lib", sha)))).ShouldBe("The submodule lib (https://10.0.0.1/o/r) cannot be fetched: 10.0.0.1 must not be connected to, because its address is special (private).");
        (await WhyAsync(Pin(_f.Origin, Module("lib", "git@localhost:o/r"), ("lib", sha)))).ShouldContain("localhost must not be connected to, because its address is special (loopback)");
    }

    [Fact]
    public async Task Fetch_BeyondTheBounds_IsTold()
    {
        Origin lib = NewOrigin(), deep = NewOrigin();
        var libSha = Pin(lib, Module("deep", deep.Url), ("deep", deep.Commit("main", ("d", "12345"))));
        var head = Pin(_f.Origin, Module("lib", lib.Url), ("lib", libSha));
        (await WhyAsync(head, o => o with { MaxSubmoduleDepth = 1 })).ShouldBe($"The submodule lib/deep ({deep.Url}) lies more than 1 submodules deep.");
        (await WhyAsync(head, o => o with { MaxSubmodules = 1 })).ShouldBe($"The submodule lib/deep ({deep.Url}) is one too many: at most 1 are fetched.");
        (await WhyAsync(head, o => o with { MaxSubmoduleBytes = 4 })).ShouldContain("makes them too large");
    }

    [Fact]
    public async Task Layer_OfSetup_IsAnotherForOtherSubmodules()
    {
        var lib = NewOrigin();
        var first = lib.Commit("main", ("v.txt", "1\n"));
        var second = lib.Commit("main", ("v.txt", "2\n"));
        var layers = new SetupLayers(_f.Git, new SetupLayersOptions { Root = _f.Beside("layers") }, TimeProvider.System);
        var keys = new List<string>();
        foreach (var sha in new[] { first, second, first })
        {
            var head = Pin(_f.Origin, Module("lib", lib.Url), ("lib", sha));
            var (mirror, found) = await FetchAsync(head);
            var request = new SetupRequest(mirror, head, await _f.Git.TreeOfAsync(mirror, head, None), [new SetupCommand("copy", "cp lib/v.txt made.txt; cp lib/v.txt lib/made.txt")], [], Limits)
            {
                Sandbox = new BubblewrapSandbox(new BubblewrapOptions(), TimeProvider.System),
                Platform = "test",
                Reads = _ => false,
                IsLock = _ => false,
                Outside = new OutsideContents([], found),
            };
            var layer = (await layers.PrepareAsync(request, None)).Layer.ShouldNotBeNull();
            keys.Add(layer.Key);
            var environment = new BuildEnvironment(layer, null, Limits) { Outside = request.Outside };
            await using var runner = new CheckRunner(_f.Git, request, environment, [], $"c{keys.Count}");
            var (result, _) = await runner.RunAsync(new WorkspaceCheck("all", "cat made.txt lib/made.txt lib/v.txt"), null, None);
            result.StandardOutput.ShouldBe(sha == first ? "1\n1\n1\n" : "2\n2\n2\n");
        }

        keys[1].ShouldNotBe(keys[0]);
        keys[2].ShouldBe(keys[0]);
    }
}
