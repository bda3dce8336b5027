using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace CodingAgent.Playground.LocalForge.Git;

/// <summary>One bare repository on disk.</summary>
internal sealed class RepoGit(string directory)
{
    private static readonly string[] DiffOptions = ["-c", "core.quotePath=false", "diff", "--no-color", "--no-ext-diff", "--no-textconv", "-M"];

    private const int MostKnown = 1_000;

    private readonly ConcurrentDictionary<string, GitResult> _known = new(StringComparer.Ordinal);

    public string Directory { get; } = directory;

    /// <summary>Makes an empty bare repository that serves any object to a fetch, as GitHub does, and keeps pull refs read-only.</summary>
    public async Task InitAsync(string defaultBranch)
    {
        await MustAsync(GitProgram.StartInfo("init", "--quiet", "--bare", "--initial-branch", defaultBranch, Directory));
        await ConfigureAsync();
    }

    /// <summary>Makes this the bare copy of another repository.</summary>
    public async Task CloneFromAsync(RepoGit source)
    {
        await MustAsync(GitProgram.StartInfo("clone", "--quiet", "--bare", "--no-hardlinks", source.Directory, Directory));
        await ConfigureAsync();
    }

    /// <summary>Commits a folder's files as a root commit of a branch.</summary>
    public async Task<string> CommitFolderAsync(string folder, string branch, string message, CommitInfo author)
    {
        var index = Path.Combine(Directory, "seed.index");
        ProcessStartInfo WithIndex(params string[] arguments)
        {
            var info = Info(["--work-tree", folder, .. arguments]);
            info.Environment["GIT_INDEX_FILE"] = index;
            return info;
        }

        await MustAsync(WithIndex("add", "--all", "--force", "."));
        var tree = (await MustAsync(WithIndex("write-tree"))).Text.Trim();
        File.Delete(index);
        var sha = await CommitTreeAsync(tree, [], message, author);
        await UpdateRefAsync($"refs/heads/{branch}", sha);
        return sha;
    }

    public async Task<string> CommitTreeAsync(string tree, IEnumerable<string> parents, string message, CommitInfo author)
    {
        var info = Info(["commit-tree", tree, .. parents.SelectMany(p => new[] { "-p", p }), "-F", "-"]);
        var date = author.AuthoredAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) + " +0000";
        foreach (var role in new[] { "AUTHOR", "COMMITTER" })
        {
            info.Environment[$"GIT_{role}_NAME"] = author.AuthorName;
            info.Environment[$"GIT_{role}_EMAIL"] = author.AuthorEmail;
            info.Environment[$"GIT_{role}_DATE"] = date;
        }

        return (await MustAsync(info, message)).Text.Trim();
    }

    /// <summary>Commit a revision names; null when there is none.</summary>
    public async Task<string?> ResolveAsync(string revision)
    {
        if (revision.Length == 0 || revision[0] == '-')
            return null;
        var result = await AskAsync(["rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"], revision);
        return result.Succeeded ? result.Text.Trim() : null;
    }

    public async Task<bool> HasTreeAsync(string tree) => (await RunAsync("rev-parse", "--verify", "--quiet", "--end-of-options", tree + "^{tree}")) is { Succeeded: true } found && found.Text.Trim() == tree;

    /// <summary>Whether git takes a text for a branch's name.</summary>
    public async Task<bool> IsBranchNameAsync(string name) => (await RunAsync("check-ref-format", "refs/heads/" + name)).Succeeded;

    public Task<string?> BranchHeadAsync(string branch) => ResolveAsync("refs/heads/" + branch);

    /// <summary>All branches with their commits.</summary>
    public async Task<IReadOnlyDictionary<string, string>> BranchesAsync()
    {
        var result = await MustAsync(Info(["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads"]));
        return result.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' ', 2)).ToDictionary(p => p[1], p => p[0], StringComparer.Ordinal);
    }

    /// <summary>Moves a ref, only from the expected commit when one is given.</summary>
    public async Task UpdateRefAsync(string name, string sha, string? expected = null) =>
        await MustAsync(Info(expected is null ? ["update-ref", name, sha] : ["update-ref", name, sha, expected]));

    public async Task DeleteRefAsync(string name) => await MustAsync(Info(["update-ref", "-d", name]));

    /// <summary>Brings a commit of another repository here under a ref.</summary>
    public async Task FetchAsync(RepoGit source, string sha, string targetRef) =>
        await MustAsync(Info(["fetch", "--quiet", "--no-tags", source.Directory, $"+{sha}:{targetRef}"]));

    public async Task<bool> IsAncestorAsync(string ancestor, string descendant) =>
        (await AskAsync(["merge-base", "--is-ancestor", ancestor, descendant], ancestor, descendant)).Succeeded;

    public async Task<string?> MergeBaseAsync(string a, string b)
    {
        var result = await AskAsync(["merge-base", a, b], a, b);
        return result.Succeeded ? result.Text.Trim() : null;
    }

    /// <summary>Tree of a merge without conflicts; null when there are conflicts.</summary>
    public async Task<string?> MergeTreeAsync(string ours, string theirs)
    {
        var result = await AskAsync(["merge-tree", "--write-tree", ours, theirs], ours, theirs);
        return result.Succeeded ? result.Text.Split('\n')[0].Trim() : null;
    }

    /// <summary>Files changed from the merge base to the head.</summary>
    public async Task<IReadOnlyList<DiffFile>> DiffAsync(string baseSha, string headSha)
    {
        var from = await MergeBaseAsync(baseSha, headSha) ?? baseSha;
        var names = await MustAskAsync([.. DiffOptions, "--name-status", "-z", from, headSha], from, headSha);
        var patch = await MustAskAsync([.. DiffOptions, from, headSha], from, headSha);
        return UnifiedDiff.Parse(names.Text, patch.Text);
    }

    /// <summary>The patch as text, from the merge base to the head.</summary>
    public async Task<string> PatchAsync(string baseSha, string headSha)
    {
        var from = await MergeBaseAsync(baseSha, headSha) ?? baseSha;
        return (await MustAskAsync([.. DiffOptions, from, headSha], from, headSha)).Text;
    }

    /// <summary>One file's changes between two commits, without context.</summary>
    public async Task<string> FileChangesAsync(string from, string to, string path) =>
        (await MustAsync(Info([.. DiffOptions, "-U0", from, to, "--", ":(literal)" + path]))).Text;

    /// <summary>Commits reachable from one revision and not from another, newest first.</summary>
    public async Task<IReadOnlyList<CommitInfo>> LogAsync(string revision, string? notFrom = null, int limit = 250)
    {
        var result = await MustAskAsync(
            [
                "log", "--no-color", "-z", "--format=%H%x01%T%x01%P%x01%an%x01%ae%x01%at%x01%B",
                "-n", limit.ToString(CultureInfo.InvariantCulture), revision, .. notFrom is null ? Array.Empty<string>() : ["^" + notFrom], "--",
            ],
            revision, notFrom ?? revision);
        return result.Text.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(ParseCommit).ToList();
    }

    /// <summary>Entries directly inside a folder; null when there is no such folder.</summary>
    public async Task<IReadOnlyList<TreeEntry>?> ListAsync(string sha, string folder)
    {
        var tree = await RunAsync("rev-parse", "--verify", "--quiet", "--end-of-options", $"{sha}:{folder}");
        if (!tree.Succeeded)
            return null;
        var result = await RunAsync("ls-tree", "-l", "-z", tree.Text.Trim());
        if (!result.Succeeded)
            return null;
        var prefix = folder.Length == 0 ? "" : folder + "/";
        return result.Text.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(line => ParseEntry(line, prefix)).ToList();
    }

    /// <summary>The entry of a path; null when absent.</summary>
    public async Task<TreeEntry?> EntryAsync(string sha, string path)
    {
        var info = Info(["ls-tree", "-l", "-z", sha, "--", path]);
        info.Environment["GIT_LITERAL_PATHSPECS"] = "1";
        var result = await GitProgram.RunAsync(info);
        return result.Succeeded && result.Output.Length > 0 ? ParseEntry(result.Text.TrimEnd('\0'), "") : null;
    }

    public async Task<byte[]> BlobAsync(string blobSha) => (await MustAsync(Info(["cat-file", "blob", blobSha]))).Output;

    /// <summary>Checks a commit out into an empty folder, with its own repository data.</summary>
    public async Task CheckoutAsync(string sha, string folder)
    {
        await MustAsync(GitProgram.StartInfo("init", "--quiet", folder));
        await MustAsync(GitProgram.StartInfo("-C", folder, "fetch", "--quiet", "--no-tags", Directory, sha));
        await MustAsync(GitProgram.StartInfo("-C", folder, "-c", "core.hooksPath=/dev/null", "checkout", "--quiet", "--detach", sha));
    }

    private static CommitInfo ParseCommit(string record)
    {
        var fields = record.TrimStart('\n').Split('\u0001', 7);
        return new CommitInfo(
            fields[0],
            fields[1],
            fields[2].Split(' ', StringSplitOptions.RemoveEmptyEntries),
            fields[3],
            fields[4],
            DateTimeOffset.FromUnixTimeSeconds(long.Parse(fields[5], CultureInfo.InvariantCulture)),
            fields[6].TrimEnd('\n'));
    }

    private static TreeEntry ParseEntry(string line, string prefix)
    {
        var tab = line.IndexOf('\t', StringComparison.Ordinal);
        var head = line[..tab].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _ = long.TryParse(head[3], CultureInfo.InvariantCulture, out var size);
        return new TreeEntry(head[0], head[1], head[2], size, prefix + line[(tab + 1)..]);
    }

    private static async Task<GitResult> MustAsync(ProcessStartInfo info, string? input = null) => Must(await GitProgram.RunAsync(info, input), info.ArgumentList);

    private static GitResult Must(GitResult result, IEnumerable<string> arguments) => result.Succeeded
        ? result
        : throw new InvalidOperationException($"git {string.Join(' ', arguments)} failed ({result.ExitCode}): {result.Error.Trim()}");

    private async Task ConfigureAsync()
    {
        foreach (var (key, value) in new[]
        {
            ("http.receivepack", "true"),
            ("uploadpack.allowAnySHA1InWant", "true"),
            ("receive.hideRefs", "refs/pull"),
            ("receive.hideRefs", "refs/merge-requests"),
            ("receive.advertisePushOptions", "false"),
            ("gc.auto", "0"),
        })
        {
            await MustAsync(Info(["config", "--add", key, value]));
        }
    }

    private async Task<GitResult> MustAskAsync(string[] arguments, params string[] revisions) => Must(await AskAsync(arguments, revisions), arguments);

    // A list of pull requests asks the same of the same commits each time. What git once said of commits that are named by their ids it says for
    // ever: objects do not change, and none is taken away here (gc.auto). What it refused may still come.
    private async Task<GitResult> AskAsync(string[] arguments, params string[] revisions)
    {
        if (!revisions.All(IsId))
            return await RunAsync(arguments);
        var line = string.Join('\n', arguments);
        if (_known.TryGetValue(line, out var known))
            return known;
        var result = await RunAsync(arguments);
        if (!result.Succeeded)
            return result;
        if (_known.Count >= MostKnown)
            _known.Clear();
        return _known[line] = result;
    }

    private static bool IsId(string revision) => revision.Length == 40 && revision.All(char.IsAsciiHexDigitLower);

    private Task<GitResult> RunAsync(params string[] arguments) => GitProgram.RunAsync(Info(arguments));

    private ProcessStartInfo Info(IEnumerable<string> arguments) => GitProgram.StartInfo(["--git-dir", Directory, .. arguments]);
}
