using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Apply;

/// <summary>
/// Opens the signed records of a step and holds them against each other, against the default branch's policy and, for an approval, against the
/// forge. What nobody signed does not count, and what was signed for something else neither (docs/decisions/0016-signed-records.md).
/// </summary>
/// <param name="keys">Keys of the roles.</param>
/// <param name="forge">Forge.</param>
public sealed class ProofReader(IRecordKeys keys, IForge forge)
{
    private const string AskAgain = "Stop the task and ask again.";

    /// <summary>What a person asked for.</summary>
    /// <exception cref="NoProofException">Nobody did, as far as can be proved.</exception>
    public RequestRecord RequestOf(ApplyActivities.PublishStep step)
    {
        var request = keys.Open<RequestRecord>(step.Records?.Request);
        return request is not null && Same(request.Task, step.Task.Whole) && (request.Task.Repo == step.Repo || RepositoriesOf(step).Contains(step.Repo))
            ? request
            : throw new NoProofException($"Nothing signed says that a person asked for this work: the task began before requests were signed, or somebody made it up. {AskAgain}");
    }

    /// <summary>The repositories beside its own that the signed plan of a step's task names; none where there is no such plan.</summary>
    public IReadOnlyList<RepoRef> RepositoriesOf(ApplyActivities.PublishStep step) =>
        keys.Open<PlanRecord>(step.Records?.Plan) is { } signed && Same(signed.Task, step.Task.Whole)
            ? [.. (signed.Plan.Others ?? []).Select(o => RepoRef.TryParse($"{signed.Task.Repo.Forge}:{o.Repository}", out var repo) ? repo : throw new NoProofException("The signed plan names no repository."))]
            : [];

    /// <summary>Everything the gates may believe about a change.</summary>
    /// <param name="step">The step.</param>
    /// <param name="request">What a person asked for.</param>
    /// <param name="asWritten">The policy as the default branch has it now.</param>
    /// <param name="together">The policies of all repositories of the plan; null for a plan of one.</param>
    /// <param name="isOnPeoplesWork">The base is what people pushed to the branch, and not a commit of the base branch.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="NoProofException">Something is not proved; the words say what.</exception>
    public async Task<TaskProof> ReadAsync(
        ApplyActivities.PublishStep step, RequestRecord request, RepositoryPolicy asWritten, RepositoriesOfPlan? together, bool isOnPeoplesWork, CancellationToken cancellationToken)
    {
        var records = step.Records!;
        var isOnPull = FlowList.Of(request.Work).IsOnPull;
        var signed = keys.Open<PlanRecord>(records.Plan) is { } opened && Same(opened.Task, step.Task.Whole) ? opened : null;
        if (!isOnPull && signed is null)
            throw new NoProofException($"Nothing signed says what the plan of this task is. {AskAgain}");
        var approval = signed is null ? null : await ApprovalAsync(step, request, signed, asWritten, together, cancellationToken);
        // Of a task that works without one it is an agreement to some files, and bounds nothing.
        var plan = isOnPull ? null : signed;
        var elsewhere = step.Repo == request.Task.Repo ? null : step.Repo;
        if (step.Task.Part is null && (elsewhere is not null || signed?.Plan.Others is not null))
            throw new NoProofException($"A plan of several repositories is carried out in parts, one in each. {AskAgain}");
        // A part may do what is its of the plan that was signed and approved as a whole, and nothing else: so nobody has to say that it is one.
        if (step.Task.Part is not null)
        {
            plan = plan is null || records.PartPaths is not { Count: > 0 } paths ? null : plan with { Plan = TaskPart.PlanOf(plan.Plan, paths, elsewhere) };
            if (plan is null || plan.Plan.Edits.Count + plan.Plan.Tests.Count == 0)
                throw new NoProofException($"Nothing of the signed plan is this part's. {AskAgain}");
        }

        var build = keys.Open<BuildRecord>(records.Build);
        if (build is null || build.Repo != step.Repo || (build.BaseSha != step.BaseSha && !isOnPeoplesWork))
            throw new NoProofException($"Nothing signed says how this repository is checked. {AskAgain}");
        if (build.Rules != BuildRecord.RulesOf(asWritten))
            throw new NoProofException($"The default branch's policy says something else about set-up, sandbox, checks or tests than when the task began. {AskAgain}");
        if (Opened(records.Evidence, step) is not { } evidence)
            throw new NoProofException("Nothing signed says what the checks found on this change.");
        if (!RanUnder(evidence, build, plan?.Plan))
            throw new NoProofException("The checks ran under other conditions (set-up, sandbox, packages) than the policy and the plan ask for.");

        // What was tried on a commit that people pushed may have been before they rewrote it.
        var trials = (records.Trials ?? []).Select(keys.Open<EvidenceRecord>).OfType<EvidenceRecord>()
            .Where(t => t.IsBase && t.Repo == step.Repo && t.Conditions == build.Conditions && (t.BaseSha == step.BaseSha || isOnPeoplesWork)).ToArray();
        var red = trials.Where(t => t.BaseSha == step.BaseSha).SelectMany(t => t.ResultsUnder(build)).Where(c => !c.Passed && c.CannotRun is null).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        return new TaskProof(
            asWritten with { Checks = Kept(build, trials), Tests = asWritten.Tests with { Patterns = build.TestPatterns } },
            plan?.Plan, approval is not null && plan is not null,
            Read(evidence, build, red),
            red, Words(request, plan, approval))
        {
            Build = build,
            // Of several repositories the whole was judged above, by all their policies.
            WholePlan = together is null ? signed?.Plan : plan?.Plan,
            Asked = approval is null ? new Dictionary<string, string>(StringComparer.Ordinal) : signed!.Added.Distinct(StringComparer.Ordinal).ToDictionary(p => p, p => string.Join(' ', signed.Plan.Edits.Concat(signed.Plan.Tests).Where(e => e.Path == p).Select(e => e.Intent)), StringComparer.Ordinal),
        };
    }

    /// <summary>What the checks found on another tree of the same change, under the same conditions; null where nothing signed says it.</summary>
    public Evidence? EvidenceOf(SignedRecord? record, ApplyActivities.PublishStep step, TaskProof proof, string tree) =>
        Opened(record, step) is { } evidence && evidence.Evidence.TreeId == tree && RanUnder(evidence, proof.Build, proof.Plan) ? Read(evidence, proof.Build, proof.FailingOnBase) : null;

    private EvidenceRecord? Opened(SignedRecord? record, ApplyActivities.PublishStep step) =>
        keys.Open<EvidenceRecord>(record) is { } evidence && evidence.Repo == step.Repo && evidence.BaseSha == step.BaseSha ? evidence : null;

    private static bool RanUnder(EvidenceRecord evidence, BuildRecord build, Plan? plan) => evidence.Conditions == build.Conditions && evidence.Plan == BuildRecord.DigestOf(plan);

    private static Evidence Read(EvidenceRecord evidence, BuildRecord build, IReadOnlyCollection<string> red) =>
        evidence.Evidence with { Checks = [.. evidence.ResultsUnder(build).Select(c => c with { RedOnBase = red.Contains(c.Name) })] };

    // A check that was found, and not named by people, may be left out where the base shows that it says nothing here.
    private static RepositoryPolicy.Check[] Kept(BuildRecord build, IReadOnlyList<EvidenceRecord> trials)
    {
        bool IsLeftOut(BuildRecord.Check check) => check.IsDetected && trials.Any(t => t.ResultsUnder(build).Any(
            e => e.Name == check.Name && e.Command == check.Run && (e.CannotRun is not null || (check.IsOptional && !e.Passed))));
        var kept = build.Checks.Where(c => !IsLeftOut(c)).Select(c => new RepositoryPolicy.Check(c.Name, c.Run) { Needs = c.Needs }).ToArray();
        return kept.Length > 0 || build.Checks.Count == 0 ? kept : throw new NoProofException("None of the checks that were found can run here, so nothing proves the change.");
    }

    private async Task<ApprovalRecord?> ApprovalAsync(
        ApplyActivities.PublishStep step, RequestRecord request, PlanRecord plan, RepositoryPolicy policy, RepositoriesOfPlan? together, CancellationToken cancellationToken)
    {
        var approval = keys.Open<ApprovalRecord>(step.Records!.Approval);
        if (approval is null || !Same(approval.Task, step.Task.Whole))
        {
            // Whether a plan was too risky to go without is for the gates, which see the change too.
            // In several repositories nobody was asked about the others' files there.
            if (together is not null && PlanRisk.OfAll(plan.Plan, together.Lead, [], [.. together.Others.Select(o => (o.Key.FullName, o.Value, (IReadOnlyCollection<string>)[]))]) is { NeedsApproval: true } risk)
                throw new NoProofException($"Nothing signed says that a person approved the plan, and one of its repositories asks for it: {Gatekeeper.List([.. risk.Because.Select(b => b.Path.Length > 0 ? $"{b.Path} {b.Why}" : b.Why)])}. {AskAgain}");
            return FlowList.Of(request.Work).IsOnPull || (policy.Approval != PlanApproval.Always && plan.Added.Count == 0)
                ? null
                : throw new NoProofException($"Nothing signed says that a person approved the plan, and the policy asks for it. {AskAgain}");
        }

        var hash = PlanHash.Of(plan.Plan, plan.BaseSha, plan.PolicyBlob);
        if (approval.PlanHash is { } named ? !string.Equals(named, hash, StringComparison.OrdinalIgnoreCase) : approval.Statement is null)
            throw new NoProofException($"The approval by {approval.By} is for another plan than {hash}. {AskAgain}");
        foreach (var other in together?.Others.Keys ?? [])
        {
            if (await forge.GetAccessAsync(other, approval.By, cancellationToken) < AccessLevel.Write)
                throw new NoProofException($"The approval by {approval.By} does not count: they have no write access to {other.FullName}, which the plan changes too. {AskAgain}");
        }

        if (approval.Statement is { } statement && await RefusalAsync(step, request, plan, hash, approval.By, statement, cancellationToken) is { } why)
            throw new NoProofException($"The approval by {approval.By} does not count: {why} {AskAgain}");
        return approval;
    }

    /// <summary>Why the forge does not bear an approval out; null when it does.</summary>
    private async Task<string?> RefusalAsync(
        ApplyActivities.PublishStep step, RequestRecord request, PlanRecord plan, string hash, string by, Statement statement, CancellationToken cancellationToken)
    {
        // What people say to the whole they say where it was asked for; the numbers of another repository are others.
        var repo = request.Task.Repo;
        Subject?[] places = [Subject.Of(request.Issue, null), Subject.Of(null, request.Pull ?? (step.Repo == repo ? step.Pull : null))];
        if (places.FirstOrDefault(s => s is { } at && at.Number == statement.Number && (statement.IsPull ?? at.IsPull) == at.IsPull) is not { } on)
            return "it stands elsewhere.";
        if (await WordsAsync(repo, on, statement, cancellationToken) is not { } words || words.On != on)
            return "the forge has it no longer.";
        if (!string.Equals(words.Author.Login, by, StringComparison.OrdinalIgnoreCase))
            return "somebody else wrote it.";
        if (words.Edit is { By: var editor } && editor.Id != words.Author.Id)
            return $"{editor.Login} edited it.";
        if (!CommandParser.Parse(words.Body).Any(c => c is ParsedCommand.Understood { Command: AgentCommand.Approve approve } && (approve.PlanHash is not { } named || string.Equals(named, hash, StringComparison.OrdinalIgnoreCase))))
            return "it does not approve this plan.";
        if (await forge.GetAccessAsync(repo, words.Author.Login, cancellationToken) < AccessLevel.Write)
            return "they have no write access.";

        var shown = step.PlanComment is { } id && Subject.Of(request.Issue, request.Pull) is { } page ? await forge.FindCommentAsync(repo, page, id, withEdit: true, cancellationToken) : null;
        var self = await forge.GetSelfAsync(repo, cancellationToken);
        if (shown is null || shown.On != Subject.Of(request.Issue, request.Pull) || shown.Author.Id != self.Id)
            return "the comment with the plan is gone.";
        if (!PlanComment.Shows(shown.Body, plan.Plan, hash))
            return "the comment with the plan shows another one.";
        var written = words.Edit?.At ?? words.CreatedAt;
        return written < shown.CreatedAt || shown.Edit?.At >= written ? "the plan was not shown as it is when they wrote it." : null;
    }

    private async Task<RecordedComment?> WordsAsync(RepoRef repo, Subject on, Statement statement, CancellationToken cancellationToken) => statement.Kind switch
    {
        StatementKind.Comment => await forge.FindCommentAsync(repo, on, statement.Id, withEdit: true, cancellationToken),
        StatementKind.LineComment => await forge.FindLineCommentAsync(repo, statement.Number, statement.Id, withEdit: true, cancellationToken),
        StatementKind.Review when await forge.FindReviewAsync(repo, statement.Number, statement.Id, withEdit: true, cancellationToken) is { Review: var review } found =>
            new RecordedComment(review.Id, Subject.Pull(statement.Number), review.Author, review.Body, review.SubmittedAt, found.Edit),
        _ => null,
    };

    private static string Words(RequestRecord request, PlanRecord? plan, ApprovalRecord? approval) =>
        $"Asked for by {request.By.Login}{(plan is null ? "" : approval is null ? "; the plan needed no approval" : $"; the plan was approved by {approval.By}")}; request, plan, approval and check results are signed by who made them.";

    /// <summary>What the gates of the step's job judge.</summary>
    public FlowCase CaseOf(ApplyActivities.PublishStep step, TaskProof proof, GateInput input, bool isOnPeoplesWork) =>
        new(step.Repo, step.BaseSha, input, proof.Build, step.Records!.Flow, keys) { IsOnPeoplesWork = isOnPeoplesWork };

    private static bool Same(TaskId a, TaskId b) => string.Equals(a.ToString(), b.ToString(), StringComparison.Ordinal);
}

/// <summary>The policies of all repositories of a plan, as their default branches have them now; each has consented to be changed together with the others.</summary>
/// <param name="Lead">That of the repository where the task was asked for.</param>
/// <param name="Others">Those of the others.</param>
public sealed record RepositoriesOfPlan(RepositoryPolicy Lead, IReadOnlyDictionary<RepoRef, RepositoryPolicy> Others);

/// <summary>What the gates may believe about a change: nothing of it is the workflow's word.</summary>
/// <param name="Policy">The default branch's policy, with the checks and test patterns that were found where it names none.</param>
/// <param name="Plan">The plan; null for a task that works without one.</param>
/// <param name="PlanApprovedByPerson">A person approved it, and not the policy.</param>
/// <param name="Evidence">What the checks said.</param>
/// <param name="FailingOnBase">Names of checks that are red on the base commit.</param>
/// <param name="Words">Who asked and approved, for people.</param>
public sealed record TaskProof(
    RepositoryPolicy Policy, Plan? Plan, bool PlanApprovedByPerson, Evidence Evidence, IReadOnlyCollection<string> FailingOnBase, string Words)
{
    /// <summary>How the repository is checked.</summary>
    public required BuildRecord Build { get; init; }

    /// <summary>The plan as it was signed, of which <see cref="Plan"/> may be a part; null for none.</summary>
    public Plan? WholePlan { get; init; }

    /// <summary>Files that a person agreed to by name, beyond the planner's plan, with what the approved plan says of them.</summary>
    public required IReadOnlyDictionary<string, string> Asked { get; init; }
}

/// <summary>Something that the applier must see proved is not; the message says what, for people.</summary>
public sealed class NoProofException(string message) : Exception(message);
