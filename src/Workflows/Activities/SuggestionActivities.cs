using System.Text;
using CodingAgent.Forges;
using CodingAgent.Mcp;
using CodingAgent.Mcp.Git;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Activities;

/// <summary>Puts the exact replacements that reviewers propose into the work, before the fixer sees it: copying lines needs no model.</summary>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
/// <param name="artifacts">Artifacts.</param>
/// <param name="time">Clock of the heartbeats.</param>
public sealed class SuggestionActivities(TrustedGit git, RepositoryMirrors mirrors, IArtifactStore artifacts, TimeProvider time)
{
    /// <summary>What a suggestion says of itself until it was tried.</summary>
    internal const string NotTried = "nobody has tried";

    private const long MaxFileBytes = 1 << 20;

    // A byte that is none of UTF-8 must stay what it is.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Applies what can be applied, and notes with the feedback what was and why the rest was not.</summary>
    [Activity]
    public Task<Applied> ApplySuggestionsAsync(ApplyStep step) => ActivityGuard.RunAsync(time, async context =>
    {
        var ct = context.CancellationToken;
        var feedback = await artifacts.GetJsonAsync<ForgeActivities.Feedback>(step.FeedbackId, ct);
        var mirror = await mirrors.WithCommitAsync(step.Repo, step.BaseSha, ct);
        var tree = await mirrors.TreeAsync(mirror, step.BaseSha, step.Snapshot, ct);
        var changed = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var threads = feedback.Threads.ToList();
        var open = threads.SelectMany((thread, at) => thread.Suggestions.Where(s => s.WhyNotApplied == NotTried).Select(s => (At: at, thread.Path, thread.DiffHunk, Lines: s))).ToList();
        foreach (var file in open.GroupBy(o => o.Path, StringComparer.Ordinal))
        {
            var proposals = file.ToList();
            var (content, whyNot) = await ReplaceAsync(mirror, tree, file.Key, [.. proposals.Select(p => new SuggestedEdits.Proposal(p.Lines.StartLine, p.Lines.EndLine, p.Lines.Text, p.DiffHunk ?? ""))], ct);
            if (content is not null)
                changed[file.Key] = content;
            for (var i = 0; i < proposals.Count; i++)
                threads[proposals[i].At] = threads[proposals[i].At] with { Suggestions = [proposals[i].Lines with { WhyNotApplied = whyNot[i] }] };
        }

        var id = await artifacts.PutJsonAsync(feedback with { Threads = threads }, ct);
        return new Applied(changed.Count == 0 ? step.Snapshot : await StoreAsync(mirror, step.BaseSha, tree, changed, ct), id);
    });

    private async Task<(byte[]? Content, IReadOnlyList<string?> WhyNot)> ReplaceAsync(
        GitMirror mirror, string tree, string path, IReadOnlyList<SuggestedEdits.Proposal> proposals, CancellationToken ct)
    {
        (byte[]?, IReadOnlyList<string?>) No(string why) => (null, [.. proposals.Select(_ => why)]);
        try
        {
            if (await git.ReadFileAsync(mirror, tree, path, ct, MaxFileBytes) is not { } bytes)
                return No("the file is not there any more");
            var text = Strict.GetString(bytes);
            var (replaced, whyNot) = SuggestedEdits.Apply(text, proposals);
            return (replaced == text ? null : Strict.GetBytes(replaced), whyNot);
        }
        catch (Exception e) when (e is GitRejectedException or DecoderFallbackException or EncoderFallbackException)
        {
            return No("the file is too large, or not UTF-8");
        }
    }

    private async Task<string?> StoreAsync(GitMirror mirror, string baseSha, string tree, IReadOnlyDictionary<string, byte[]> changed, CancellationToken ct)
    {
        var made = await git.ReplaceFilesAsync(mirror, baseSha, tree, changed, ct);
        return made == await git.TreeOfAsync(mirror, baseSha, ct)
            ? null
            : new SnapshotRef(made, await artifacts.PutAsync(await git.PackAsync(mirror, baseSha, made, ct), ct)).ToString();
    }

    /// <summary>What to apply to what.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="BaseSha">Base commit.</param>
    /// <param name="Snapshot">Snapshot whose tree is the head that was reviewed; null means the base itself.</param>
    /// <param name="FeedbackId">Artifact with the threads.</param>
    public sealed record ApplyStep(RepoRef Repo, string BaseSha, string? Snapshot, string FeedbackId);

    /// <summary>What came of it.</summary>
    /// <param name="Snapshot">Snapshot to go on from.</param>
    /// <param name="FeedbackId">Artifact with the threads, which now say what was applied.</param>
    public sealed record Applied(string? Snapshot, string FeedbackId);
}
