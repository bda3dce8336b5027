using System.Text;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Apply;

/// <summary>
/// The applier: the only place that asks for a token that may write contents. It believes nothing it is told about the change: the
/// change-set comes from git objects, the verdicts are its own, and the push names the commit it expects to find.
/// </summary>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
/// <param name="forge">Forge.</param>
/// <param name="tokens">Credentials.</param>
/// <param name="links">Links.</param>
/// <param name="time">Clock of the heartbeats.</param>
public sealed class ApplyActivities(TrustedGit git, RepositoryMirrors mirrors, IForge forge, ITokenSource tokens, ILinkStore links, TimeProvider time)
{
    private const int MaxPatchChars = 8_000_000;

    /// <summary>Gates, commit, push, draft pull request, evidence check. Repeating it with the same input changes nothing more.</summary>
    [Activity]
    public Task<PublishOutcome> PublishAsync(PublishStep step) => ActivityGuard.RunAsync(time, async context =>
    {
        var ct = context.CancellationToken;
        var repository = await forge.GetRepositoryAsync(step.Repo, ct);
        var mirror = await mirrors.WithCommitAsync(step.Repo, step.BaseSha, ct);
        if (step.ExpectedHead is { } head)
            await mirrors.WithCommitAsync(step.Repo, head, ct);
        var tree = await mirrors.TreeAsync(mirror, step.BaseSha, step.Snapshot, ct);

        var verdicts = await JudgeAsync(step, mirror, tree, repository.DefaultBranch, ct);
        if (verdicts.Any(v => !v.Passed))
            return new PublishOutcome(verdicts, null, null, null);

        var self = await forge.GetSelfAsync(ct);
        var parent = step.ExpectedHead ?? step.BaseSha;
        var sha = await git.TreeOfAsync(mirror, parent, ct) == tree && step.ExpectedHead is not null
            ? step.ExpectedHead
            : await git.CommitAsync(mirror, tree, [parent], Message(step), new GitIdentity(self.Login, NoReply(self)), step.CommitDate, ct);

        // The link comes before the push: CI events about the new head may be faster than we are.
        await links.LinkAsync(step.Task, step.Repo, step.Issue, step.Pull, sha, ct);
        if (sha != step.ExpectedHead)
        {
            var token = await tokens.GetTokenAsync(step.Repo, "push", TokenPermissions.WriteContents, ct);
            try
            {
                await git.PushAsync(
                    mirror, repository.CloneUrl.AbsoluteUri, new GitCredential(token.Username, token.Secret), sha, step.Branch, step.ExpectedHead, repository.DefaultBranch, ct);
            }
            catch (GitRejectedException e) when (e.Reason is GitRejection.StaleExpectation or GitRejection.NotFastForward)
            {
                return new PublishOutcome(verdicts, null, null, null, $"Somebody pushed to {step.Branch} meanwhile.");
            }
            catch (GitRejectedException e) when (e.Reason == GitRejection.BranchInTheWay)
            {
                return new PublishOutcome(verdicts, null, null, null, e.Message);
            }
        }

        return await ShowAsync(step, verdicts, sha, ct);
    });

    private async Task<PublishOutcome> ShowAsync(PublishStep step, IReadOnlyList<GateVerdict> verdicts, string sha, CancellationToken ct)
    {
        var evidence = step.Evidence ?? new Evidence("", []);
        var title = PullText.Title(step.Report.Title, step.Facts.Title);
        PullRequest pull;
        if (step.OwnsPull)
        {
            var body = PullText.Body(new PullView(
                step.Task.ToString(), step.Issue, step.Report, step.Plan, sha, evidence, verdicts, step.OpenFindings, step.CostUsd, step.Tokens, step.RequestedBy.Login));
            pull = step.Pull is { } known
                ? await forge.GetPullAsync(step.Repo, known, ct)
                : await forge.EnsureDraftPullAsync(step.Repo, new NewPullRequest(step.Branch, step.Facts.BaseBranch, title, body), ct);
            await forge.UpdatePullAsync(step.Repo, pull.Number, step.Pull is null ? title : pull.Title, body, ct);
        }
        else
        {
            pull = await forge.GetPullAsync(step.Repo, step.Pull ?? throw new InvalidOperationException("A fix needs its pull request."), ct);
        }

        await links.LinkAsync(step.Task, step.Repo, step.Issue, pull.Number, sha, ct);
        var red = evidence.Checks.Any(c => !c.Passed && !c.RedOnBase);
        await forge.EnsureCheckAsync(
            step.Repo,
            new EvidenceCheck(
                EvidenceText.CheckName, sha, red ? CiState.Failed : CiState.Passed,
                $"{evidence.Checks.Count(c => c.Passed)} of {evidence.Checks.Count} checks and {verdicts.Count(v => v.Passed)} of {verdicts.Count} gates passed",
                EvidenceText.Summary(sha, evidence, verdicts)),
            ct);
        return new PublishOutcome(verdicts, sha, pull.Number, pull.WebUrl);
    }

    private async Task<IReadOnlyList<GateVerdict>> JudgeAsync(PublishStep step, GitMirror mirror, string tree, string defaultBranch, CancellationToken ct)
    {
        var changes = await git.DiffAsync(mirror, step.BaseSha, tree, ct);
        var patch = await git.PatchTextAsync(mirror, step.BaseSha, tree, [], MaxPatchChars, ct);
        var verdicts = Gatekeeper.Judge(new GateInput(changes, PatchLines.Added(patch), step.Facts.Policy, step.Plan, step.Evidence, step.Branch, defaultBranch)
        {
            TestsMustChange = step.TestsMustChange,
            FailingOnBase = step.FailingOnBase,
            RunnerFiles = await RunnerFilesAsync(step, mirror, tree, changes, ct),
            PlanApprovedByPerson = step.PlanApprovedByPerson,
            LfsFiles = (await git.LfsFilesAsync(mirror, step.BaseSha, ct)).Select(f => f.Path).ToHashSet(StringComparer.Ordinal),
        });
        // What could not be read whole was not scanned whole.
        return patch.Length < MaxPatchChars
            ? verdicts
            : [.. verdicts, new GateVerdict("patch", false, "The change is too large to be scanned for secrets. Make it smaller.")];
    }

    private async Task<IReadOnlyCollection<string>> RunnerFilesAsync(PublishStep step, GitMirror mirror, string tree, ChangeSet changes, CancellationToken ct)
    {
        var lines = step.Facts.Policy.Checks.Select(c => c.Run).ToArray();
        var found = new List<string>();
        foreach (var path in changes.Files.SelectMany(f => f.Paths).Distinct(StringComparer.Ordinal))
        {
            if (RunnerFiles.Is(path) || RunnerFiles.IsNamed(path, lines)
                || (RunnerFiles.IsShared(path) && !RunnerSettings.AreSame(path, await TextAsync(mirror, step.BaseSha, path, ct), await TextAsync(mirror, tree, path, ct))))
                found.Add(path);
        }

        return found;
    }

    private async Task<string> TextAsync(GitMirror mirror, string treeish, string path, CancellationToken ct) =>
        await git.ReadFileAsync(mirror, treeish, path, ct) is { } bytes ? Encoding.UTF8.GetString(bytes) : "";

    private static string Message(PublishStep step) => CommitText.Build(
        (step.Latest ?? step.Report).Title, step.Facts.Title, (step.Latest ?? step.Report).Summary, step.RequestedBy.Login, NoReply(step.RequestedBy), step.Task.ToString(), step.StepName);

    private static string NoReply(Actor actor) => $"{actor.Id}+{actor.Login}@users.noreply.github.com";

    /// <summary>A change that wants to leave.</summary>
    /// <param name="Task">Task.</param>
    /// <param name="Repo">Repository.</param>
    /// <param name="Facts">Facts with policy and branches.</param>
    /// <param name="BaseSha">Commit the change is computed against.</param>
    /// <param name="Snapshot">Snapshot with the change; null means the base itself.</param>
    /// <param name="Branch">Branch to push.</param>
    /// <param name="ExpectedHead">Where the branch must be now; null when it must not exist.</param>
    /// <param name="Report">The author's report: model output.</param>
    /// <param name="Evidence">Check results.</param>
    /// <param name="RequestedBy">Who asked: co-author.</param>
    /// <param name="StepName">Value of the Agent-Step trailer.</param>
    /// <param name="CommitDate">Workflow time, so that a retry makes the same commit.</param>
    public sealed record PublishStep(
        TaskId Task, RepoRef Repo, TaskFacts Facts, string BaseSha, string? Snapshot, string Branch, string? ExpectedHead, CoderReport Report,
        Evidence? Evidence, Actor RequestedBy, string StepName, DateTimeOffset CommitDate)
    {
        /// <summary>The report of this very commit, for its message; <see cref="Report"/> is the one of the whole pull request.</summary>
        public CoderReport? Latest { get; init; }

        /// <summary>Issue it answers.</summary>
        public int? Issue { get; init; }

        /// <summary>Pull request, once there is one.</summary>
        public int? Pull { get; init; }

        /// <summary>False for a person's pull request, whose title and body stay theirs.</summary>
        public bool OwnsPull { get; init; } = true;

        /// <summary>Approved plan.</summary>
        public Plan? Plan { get; init; }

        /// <summary>True when a person approved <see cref="Plan"/>, and not the policy.</summary>
        public bool PlanApprovedByPerson { get; init; }

        /// <summary>Tests must change with code.</summary>
        public bool TestsMustChange { get; init; } = true;

        /// <summary>Names of checks that were red on the base.</summary>
        public IReadOnlyList<string> FailingOnBase { get; init; } = [];

        /// <summary>Findings of the self-review that stay open.</summary>
        public IReadOnlyList<CritiqueFinding> OpenFindings { get; init; } = [];

        /// <summary>Cost so far, US dollars.</summary>
        public decimal CostUsd { get; init; }

        /// <summary>Tokens so far.</summary>
        public long Tokens { get; init; }
    }

    /// <summary>What became of a change: published, held back by gates, or in conflict with what somebody else pushed.</summary>
    /// <param name="Verdicts">All verdicts.</param>
    /// <param name="HeadSha">Published head; null when it was not published.</param>
    /// <param name="Pull">Pull request; null when it was not published.</param>
    /// <param name="PullUrl">Its page.</param>
    /// <param name="Conflict">What is in the way on the branch; empty when nothing.</param>
    public sealed record PublishOutcome(IReadOnlyList<GateVerdict> Verdicts, string? HeadSha, int? Pull, Uri? PullUrl, string Conflict = "");
}
