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
/// <param name="settings">Settings.</param>
/// <param name="time">Clock of the heartbeats.</param>
public sealed class ApplyActivities(TrustedGit git, RepositoryMirrors mirrors, IForge forge, ITokenSource tokens, ILinkStore links, FlowSettings settings, TimeProvider time)
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

        var (policy, problem) = await PolicyAsync(step, repository.DefaultBranch, ct);
        IReadOnlyList<GateVerdict> verdicts = problem is null ? await JudgeAsync(step, policy, mirror, tree, repository.DefaultBranch, ct) : [problem];
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
                step.Task.ToString(), step.Issue, step.Report, step.Plan, sha, evidence, verdicts, step.OpenFindings, step.CostUsd, step.Tokens, step.RequestedBy.Login)
            {
                CostIsKnown = step.CostIsKnown,
            });
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

    /// <summary>
    /// The policy as the default branch has it now, whatever the step says of it. Checks and habits of tests that the file leaves open are those
    /// that were found in the repository.
    /// </summary>
    private async Task<(RepositoryPolicy Policy, GateVerdict? Problem)> PolicyAsync(PublishStep step, string defaultBranch, CancellationToken ct)
    {
        var found = step.Facts.Policy;
        var head = await forge.GetBranchHeadAsync(step.Repo, defaultBranch, ct);
        var file = head is null ? null : await forge.GetFileAsync(step.Repo, settings.PolicyPath, head, ct);
        var reading = PolicyParser.Parse(file?.Text);
        if (head is null || reading.Policy is not { } policy)
        {
            var why = head is null ? "the branch is gone" : $"line {reading.Errors[0].Line}: {reading.Errors[0].Message}";
            return (found, new GateVerdict("policy", false, $"The policy on {defaultBranch} cannot be read: {why}"));
        }

        var isOpen = policy.Checks.Count == 0 && !policy.WithoutChecks;
        return (policy with { Checks = isOpen ? found.Checks : policy.Checks, Tests = policy.Tests.PatternsAreGiven ? policy.Tests : policy.Tests with { Patterns = found.Tests.Patterns } }, null);
    }

    // Only the head of a pull request that this very task owns; its branch must lie in this repository.
    private async Task<string?> LinkedBranchAsync(PublishStep step, CancellationToken ct)
    {
        if (step.Pull is not { } number || await links.FindByPullAsync(step.Repo, number, ct) != step.Task)
            return null;
        var pull = await forge.GetPullAsync(step.Repo, number, ct);
        return pull.IsOpen && pull.Head.Repo == step.Repo ? pull.Head.Branch : null;
    }

    // Any object of the forge can be fetched by its id, also one that somebody left in a fork: only what lies in a branch's history is a base.
    private async Task<bool> IsPartOfAsync(PublishStep step, GitMirror mirror, IEnumerable<string?> branches, CancellationToken ct)
    {
        foreach (var branch in branches.OfType<string>())
        {
            var head = await forge.GetBranchHeadAsync(step.Repo, branch, ct);
            if (head is null)
                continue;
            await mirrors.WithCommitAsync(step.Repo, head, ct);
            if (await git.IsAncestorAsync(mirror, step.BaseSha, head, ct))
                return true;
        }

        return false;
    }

    private async Task<IReadOnlyList<GateVerdict>> JudgeAsync(PublishStep step, RepositoryPolicy policy, GitMirror mirror, string tree, string defaultBranch, CancellationToken ct)
    {
        var changes = await git.DiffAsync(mirror, step.BaseSha, tree, ct);
        var linked = await LinkedBranchAsync(step, ct);
        var patch = await git.PatchTextAsync(mirror, step.BaseSha, tree, [], MaxPatchChars, ct);
        var verdicts = Gatekeeper.Judge(new GateInput(changes, PatchLines.Added(patch), policy, step.Plan, step.Evidence, step.Branch, defaultBranch)
        {
            TestsMustChange = step.TestsMustChange,
            FailingOnBase = step.FailingOnBase,
            LinkedBranch = linked,
            IsBaseForeign = !await IsPartOfAsync(step, mirror, [step.Facts.BaseBranch, linked], ct),
            IsProtected = await forge.IsProtectedAsync(step.Repo, step.Branch, ct),
            RunnerFiles = await RunnerFilesAsync(step, policy, mirror, tree, changes, ct),
            PlanApprovedByPerson = step.PlanApprovedByPerson,
            LfsFiles = (await git.LfsFilesAsync(mirror, step.BaseSha, ct)).Select(f => f.Path).ToHashSet(StringComparer.Ordinal),
        });
        // What could not be read whole was not scanned whole.
        return patch.Length < MaxPatchChars
            ? verdicts
            : [.. verdicts, new GateVerdict("patch", false, "The change is too large to be scanned for secrets. Make it smaller.")];
    }

    private async Task<IReadOnlyCollection<string>> RunnerFilesAsync(PublishStep step, RepositoryPolicy policy, GitMirror mirror, string tree, ChangeSet changes, CancellationToken ct)
    {
        var found = new List<string>();
        foreach (var path in changes.Files.SelectMany(f => f.Paths).Distinct(StringComparer.Ordinal))
        {
            if (RunnerFiles.Decides(path, policy.Checks)
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

        /// <summary>False when a model was used whose price is not configured.</summary>
        public bool CostIsKnown { get; init; } = true;

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
