using CodingAgent.Forges;
using CodingAgent.Mcp;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Policy;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Activities;

/// <summary>What the base branch has become while a task worked on an older commit of it.</summary>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
/// <param name="forge">Forge.</param>
/// <param name="artifacts">Packs of merged trees.</param>
/// <param name="time">Clock of the heartbeats.</param>
public sealed class BaseActivities(TrustedGit git, RepositoryMirrors mirrors, IForge forge, IArtifactStore artifacts, TimeProvider time)
{
    /// <summary>
    /// Reads the base branch and merges it with the work, in memory: nothing is published. The policy comes along, because what the default branch
    /// asks for may have moved too.
    /// </summary>
    [Activity]
    public Task<BaseReading> ReadBaseAsync(BaseStep step) => ActivityGuard.RunAsync(time, async context =>
    {
        var ct = context.CancellationToken;
        var pull = step.Pull is { } number ? await forge.GetPullAsync(step.Repo, number, ct) : null;
        // The forge follows a branch that is renamed, and a person may have chosen another one.
        var branch = pull?.BaseBranch ?? step.BaseBranch;
        if (await forge.GetBranchHeadAsync(step.Repo, branch, ct) is not { } head)
            return new BaseReading(branch, null);
        if (head == step.BaseSha)
            return new BaseReading(branch, head);
        var mirror = await mirrors.WithCommitAsync(step.Repo, head, ct);
        try
        {
            await mirrors.WithCommitAsync(step.Repo, step.Head ?? step.BaseSha, ct);
        }
        catch (GitRejectedException e) when (e.Reason == GitRejection.NotFound && step.Head is null)
        {
            // History was rewritten, and this worker never saw the old one.
            return new BaseReading(branch, head) { IsMoved = true, IsRewritten = true, Problem = $"The history of {branch} was rewritten, and the commit this work began from is gone." };
        }

        if (step.Head is { } published && await git.IsAncestorAsync(mirror, head, published, ct))
            return new BaseReading(branch, head);
        var reading = new BaseReading(branch, head) { IsMoved = true, MustFollow = pull?.MustFollowBase == true, IsRewritten = !step.IsOnPeoplesWork && !await git.IsAncestorAsync(mirror, step.BaseSha, head, ct) };
        if (reading.IsRewritten && step.Head is not null)
            return reading with { Problem = $"The history of {branch} was rewritten after this branch was made, so the branch still holds what was taken back there. Stop the task and ask again to have the work made anew." };
        // Before it is published the work is a tree, and moves over to the new head without what was taken back since.
        var merged = step.Head is null
            ? await git.MergeAsync(mirror, await mirrors.TreeAsync(mirror, step.BaseSha, step.Snapshot, ct), head, ct, mergeBase: step.BaseSha)
            : await git.MergeAsync(mirror, step.Head, head, ct);
        reading = reading with { Conflicts = merged.Conflicts };
        if (!step.Takes)
            return reading;
        var (policy, blob, problem) = await PolicyAsync(step.Repo, ct);
        var pack = merged.TreeId == await git.TreeOfAsync(mirror, head, ct) ? null : await artifacts.PutAsync(await git.PackAsync(mirror, head, merged.TreeId, ct), ct);
        return reading with
        {
            Snapshot = pack is null ? null : new SnapshotRef(merged.TreeId, pack).ToString(),
            Policy = policy,
            PolicyBlob = blob,
            Problem = problem,
        };
    });

    private async Task<(RepositoryPolicy? Policy, string Blob, string Problem)> PolicyAsync(RepoRef repo, CancellationToken ct)
    {
        var repository = await forge.GetRepositoryAsync(repo, ct);
        if (await forge.GetBranchHeadAsync(repo, repository.DefaultBranch, ct) is not { } sha)
            return (null, "", $"The default branch {repository.DefaultBranch} is gone.");
        var file = await forge.GetFileAsync(repo, ForgeTerms.Of(repo).PolicyPath, sha, ct);
        var reading = PolicyParser.Parse(file?.Text);
        return reading.Policy is { } policy
            ? (policy, file?.BlobSha ?? "", "")
            : (null, "", $"The policy file on {repository.DefaultBranch} cannot be used any more: line {reading.Errors[0].Line}: {reading.Errors[0].Message}");
    }

    /// <summary>What to compare.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="BaseBranch">Branch the work goes to, as far as known.</param>
    /// <param name="BaseSha">Commit of it that the work is computed against.</param>
    /// <param name="Snapshot">The work before it is published; null means the base itself.</param>
    /// <param name="Head">Published head; null before.</param>
    /// <param name="Pull">Pull request; null before there is one.</param>
    public sealed record BaseStep(RepoRef Repo, string BaseBranch, string BaseSha, string? Snapshot, string? Head, int? Pull)
    {
        /// <summary>The commit is what people pushed to the branch, and was never part of the base branch.</summary>
        public bool IsOnPeoplesWork { get; init; }

        /// <summary>Both together are wanted, with the policy; else only whether and where they conflict.</summary>
        public bool Takes { get; init; }
    }

    /// <summary>The base branch beside the work.</summary>
    /// <param name="Branch">Its name now.</param>
    /// <param name="Head">Its head; null when the branch is gone.</param>
    public sealed record BaseReading(string Branch, string? Head)
    {
        /// <summary>The work does not hold all of it.</summary>
        public bool IsMoved { get; init; }

        /// <summary>The commit the work began from is no part of it any more.</summary>
        public bool IsRewritten { get; init; }

        /// <summary>The forge lets nobody merge before the work holds all of it.</summary>
        public bool MustFollow { get; init; }

        /// <summary>Files that both changed; <see cref="Snapshot"/> has markers there.</summary>
        public IReadOnlyList<MergeConflict> Conflicts { get; init; } = [];

        /// <summary>Both together, as a change of <see cref="Head"/>; null when nothing of the work is left, or it was not wanted.</summary>
        public string? Snapshot { get; init; }

        /// <summary>Policy of the default branch now; null when it was not needed or cannot be used.</summary>
        public RepositoryPolicy? Policy { get; init; }

        /// <summary>Its blob.</summary>
        public string PolicyBlob { get; init; } = "";

        /// <summary>Why the two cannot be brought together, as a sentence; empty when they can.</summary>
        public string Problem { get; init; } = "";
    }
}
