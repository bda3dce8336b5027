using System.Text;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Ports;

namespace CodingAgent.Workflows.Activities;

/// <summary>
/// Reads what a repository says of itself, from the git objects of one commit: nothing is checked out, and no link is followed.
/// </summary>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
public sealed class RepositoryReader(TrustedGit git, RepositoryMirrors mirrors) : IRepositoryGuidance
{
    private const string GuidanceName = "AGENTS.md";
    private const int MostGuidance = 40;
    private const int RootChars = 24_000;
    private const int NestedChars = 8_000;
    private const int AllChars = 120_000;
    private const long LargestText = 1024 * 1024;
    private const int MostRounds = 12;

    /// <inheritdoc />
    public async Task<IReadOnlyList<GuidanceFile>> ReadAsync(RepoRef repo, string commit, CancellationToken cancellationToken)
    {
        var mirror = await mirrors.WithCommitAsync(repo, commit, cancellationToken);
        var paths = (await git.ListTreeAsync(mirror, commit, cancellationToken))
            .Where(e => IsText(e) && (e.Path == GuidanceName || e.Path.EndsWith("/" + GuidanceName, StringComparison.Ordinal)))
            .Select(e => e.Path).OrderBy(p => p.Count(c => c == '/')).ThenBy(p => p, StringComparer.Ordinal).Take(MostGuidance);
        var files = new List<GuidanceFile>();
        foreach (var path in paths)
        {
            if (await TextAsync(mirror, commit, path, cancellationToken) is not { } text || string.IsNullOrWhiteSpace(text))
                continue;
            var limit = Math.Min(path == GuidanceName ? RootChars : NestedChars, AllChars - files.Sum(f => f.Text.Length));
            if (limit <= 0)
                break;
            files.Add(new GuidanceFile(path, TextCut.Head(text, limit)));
        }

        return files;
    }

    /// <summary>How the repository is set up and checked, as its files say at one commit.</summary>
    /// <param name="repo">Repository.</param>
    /// <param name="commit">Commit or tree that the mirror can hold; the base, whenever it decides what proves a change.</param>
    /// <param name="tools">Programs that commands will have.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ProjectDetection> DetectAsync(RepoRef repo, string commit, ToolchainNames tools, CancellationToken cancellationToken)
    {
        var mirror = await mirrors.WithCommitAsync(repo, commit, cancellationToken);
        var files = (await git.ListTreeAsync(mirror, commit, cancellationToken)).Where(IsText).Select(e => new DetectedFile(e.Path, e.ObjectId, e.Size)).ToArray();
        // Detection is pure and asks for texts as it goes; what it missed is read, and it looks again.
        var texts = new Dictionary<string, string?>(StringComparer.Ordinal);
        for (var round = 1; ; round++)
        {
            var missing = new List<string>();
            var found = ProjectDetector.Detect(
                files,
                path =>
                {
                    if (!texts.TryGetValue(path, out var text))
                        missing.Add(path);
                    return text;
                },
                tools);
            if (missing.Count == 0 || round == MostRounds)
                return found;
            foreach (var path in missing)
                texts[path] = await TextAsync(mirror, commit, path, cancellationToken);
        }
    }

    // A link's target is no text of the repository's.
    private static bool IsText(TreeEntry entry) => entry.Mode is "100644" or "100755";

    private async Task<string?> TextAsync(GitMirror mirror, string commit, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await git.ReadFileAsync(mirror, commit, path, cancellationToken, LargestText) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
        }
        catch (GitRejectedException)
        {
            return null;
        }
    }
}
