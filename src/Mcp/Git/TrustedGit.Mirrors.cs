using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    private const int MaxLooseReferences = 1000;
    private const int MaxLooseObjects = 7000;
    private const int MaxPacks = 40;
    private static readonly TimeSpan BetweenCollections = TimeSpan.FromDays(7);

    /// <summary>Makes the mirror's branches and tags equal the remote's and returns it; callers of one mirror take turns.</summary>
    /// <param name="repoKey">Stable key of the repository, for example <c>github:owner/name</c>.</param>
    /// <param name="cloneUrl">https URL without credentials.</param>
    /// <param name="credential">Credential for reading; null for none.</param>
    /// <param name="cancellationToken">Kills the git process.</param>
    /// <param name="branches">
    /// Only these branches, and the tags; the others stay as the mirror has them. When one of them cannot be had alone, all are fetched.
    /// Null for all.
    /// </param>
    /// <exception cref="GitRejectedException">The remote said no, uses SHA-256, or holds what must not be read.</exception>
    public async Task<GitMirror> FetchMirrorAsync(
        string repoKey, string cloneUrl, GitCredential? credential, CancellationToken cancellationToken, IReadOnlyList<string>? branches = null)
    {
        var remote = GitRemote.Parse(cloneUrl, credential, _options.AllowFileProtocol);
        foreach (var branch in branches ?? [])
            if (!GitPaths.IsBranchName(branch)) throw new ArgumentException($"'{branch}' is not a branch name.", nameof(branches));
        var mirror = await OpenMirrorAsync(repoKey, cancellationToken);
        using var turn = await MirrorLock.TakeAsync(mirror.GitDirectory, _time, cancellationToken);
        var result = await FetchAsync(mirror, remote, branches ?? ["*"], cancellationToken);
        // A branch that is gone, or whose name another one has taken meanwhile: pruning all of them sorts that out.
        if (result.ExitCode != 0 && branches is not null && GitFailures.Classify("fetch", remote.Url, result.Error) is GitRejectedException)
            result = await FetchAsync(mirror, remote, ["*"], cancellationToken);
        if (result.ExitCode != 0) throw GitFailures.Classify("fetch", remote.Url, result.Error);
        await TidyAsync(mirror, cancellationToken);
        return mirror;
    }

    /// <summary>The mirror of a repository as it is on this machine, created empty when it is not there yet; asks no remote.</summary>
    public async Task<GitMirror> OpenMirrorAsync(string repoKey, CancellationToken cancellationToken)
    {
        var mirror = new GitMirror(repoKey, Path.Combine(_mirrors, FolderName(repoKey)));
        // The attributes file is written last: with it the mirror is complete.
        var attributes = Path.Combine(mirror.GitDirectory, "info", "attributes");
        if (IsMarkedUsed(attributes)) return mirror;
        using var turn = await MirrorLock.TakeAsync(mirror.GitDirectory, _time, cancellationToken);
        if (IsMarkedUsed(attributes)) return mirror;
        if (Directory.Exists(mirror.GitDirectory)) Directory.Delete(mirror.GitDirectory, recursive: true);
        Directory.CreateDirectory(mirror.GitDirectory);
        await _git.RunAsync(new GitCall(mirror.GitDirectory, "init", "--quiet", "--bare", "--template=", "--initial-branch=unborn"), cancellationToken);
        Directory.CreateDirectory(Path.GetDirectoryName(attributes)!);
        // The highest-ranking attributes file: bytes in, bytes out, whatever a repository's own .gitattributes says. No line-ending or
        // encoding conversion, no filter, no diff driver, nothing hidden from diffs by being declared binary.
        var partial = attributes + ".new";
        await File.WriteAllTextAsync(partial, "* -text -eol -ident !filter !diff !merge !working-tree-encoding !export-subst !export-ignore !whitespace\n", cancellationToken);
        File.Move(partial, attributes, overwrite: true);
        return mirror;
    }

    /// <summary>
    /// Removes mirrors that nobody has opened for a time, the least recently used first. A mirror is a cache: it is fetched again, and snapshots
    /// come back from their packs. One that a workspace of this machine stands on stays, and so does one that is being fetched.
    /// </summary>
    /// <param name="age">How long nobody has opened it; at least an hour, because whoever was given a mirror still works with it.</param>
    /// <param name="cancellationToken">Stops between two mirrors.</param>
    /// <returns>Names of the folders that are gone.</returns>
    public async Task<IReadOnlyList<string>> CollectMirrorsAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.FromHours(1));
        var host = await HostAsync(cancellationToken);
        var gone = new List<string>();
        foreach (var folder in new DirectoryInfo(_mirrors).GetDirectories("*.git").OrderBy(LastUse))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!IsOld(folder) || host.IsStoodOn(folder.FullName)) continue;
            using var turn = await MirrorLock.TakeAsync(folder.FullName, _time, cancellationToken);
            if (!IsOld(folder) || host.IsStoodOn(folder.FullName)) continue;
            // The mark goes first: who opens it from now on waits for the turn and makes a new one.
            File.Delete(Path.Combine(folder.FullName, "info", "attributes"));
            await host.Tools.RemoveAsync([folder.FullName], cancellationToken);
            gone.Add(folder.Name);
        }

        return gone;

        bool IsOld(DirectoryInfo folder) => _time.GetUtcNow().UtcDateTime - LastUse(folder) > age;
        static DateTime LastUse(DirectoryInfo folder) => File.GetLastWriteTimeUtc(Path.Combine(folder.FullName, "info", "attributes"));
    }

    /// <summary>
    /// Removes from mirrors that stay the objects that no branch or tag leads to any more: snapshots of tasks, commits of deleted branches.
    /// An old object that a younger one leads to stays, and so does all of a mirror that a workspace of this machine stands on. A mirror is looked
    /// at once a week; one that was fetched without file contents is left alone.
    /// </summary>
    /// <param name="before">Only objects that were written, or last seen in use, before this time.</param>
    /// <param name="cancellationToken">Stops between two mirrors.</param>
    /// <returns>Names of the folders that were tidied.</returns>
    /// <exception cref="GitFailedException">One could not be; it is tried again in a week, the others at the next call.</exception>
    public async Task<IReadOnlyList<string>> CollectObjectsAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var host = await HostAsync(cancellationToken);
        var tidied = new List<string>();
        foreach (var folder in new DirectoryInfo(_mirrors).GetDirectories("*.git"))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var mark = Path.Combine(folder.FullName, "collected");
            var mirror = new GitMirror(folder.Name, folder.FullName);
            if (!IsDue(mark) || host.IsStoodOn(folder.FullName)) continue;
            using var turn = await MirrorLock.TakeAsync(folder.FullName, _time, cancellationToken);
            if (!Directory.Exists(Path.Combine(folder.FullName, "objects")) || IsPartial(mirror) || host.IsStoodOn(folder.FullName)) continue;
            // First: one that takes too long is not begun every hour.
            await File.WriteAllBytesAsync(mark, [], cancellationToken);
            File.SetLastWriteTimeUtc(mark, _time.GetUtcNow().UtcDateTime);
            // What is unreachable goes into a pack of its own that keeps each object's time, whatever happens to the packs beside it.
            var expiry = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"--cruft-expiration=@{before.ToUnixTimeSeconds()}");
            await _git.RunAsync(new GitCall(folder.FullName, "repack", "-d", "-q", "--cruft", expiry), cancellationToken);
            tidied.Add(folder.Name);
        }

        return tidied;

        bool IsDue(string mark) => !File.Exists(mark) || _time.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(mark) > BetweenCollections;
    }

    /// <summary>True when the mirror is complete; notes that it is used.</summary>
    private bool IsMarkedUsed(string attributes)
    {
        try
        {
            if (!File.Exists(attributes)) return false;
            File.SetLastWriteTimeUtc(attributes, _time.GetUtcNow().UtcDateTime);
            return true;
        }
        catch (FileNotFoundException)
        {
            // Collected in this moment.
            return false;
        }
    }

    private async Task<GitCallResult> FetchAsync(GitMirror mirror, GitRemote remote, IReadOnlyList<string> branches, CancellationToken cancellationToken, bool whole = false)
    {
        // Tags come with it: version-from-tag tools need them, and pruning keeps moved and deleted ones true. A shallow origin is taken as it is.
        var call = new GitCall(
            mirror.GitDirectory,
            [
                "fetch", "--quiet", "--prune", "--no-tags", "--force", "--update-shallow", "--no-write-fetch-head", "--no-recurse-submodules",
                "--no-auto-maintenance", .. _options.PartialClone && !whole ? new[] { "--filter=blob:none" } : [], remote.Url.AbsoluteUri, .. branches.Select(b => $"+refs/heads/{b}:refs/heads/{b}"), "+refs/tags/*:refs/tags/*",
            ])
        {
            Remote = remote,
        };
        var result = await _git.TryAsync(call, cancellationToken);
        return result.ExitCode != 0 && RemoveStaleLock(mirror.GitDirectory, result.Error) ? await _git.TryAsync(call, cancellationToken) : result;
    }

    /// <summary>
    /// Keeps a mirror quick: tens of thousands of references or loose objects as one file each make every command slow. Nothing is ever
    /// dropped here, because the snapshots of tasks are in no reference.
    /// </summary>
    private async Task TidyAsync(GitMirror mirror, CancellationToken cancellationToken)
    {
        if (Directory.EnumerateFiles(Path.Combine(mirror.GitDirectory, "refs"), "*", SearchOption.AllDirectories).Skip(MaxLooseReferences).Any())
            await _git.RunAsync(new GitCall(mirror.GitDirectory, "pack-refs", "--all"), cancellationToken);
        // git's geometric repack does not know the packs of a partial clone.
        if (IsPartial(mirror)) return;
        var objects = Path.Combine(mirror.GitDirectory, "objects");
        // Object ids are evenly spread, so one of the 256 folders tells how many there are.
        var sample = Path.Combine(objects, "17");
        var many = Directory.Exists(sample) && Directory.EnumerateFiles(sample).Skip(MaxLooseObjects / 256).Any();
        if (!many && !Directory.EnumerateFiles(Path.Combine(objects, "pack"), "*.pack").Skip(MaxPacks).Any()) return;
        // Geometric: small packs and loose objects, reachable or not, are joined; large packs stay. Readers in other processes look again.
        await _git.RunAsync(new GitCall(mirror.GitDirectory, "repack", "-d", "-q", "--geometric=2"), cancellationToken);
    }

    /// <summary>Readable and unique: the key's plain characters and a digest of all of it.</summary>
    private static string FolderName(string repoKey)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(repoKey)))[..16];
        var readable = string.Concat(repoKey.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-'));
        return $"{readable[..Math.Min(readable.Length, 60)]}-{digest}.git";
    }

    /// <summary>
    /// A killed git leaves its lock files behind, and the next fetch would fail for ever. Whoever holds the mirror's turn may clear them.
    /// </summary>
    private static bool RemoveStaleLock(string gitDirectory, string words)
    {
        var match = UnableToLock().Match(words);
        if (!match.Success) return false;
        var path = Path.GetFullPath(Path.Combine(gitDirectory, match.Groups["path"].Value));
        if (!path.StartsWith(gitDirectory + "/", StringComparison.Ordinal) || !File.Exists(path)) return false;
        File.Delete(path);
        return true;
    }

    [GeneratedRegex(@"Unable to create '(?<path>[^'\n]+\.lock)': File exists", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex UnableToLock();
}
