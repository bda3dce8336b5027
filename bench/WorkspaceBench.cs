using System.Diagnostics;
using CodingAgent.Mcp.Git;

namespace CodingAgent.Bench;

/// <summary>
/// What a workspace costs where there are many files: made from a warm mirror, against git's own way, and looked at after an edit,
/// against the same in a small repository; and looked at after nothing, against one start of git.
/// </summary>
internal static class WorkspaceBench
{
    public const string Name = "workspace";

    private const int Many = 20_000;
    private const int Few = 100;
    private const int Rounds = 9;

    public static async Task<Comparison[]> RunAsync()
    {
        var root = Directory.CreateTempSubdirectory("coding-agent-bench-").FullName;
        var git = new TrustedGit(new TrustedGitOptions { Root = Path.Combine(root, "git"), AllowFileProtocol = true }, TimeProvider.System);
        try
        {
            var report = await git.InspectWorkspacesAsync(CancellationToken.None);
            await Console.Error.WriteLineAsync($"bench: workspaces are {report.Words}");
            var many = await StartAsync(git, root, Many);
            var few = await StartAsync(git, root, Few);
            return [await MakingAsync(git, root, many, report.Words), .. await LookingAsync(git, many, few)];
        }
        finally
        {
            git.DetachWorkspaces();
            await ExternalProgram.RunAsync(root, "rm", "-rf", "--one-file-system", "--", root);
        }
    }

    private static async Task<Comparison> MakingAsync(TrustedGit git, string root, (GitMirror Mirror, string Head) many, string words)
    {
        var comparison = new Comparison(Name, $"a workspace of {Many} files from a warm mirror ({words})", "git worktree add", Limit: 0.5);
        var worktree = Path.Combine(root, "worktree");
        for (var i = 0; i < Rounds; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var workspace = await git.CreateWorkspaceAsync(many.Mirror, many.Head, null, "made", CancellationToken.None);
            comparison.Ours.Add(Stopwatch.GetElapsedTime(started));
            await git.RemoveWorkspaceAsync(workspace.Id, CancellationToken.None);

            started = Stopwatch.GetTimestamp();
            await ExternalProgram.RunAsync(root, "git", "-C", many.Mirror.GitDirectory, "worktree", "add", "--quiet", "--detach", worktree, many.Head);
            comparison.Theirs.Add(Stopwatch.GetElapsedTime(started));
            await ExternalProgram.RunAsync(root, "git", "-C", many.Mirror.GitDirectory, "worktree", "remove", "--force", worktree);
        }

        return comparison;
    }

    private static async Task<Comparison[]> LookingAsync(TrustedGit git, (GitMirror Mirror, string Head) many, (GitMirror Mirror, string Head) few)
    {
        var large = await git.CreateWorkspaceAsync(many.Mirror, many.Head, null, "large", CancellationToken.None);
        var small = await git.CreateWorkspaceAsync(few.Mirror, few.Head, null, "small", CancellationToken.None);
        var edits = 0;
        async Task EditedAsync(Workspace workspace)
        {
            await File.WriteAllTextAsync(Path.Combine(workspace.RootPath, SampleRepository.PathOf(0)), $"edit {edits++}\n");
            await git.SnapshotAsync(workspace, CancellationToken.None);
        }

        var edited = new Comparison("snapshot", $"a snapshot after one edit among {Many} files", $"the same among {Few}", Limit: 1.5);
        await edited.MeasureAsync(() => EditedAsync(large), () => EditedAsync(small), warmUp: 3, rounds: 60, TimeSpan.FromSeconds(60));
        var idle = new Comparison("snapshot-idle", $"a snapshot after a command that changed nothing, among {Many} files", "one start of git", Limit: 0.5);
        await idle.MeasureAsync(
            () => git.SnapshotAsync(large, CancellationToken.None), () => ExternalProgram.RunAsync("/", "git", "version"), warmUp: 3, rounds: 60, TimeSpan.FromSeconds(60));
        return [edited, idle];
    }

    private static async Task<(GitMirror Mirror, string Head)> StartAsync(TrustedGit git, string root, int files)
    {
        var origin = Path.Combine(root, $"origin-{files}");
        var head = await SampleRepository.MakeAsync(Directory.CreateDirectory(origin).FullName, files);
        var mirror = await git.FetchMirrorAsync($"bench:{files}", new Uri(origin).AbsoluteUri, null, CancellationToken.None);
        // Warm: the first workspace of a tree makes the shared checkout.
        await git.CreateWorkspaceAsync(mirror, head, null, "warm", CancellationToken.None);
        await git.RemoveWorkspaceAsync("warm", CancellationToken.None);
        return (mirror, head);
    }
}
