using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>Tracked files whose place or name is beyond what can be looked at: they stay in the tree, and it is said.</summary>
public sealed class HardPathsTests
{
    private const string Odd = "odd names";
    private static readonly string Deep = string.Join('/', Enumerable.Repeat("d", 140));

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task FileBelowManyFolders_Untouched_StaysInTheTree(WorkspaceLayering layering)
    {
        using var f = new GitFixture(layering);
        var head = f.Origin.Commit("main", ($"{Deep}/file.txt", "1\n"), ("a.txt", "1\n"));
        var (mirror, workspace) = await f.WorkspaceAsync(head);
        await WorkspaceCommands.RunAsync(workspace, "echo 2 > a.txt");
        (await f.ChangesAsync(mirror, workspace)).Paths.ShouldBe(["a.txt"]);
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task FileBelowManyFolders_Changed_IsToldAndNeverLost(WorkspaceLayering layering)
    {
        using var f = new GitFixture(layering);
        var head = f.Origin.Commit("main", ($"{Deep}/file.txt", "1\n"), ("a.txt", "1\n"));
        var (mirror, workspace) = await f.WorkspaceAsync(head);
        foreach (var line in new[] { $"echo 2 > {Deep}/file.txt", $"rm {Deep}/file.txt", $"rm -r d/d; mkdir -p {Deep}; echo 3 > {Deep}/file.txt" })
        {
            await WorkspaceCommands.RunAsync(workspace, line);
            var snapshot = await f.Git.SnapshotAsync(workspace, CancellationToken.None);
            (await f.Git.DiffAsync(mirror, head, snapshot.TreeId, CancellationToken.None)).Paths.ShouldBeEmpty(line);
            snapshot.Skipped.ShouldContain(s => s.Reason.Contains("below more than", StringComparison.Ordinal) && s.Reason.Contains("it stays as it was", StringComparison.Ordinal), line);
        }
    }

    [Theory]
    [LayeringData(WorkspaceLayering.Mount)]
    [LayeringData(WorkspaceLayering.UserNamespace)]
    [LayeringData(WorkspaceLayering.Copy)]
    public async Task TwinsThatAreNotUtf8_StayInTheTreeWhateverIsDoneToThem(WorkspaceLayering layering)
    {
        using var f = new GitFixture(layering);
        f.Origin.Commit("main", ("a.txt", "1\n"));
        var raw = new RawObjects(f.Origin);
        // Two that read alike, the character that both are shown as, and folders likewise.
        var folder = raw.Tree(("100644", "x", raw.Blob("in\n")));
        var names = new[] { "c\xe9", "c\xff", "c\xef\xbf\xbd" };
        var entries = names.Select(n => (Mode: "100644", Name: n, Id: raw.Blob($"{n}\n"))).Concat(names.Select(n => (Mode: "40000", Name: n + "d", Id: folder))).Append((Mode: "100644", Name: "a.txt", Id: raw.Blob("1\n")));
        var head = raw.Branch(Odd.Replace(' ', '-'), raw.Commit(raw.Tree([.. entries.OrderBy(e => e.Name + (e.Mode == "40000" ? "/" : ""), StringComparer.Ordinal)])));
        var (mirror, workspace) = await f.WorkspaceAsync(head);
        foreach (var line in new[] { "echo 2 > a.txt", "for f in c?; do [ -d \"$f\" ] || echo changed > \"$f\"; done", "printf 'x' > $(printf 'c\\351'); rm -f $(printf 'c\\377')", "rm -rf $(printf 'c\\351d') $(printf 'c\\377d')" })
        {
            await WorkspaceCommands.RunAsync(workspace, line);
            var snapshot = await f.Git.SnapshotAsync(workspace, CancellationToken.None);
            var listed = f.Origin.Git(mirror.GitDirectory, "ls-tree", "-r", "-z", "--name-only", snapshot.TreeId);
            // Their bytes cannot be read through text: as many entries as before, none of the odd ones among the changes.
            listed.Split('\0', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(7, line);
            snapshot.Skipped.Count(s => s.Reason.Contains("not UTF-8", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(1, line);
        }
    }
}
