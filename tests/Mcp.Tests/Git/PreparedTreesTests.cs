using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>The shared checkouts below workspaces, and what a death leaves behind.</summary>
public sealed class PreparedTreesTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly GitFixture _f = new();

    public void Dispose() => _f.Dispose();

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    public async Task ParallelTasks_OfOneTree_ShareOneCheckout(WorkspaceLayering layering)
    {
        var head = _f.Origin.Commit("main", [.. Enumerable.Range(0, 300).Select(i => ($"src/f{i}.txt", (string?)$"{i}\n"))]);
        var git = _f.NewGit("shared", o => o with { RequiredLayering = layering });
        var mirror = await git.FetchMirrorAsync("k", _f.Origin.Url, null, None);
        var made = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => git.CreateWorkspaceAsync(mirror, head, null, $"w{i}", None)));
        foreach (var workspace in made) File.ReadAllText(Path.Combine(workspace.RootPath, "src/f299.txt")).ShouldBe("299\n");
        Directory.GetDirectories(_f.Beside("shared/trees")).Select(Path.GetFileName).ShouldBe([await git.TreeOfAsync(mirror, head, None)]);
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    public async Task Cache_BeyondItsBound_DropsTheOldestThatNobodyUses(WorkspaceLayering layering)
    {
        var git = _f.NewGit("bounded", o => o with { RequiredLayering = layering, PreparedTreeCount = 2 });
        var trees = new List<string>();
        async Task MakeAsync(int i, bool remove)
        {
            var head = _f.Origin.Commit("main", ("a.txt", $"{i}\n"));
            var mirror = await git.FetchMirrorAsync("k", _f.Origin.Url, null, None);
            trees.Add(await git.TreeOfAsync(mirror, head, None));
            await git.CreateWorkspaceAsync(mirror, head, null, $"w{i}", None);
            if (remove) await git.RemoveWorkspaceAsync($"w{i}", None);
        }

        await MakeAsync(0, remove: false);
        await MakeAsync(1, remove: true);
        await MakeAsync(2, remove: true);
        Directory.GetDirectories(_f.Beside("bounded/trees")).Select(Path.GetFileName).ShouldBe([trees[0], trees[2]], ignoreOrder: true);
        File.ReadAllText(_f.Beside("bounded/workspaces/w0/a.txt")).ShouldBe("0\n");
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    public async Task Start_RemovesWhatADeadProcessLeft_AndNothingOfALivingOne(WorkspaceLayering layering)
    {
        var head = _f.Origin.Commit("main", ("a.txt", "1\n"));
        var git = _f.NewGit("machine", o => o with { RequiredLayering = layering });
        var mirror = await git.FetchMirrorAsync("k", _f.Origin.Url, null, None);
        var living = await git.CreateWorkspaceAsync(mirror, head, null, "living", None);
        // What a killed process leaves: a mount, its layers, a half-made tree; its locks went with it.
        var dead = _f.Beside("machine/workspaces/dead");
        foreach (var folder in new[] { "workspaces/dead", "layers/dead/upper", "layers/dead/work", "trees/.new-0123" }) Directory.CreateDirectory(_f.Beside("machine/" + folder));
        File.WriteAllText(_f.Beside("machine/layers/dead/lock"), "");
        using (var mount = System.Diagnostics.Process.Start("mount", ["-t", "overlay", "overlay", "-o", $"lowerdir={_f.Origin.ClonePath},upperdir={_f.Beside("machine/layers/dead/upper")},workdir={_f.Beside("machine/layers/dead/work")}", dead]))
            await mount.WaitForExitAsync();
        Directory.Exists(Path.Combine(dead, ".git")).ShouldBeTrue();

        await _f.NewGit("machine", o => o with { RequiredLayering = layering }).InspectWorkspacesAsync(None);
        Directory.GetDirectories(_f.Beside("machine/workspaces")).Select(Path.GetFileName).ShouldBe(["living"]);
        Directory.GetDirectories(_f.Beside("machine/layers")).Select(Path.GetFileName).ShouldBe(["living"]);
        Directory.GetDirectories(_f.Beside("machine/trees")).Length.ShouldBe(1);
        File.Exists(Path.Combine(_f.Origin.ClonePath, "a.txt")).ShouldBeTrue();
        File.ReadAllText(Path.Combine(living.RootPath, "a.txt")).ShouldBe("1\n");
    }

    [Fact]
    public async Task RequiredLayering_ThatDoesNotWork_IsSaidInOneLine()
    {
        if (Environment.UserName != "root") return;
        var git = _f.NewGit("refused", o => o with { RequiredLayering = WorkspaceLayering.UserNamespace, WorkspaceOwner = CodingAgent.Mcp.Files.SandboxUser.Default });
        (await Should.ThrowAsync<GitFailedException>(() => git.InspectWorkspacesAsync(None))).Message.ShouldContain("does not know the sandbox's user");
    }
}
