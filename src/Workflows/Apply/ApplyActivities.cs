using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Logging;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Apply;

/// <summary>
/// The applier: the only place that asks for a token that may write contents. It believes nothing it is told: the change-set comes from git
/// objects, request, plan, approval and check results from signed records (<see cref="ProofReader"/>), the policy from the default branch; the
/// verdicts are its own, and the push names the commit it expects to find.
/// </summary>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
/// <param name="forge">Forge.</param>
/// <param name="tokens">Credentials.</param>
/// <param name="links">Links.</param>
/// <param name="proofs">What may be believed.</param>
/// <param name="settings">Settings.</param>
/// <param name="time">Clock of the heartbeats.</param>
/// <param name="logger">Where it is told that something is not proved: a sign of an attack, or of a task from before records were signed.</param>
public sealed partial class ApplyActivities(
    TrustedGit git, RepositoryMirrors mirrors, IForge forge, ITokenSource tokens, ILinkStore links, ProofReader proofs, FlowSettings settings, TimeProvider time, ILogger<ApplyActivities> logger)
{
    private const int MaxPatchChars = 8_000_000;

    /// <summary>Gates, commit, push, draft pull request, evidence check. Repeating it with the same input changes nothing more.</summary>
    [Activity]
    public Task<PublishOutcome> PublishAsync(PublishStep step) => ActivityGuard.RunAsync(time, async context =>
    {
        var ct = context.CancellationToken;
        try
        {
            return await PublishAsync(step, proofs.RequestOf(step), ct);
        }
        catch (NoProofException e)
        {
            LogNotProved(logger, step.Task.ToString(), e.Message);
            return new PublishOutcome([new GateVerdict("records", false, e.Message) { IsForPeople = true }], null, null, null);
        }
    });

    private async Task<PublishOutcome> PublishAsync(PublishStep step, RequestRecord request, CancellationToken ct)
    {
        var repository = await forge.GetRepositoryAsync(step.Repo, ct);
        var mirror = await mirrors.WithCommitAsync(step.Repo, step.BaseSha, ct);
        if (step.ExpectedHead is { } head)
            await mirrors.WithCommitAsync(step.Repo, head, ct);
        var tree = await mirrors.TreeAsync(mirror, step.BaseSha, step.Snapshot, ct);
        var change = new Change(step, request, repository.DefaultBranch, mirror, tree)
        {
            Pull = (FlowList.Of(request.Work).IsOnPull ? request.Pull : step.Pull) is { } number ? await forge.GetPullAsync(step.Repo, number, ct) : null,
        };
        change = change with { IsOnBaseBranch = await IsPartOfAsync(change, change.BaseBranch, ct), IsProtected = await forge.IsProtectedAsync(step.Repo, step.Branch, ct) };
        change = change with { IsBaseForeign = !change.IsOnBaseBranch && !await IsPartOfAsync(change, step.Branch, ct) };

        var (asWritten, problem) = await PolicyAsync(step.Repo, repository.DefaultBranch, ct);
        if (asWritten is null)
            return new PublishOutcome([problem!], null, null, null);
        var together = await TogetherAsync(step, request, repository, asWritten, ct);
        var proof = await proofs.ReadAsync(step, request, asWritten, together, !change.IsOnBaseBranch, ct);
        var (verdicts, shows, dependencies) = await JudgeAsync(change, proof, ct);
        verdicts = [.. verdicts, .. CommitsGate.Judge(asWritten, forge.SignsCommits(step.Repo), git.SignsCommits)];
        if (verdicts.Any(v => !v.Passed))
            return new PublishOutcome(verdicts, null, null, null);

        var parent = step.ExpectedHead ?? step.BaseSha;
        // The base branch has moved, and the change is one of its new head: both are its parents, so that nothing is forced and nothing of theirs is lost.
        var merges = step.ExpectedHead is not null && change.IsOnBaseBranch && !await git.IsAncestorAsync(mirror, step.BaseSha, parent, ct);
        var published = await git.TreeOfAsync(mirror, parent, ct);
        var sha = step.ExpectedHead;
        if (sha is null || merges || published != tree)
        {
            var (commits, words) = merges ? ([], []) : await StepsAsync(change, proof, published, ct);
            shows = [.. shows, .. words];
            var last = merges ? MergeMessage(change) : commits.FirstOrDefault(c => c.Tree == tree).Message ?? Message(step, request);
            var self = await forge.GetSelfAsync(step.Repo, ct);
            var chain = new CommitChain(
                repository, mirror, step.Branch, step.ExpectedHead, parent,
                [.. commits.Where(c => c.Tree != tree).Select(c => new CommitChain.Link(c.Tree, c.Message, [])), new(tree, last, merges ? [step.BaseSha] : [])])
            {
                Repo = step.Repo,
                Of = (step.Task, step.StepName),
                Identity = new GitIdentity(self.Login, forge.GetCommitAddress(step.Repo, self)),
                Date = step.CommitDate,
            };
            var outcome = await new ChainPublisher(git, mirrors, forge, tokens).PublishAsync(
                chain, asWritten.Commits.Verified && forge.SignsCommits(step.Repo), head => links.LinkAsync(step.Task, step.Repo, OwnIssue(step, request), change.Pull?.Number, head, ct), ct);
            if (outcome.Head is null)
                return new PublishOutcome(outcome.Verdict is { } verdict ? [.. verdicts.Where(v => v.Gate != verdict.Gate), verdict] : verdicts, null, null, null, outcome.Conflict);
            sha = outcome.Head;
        }

        return await ShowAsync(change, proof with { Evidence = proof.Evidence with { Shows = shows } }, verdicts, dependencies, sha, ct);
    }

    /// <summary>
    /// The steps that are commits of their own: what each holds is judged like the whole, as everybody can read it in the branch, and its checks are green by
    /// the signed word of who ran them. What does not hold is part of the commit after it.
    /// </summary>
    private async Task<(IReadOnlyList<(string Tree, string Message)> Commits, IReadOnlyList<string> Words)> StepsAsync(Change change, TaskProof proof, string published, CancellationToken ct)
    {
        var (commits, words) = (new List<(string Tree, string Message)>(), new List<string>());
        foreach (var part in change.Step.Commits)
        {
            var tree = await mirrors.TreeAsync(change.Mirror, change.Step.BaseSha, part.Snapshot, ct);
            if (tree == published || commits.Exists(c => c.Tree == tree))
                continue;
            var message = Message(change.Step, change.Request, part.Title, commits.Count + 1);
            if (tree == change.Tree)
            {
                // The whole is judged; of its message only the report's was.
                if (SecretShapes.Find(message) is null)
                    commits.Add((tree, message));
            }
            else if (proofs.EvidenceOf(part.Record, change.Step, proof, tree) is not { } evidence)
            {
                words.Add($"The step “{CommitText.Subject(part.Title, 72)}” is part of the commit after it: nothing signed says what its checks found.");
            }
            else if ((await ReadAsync(change with { Tree = tree }, proof with { Evidence = evidence }, message, ct)) is var read && read.Verdicts.FirstOrDefault(v => !v.Passed) is { } why)
            {
                words.Add($"The step “{CommitText.Subject(part.Title, 72)}” is part of the commit after it: {why.Message}");
            }
            else
            {
                commits.Add((tree, message));
            }
        }

        var whole = commits.Count(c => c.Tree != change.Tree) + 1;
        return (commits, whole > 1 ? [$"{whole} commits; the checks ran on each of them by itself.", .. words] : words);
    }

    private async Task<PublishOutcome> ShowAsync(Change change, TaskProof proof, IReadOnlyList<GateVerdict> verdicts, DependencyReport dependencies, string sha, CancellationToken ct)
    {
        var (step, request, evidence) = (change.Step, change.Request, proof.Evidence);
        var pull = change.Pull;
        // A person's pull request keeps its title and body.
        if (!FlowList.Of(request.Work).IsOnPull)
        {
            var title = PullText.Title(step.Report.Title, step.Title);
            var view = new PullView(
                step.Task.ToString(), request.Issue, step.Report, proof.Plan, sha, evidence, verdicts, step.OpenFindings, step.CostUsd, step.Tokens, request.By.Login)
            {
                CostIsKnown = step.CostIsKnown,
                Dependencies = dependencies,
                Template = await TemplateAsync(change, ct),
                IsPart = step.Task.Part is not null,
                IssueRepository = step.Repo == request.Task.Repo ? "" : request.Task.Repo.FullName,
                Siblings = SiblingLinks().IsMatch(step.Siblings) ? step.Siblings : "",
            };
            pull ??= await forge.EnsureDraftPullAsync(step.Repo, new NewPullRequest(step.Branch, change.BaseBranch, title, PullText.Body(view)), ct);
            // What people ticked of their template stays; what they ticked of ours was about another commit.
            var ticked = view with { Template = PullText.WithTicks(view.Template, pull.Body) };
            await forge.UpdatePullAsync(step.Repo, pull.Number, change.Pull is null ? title : pull.Title, PullText.Body(ticked), ct);
        }

        await links.LinkAsync(step.Task, step.Repo, OwnIssue(step, request), pull!.Number, sha, ct);
        var red = evidence.Checks.Any(c => !c.Passed && !c.RedOnBase);
        await forge.EnsureCheckAsync(
            step.Repo,
            new EvidenceCheck(
                EvidenceText.CheckName, sha, red ? CiState.Failed : CiState.Passed,
                $"{evidence.Checks.Count(c => c.Passed)} of {evidence.Checks.Count} checks and {verdicts.Count(v => v.Passed)} of {verdicts.Count} gates passed",
                EvidenceText.Summary(sha, evidence, verdicts))
            {
                Remarks = GateRemarks.Of(verdicts, step.OpenFindings),
            },
            ct);
        return new PublishOutcome(verdicts, sha, pull.Number, pull.WebUrl) { Proved = evidence.Shows, WithoutDraft = !FlowList.Of(request.Work).IsOnPull && change.Pull is null && !pull.IsDraft };
    }

    // As the base has it: no change can write its own.
    private async Task<string> TemplateAsync(Change change, CancellationToken ct)
    {
        if (!change.IsOnBaseBranch)
            return "";
        var files = (await git.ListTreeAsync(change.Mirror, change.Step.BaseSha, ct)).Where(e => e.Size <= PullTemplate.MostChars * 4).Select(e => e.Path).ToList();
        var path = ForgeTerms.Of(change.Step.Repo).TemplatePaths.Select(p => files.Find(f => f.Equals(p, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(p => p is not null);
        return path is not null && await git.ReadFileAsync(change.Mirror, change.Step.BaseSha, path, ct) is { } file ? Encoding.UTF8.GetString(file) : "";
    }

    // The issue is the whole's: what is said there is said to that.
    private static int? OwnIssue(PublishStep step, RequestRecord request) => step.Task.Part is null ? request.Issue : null;

    /// <summary>The policy as the default branch has it now, whatever the step says of it.</summary>
    private async Task<(RepositoryPolicy? Policy, GateVerdict? Problem)> PolicyAsync(RepoRef repo, string branch, CancellationToken ct)
    {
        var head = await forge.GetBranchHeadAsync(repo, branch, ct);
        var file = head is null ? null : await forge.GetFileAsync(repo, ForgeTerms.Of(repo).PolicyPath, head, ct);
        var reading = PolicyParser.Parse(file?.Text);
        if (head is not null && reading.Policy is { } policy)
            return (policy, null);
        var why = head is null ? "the branch is gone" : $"line {reading.Errors[0].Line}: {reading.Errors[0].Message}";
        return (null, new GateVerdict("policy", false, $"The policy on {branch} cannot be read: {why}") { IsForPeople = true });
    }

    /// <summary>
    /// The policies of all repositories that the signed plan names, read anew with the consent of each; null for a plan of one. Which they are is the signed
    /// plan's word alone, so that a step for a repository that no person was shown comes to nothing here.
    /// </summary>
    /// <exception cref="NoProofException">One of them may not be changed from there, or not any more.</exception>
    private async Task<RepositoriesOfPlan?> TogetherAsync(PublishStep step, RequestRecord request, Repository repository, RepositoryPolicy asWritten, CancellationToken ct)
    {
        var named = proofs.RepositoriesOf(step);
        if (named.Count == 0)
            return null;
        var lead = step.Repo == request.Task.Repo ? repository : await forge.GetRepositoryAsync(request.Task.Repo, ct);
        var leadPolicy = lead == repository ? asWritten : (await PolicyAsync(request.Task.Repo, lead.DefaultBranch, ct)).Policy ?? throw new NoProofException($"The policy of {lead.Ref.FullName} cannot be read.");
        var (policies, reader) = (new Dictionary<RepoRef, RepositoryPolicy>(), new OtherRepositories(forge, settings));
        foreach (var other in named)
        {
            var reading = await reader.ReadAsync(lead, leadPolicy, other, request.By.Login, ct);
            policies[other] = reading.Policy ?? throw new NoProofException($"The plan changes {other.FullName}, which it may not: {reading.WhyNot}.");
        }

        return new RepositoriesOfPlan(leadPolicy, policies);
    }

    [GeneratedRegex("^([A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+#[0-9]+(, |$))+$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex SiblingLinks();

    // Any object of the forge can be fetched by its id, also one that somebody left in a fork: only what lies in a branch's history is a base.
    private async Task<bool> IsPartOfAsync(Change change, string branch, CancellationToken ct)
    {
        if (await forge.GetBranchHeadAsync(change.Step.Repo, branch, ct) is not { } head)
            return false;
        await mirrors.WithCommitAsync(change.Step.Repo, head, ct);
        return await git.IsAncestorAsync(change.Mirror, change.Step.BaseSha, head, ct);
    }

    private async Task<(IReadOnlyList<GateVerdict> Verdicts, IReadOnlyList<string> Shows, DependencyReport Dependencies)> JudgeAsync(Change change, TaskProof proof, CancellationToken ct)
    {
        var read = await ReadAsync(change, proof, Message(change.Step, change.Request), ct);
        var judgement = FlowRegistry.Of(change.Request.Work).Judge(proofs.CaseOf(change.Step, proof, read.Input, !change.IsOnBaseBranch));
        return ([new("records", true, proof.Words), .. read.Verdicts, .. judgement.Verdicts], judgement.Shows, read.Input.Dependencies);
    }

    /// <summary>A tree against the base, and what the gates say that all jobs have.</summary>
    private async Task<(GateInput Input, IReadOnlyList<GateVerdict> Verdicts)> ReadAsync(Change change, TaskProof proof, string message, CancellationToken ct)
    {
        var (step, mirror, tree) = (change.Step, change.Mirror, change.Tree);
        var changes = await git.DiffAsync(mirror, step.BaseSha, tree, ct);
        var patch = await git.PatchTextAsync(mirror, step.BaseSha, tree, [], MaxPatchChars, ct);
        var (added, removed) = PatchLines.Read(patch);
        var reader = new ChangeReader(git, mirror, step.BaseSha, tree);
        var content = await reader.ReadAsync(changes, proof.Policy, ct);
        var dependencies = await reader.DependenciesAsync(changes, settings.Advisories, time.GetUtcNow(), ct);
        var isOnPull = FlowList.Of(change.Request.Work).IsOnPull;
        var input = new GateInput(changes, added, proof.Policy, proof.Plan, proof.Evidence, step.Branch, change.DefaultBranch)
        {
            // Where the base is what people pushed, tests are theirs.
            TestsMustChange = change.IsOnBaseBranch && tree == change.Whole && FlowRegistry.Of(change.Request.Work).TestsMustChange,
            FailingOnBase = proof.FailingOnBase,
            OwnBranches = isOnPull ? null : TaskBranch.PrefixOf(step.Repo, step.Task, change.Request.Issue),
            LinkedBranch = isOnPull ? change.HeadBranch : null,
            IsBaseForeign = change.IsBaseForeign,
            IsProtected = change.IsProtected,
            Removed = removed,
            ByContent = content.ByContent,
            CompiledByProduct = content.CompiledByProduct,
            BaseFiles = content.BaseFiles,
            Dependencies = dependencies,
            PlanApprovedByPerson = proof.PlanApprovedByPerson,
            Asked = proof.Asked,
            WholePlan = proof.WholePlan,
            // A draft that a person has not made ready; there is nothing else of ours that is red.
            MayBeRed = step.Task.Part is not null && change.Pull is null or { IsDraft: true } && FlowRegistry.Of(change.Request.Work).MayShowRed(proof.Policy),
            LfsFiles = (await git.LfsFilesAsync(mirror, step.BaseSha, ct)).Select(f => f.Path).ToHashSet(StringComparer.Ordinal),
        };
        List<GateVerdict> all = [.. Gatekeeper.Judge(input)];
        if (change.Pull is { } pull && (pull.Head.Repo != step.Repo || pull.Head.Branch != step.Branch))
            all.Add(new GateVerdict("pull", false, $"{ForgeTerms.Of(step.Repo).Say("Pull request")} {pull.Number} does not come from {step.Branch}.") { IsForPeople = true });
        // Ours carry the commits they are of, so that no file about merging is taken for one.
        var marked = added.Where(l => IsMarker(l.Text)).Select(l => l.Path).Distinct(StringComparer.Ordinal).ToArray();
        if (marked.Length > 0)
            all.Add(new GateVerdict("conflicts", false, $"Conflict markers are left in {Gatekeeper.List(marked)}. Bring both sides together and remove them."));
        // Its words are masked where they are put together; what they make together is not.
        if (SecretShapes.Find(message) is { } looks)
            all.Add(new GateVerdict("message", false, $"The commit message {looks}. Write the report's title and summary without it."));
        // What could not be read whole was not scanned whole.
        if (patch.Length >= MaxPatchChars)
            all.Add(new GateVerdict("patch", false, "The change is too large to be scanned for secrets. Make it smaller."));
        return (input, all);
    }

    private static bool IsMarker(string line) =>
        line.Length == 48 && (line.StartsWith("<<<<<<< ", StringComparison.Ordinal) || line.StartsWith(">>>>>>> ", StringComparison.Ordinal)) && line[8..].All(char.IsAsciiHexDigitLower);

    private string Message(PublishStep step, RequestRecord request, string title, int number) => CommitText.Build(
        title, step.Title, "", request.By.Login, CoAuthor(request), step.Task.ToString(), string.Create(CultureInfo.InvariantCulture, $"{step.StepName}.{number}"));

    private string Message(PublishStep step, RequestRecord request) => CommitText.Build(
        (step.Latest ?? step.Report).Title, step.Title, (step.Latest ?? step.Report).Summary, request.By.Login, CoAuthor(request), step.Task.ToString(), step.StepName);

    private string MergeMessage(Change change) => CommitText.Build(
        $"chore: merge {change.BaseBranch}", "", $"{change.BaseBranch} has moved on since this work began.", change.Request.By.Login, CoAuthor(change.Request), change.Step.Task.ToString(), change.Step.StepName);

    // The account is one of where it was asked for.
    private string? CoAuthor(RequestRecord request) => request.By.Id == 0 ? null : forge.GetCommitAddress(request.Task.Repo, request.By);

    [LoggerMessage(EventId = 1301, Level = LogLevel.Error, Message = "{Task}: nothing is published, because it is not proved: {Reason}")]
    private static partial void LogNotProved(ILogger logger, string task, string reason);

    // What is judged, and what the forge says around it.
    private sealed record Change(PublishStep Step, RequestRecord Request, string DefaultBranch, GitMirror Mirror, string Tree)
    {
        // A step on the way has another tree.
        public string Whole { get; } = Tree;

        public bool IsProtected { get; init; }

        public bool IsBaseForeign { get; init; }

        public PullRequest? Pull { get; init; }

        public bool IsOnBaseBranch { get; init; }

        // Of a pull request the forge's word counts: its base may have been renamed, or chosen anew by a person.
        public string BaseBranch => Pull?.BaseBranch ?? (Step.Repo == Request.Task.Repo ? Request.BaseBranch : null) ?? DefaultBranch;

        public string? HeadBranch => Pull is { IsOpen: true } pull && pull.Head.Repo == Step.Repo ? pull.Head.Branch : null;
    }

    /// <summary>A change that wants to leave. What decides about it is in <see cref="Records"/>; the rest is words for people, and what git objects prove.</summary>
    /// <param name="Task">Task.</param>
    /// <param name="Repo">Repository.</param>
    /// <param name="Title">Title of the issue or pull request: untrusted text.</param>
    /// <param name="BaseSha">Commit the change is computed against.</param>
    /// <param name="Snapshot">Snapshot with the change; null means the base itself.</param>
    /// <param name="Branch">Branch to push.</param>
    /// <param name="ExpectedHead">Where the branch must be now; null when it must not exist.</param>
    /// <param name="Report">The author's report: model output.</param>
    /// <param name="StepName">Value of the Agent-Step trailer.</param>
    /// <param name="CommitDate">Workflow time, so that a retry makes the same commit.</param>
    public sealed record PublishStep(
        TaskId Task, RepoRef Repo, string Title, string BaseSha, string? Snapshot, string Branch, string? ExpectedHead, CoderReport Report, string StepName, DateTimeOffset CommitDate)
    {
        /// <summary>What the roles signed; null in runs that began before they did.</summary>
        public StepRecords? Records { get; init; }

        /// <summary>The forge's id of the comment that shows the plan; null where there is none.</summary>
        public long? PlanComment { get; init; }

        /// <summary>The report of this very commit, for its message; <see cref="Report"/> is the one of the whole pull request.</summary>
        public CoderReport? Latest { get; init; }

        /// <summary>Steps that may be commits of their own before it; the checks' signed word on each decides.</summary>
        public IReadOnlyList<WorkStep> Commits { get; init; } = [];

        /// <summary>Pull request, once there is one.</summary>
        public int? Pull { get; init; }

        /// <summary>Pull requests that it belongs together with, as forges link them (<c>acme/lib#7</c>), in a line; empty for none.</summary>
        public string Siblings { get; init; } = "";

        /// <summary>Findings of the self-review that stay open.</summary>
        public IReadOnlyList<CritiqueFinding> OpenFindings { get; init; } = [];

        /// <summary>Cost so far, US dollars.</summary>
        public decimal CostUsd { get; init; }

        /// <summary>False when a model was used whose price is not configured.</summary>
        public bool CostIsKnown { get; init; } = true;

        /// <summary>Tokens so far.</summary>
        public long Tokens { get; init; }
    }

    /// <summary>The signed records of a step.</summary>
    /// <param name="Request">What was asked for.</param>
    /// <param name="Plan">The plan.</param>
    /// <param name="Approval">A person's approval of it; null where the policy approved.</param>
    /// <param name="Build">How the repository is built and checked.</param>
    /// <param name="Evidence">What the checks said about this change.</param>
    /// <param name="Trials">What they said about bases.</param>
    public sealed record StepRecords(
        SignedRecord? Request, SignedRecord? Plan, SignedRecord? Approval, SignedRecord? Build, SignedRecord? Evidence, IReadOnlyList<SignedRecord>? Trials)
    {
        /// <summary>What the job's own activities proved.</summary>
        public IReadOnlyList<SignedRecord> Flow { get; init; } = [];

        /// <summary>Of a part of a task: the files of the plan that are its. All other records are then those of the whole.</summary>
        public IReadOnlyList<string>? PartPaths { get; init; }
    }

    /// <summary>What became of a change: published, held back by gates, or in conflict with what somebody else pushed.</summary>
    /// <param name="Verdicts">All verdicts.</param>
    /// <param name="HeadSha">Published head; null when it was not published.</param>
    /// <param name="Pull">Pull request; null when it was not published.</param>
    /// <param name="PullUrl">Its page.</param>
    /// <param name="Conflict">What is in the way on the branch; empty when nothing.</param>
    public sealed record PublishOutcome(IReadOnlyList<GateVerdict> Verdicts, string? HeadSha, int? Pull, Uri? PullUrl, string Conflict = "")
    {
        /// <summary>What was proved beside the checks, a line each.</summary>
        public IReadOnlyList<string> Proved { get; init; } = [];

        /// <summary>A pull request was opened that is no draft, because the forge offers none here.</summary>
        public bool WithoutDraft { get; init; }
    }
}
