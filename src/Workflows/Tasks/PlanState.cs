using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;

namespace CodingAgent.Workflows.Tasks;

/// <summary>The plan of a task and what people said to it.</summary>
public sealed record PlanState
{
    // No login of a forge has a space.
    private const string Policy = "the policy";

    /// <summary>Current plan.</summary>
    [JsonInclude, JsonPropertyName("Plan")]
    public Plan? Current { get; private set; }

    /// <summary>Rises with every plan.</summary>
    [JsonInclude, JsonPropertyName("PlanVersion")]
    public int Version { get; private set; }

    /// <summary>Hash of the current plan; kept here only, never read back from a comment.</summary>
    [JsonInclude, JsonPropertyName("PlanHash")]
    public string Hash { get; private set; } = "";

    /// <summary>When the forge says the plan comment was written; null while it is not posted.</summary>
    [JsonInclude, JsonPropertyName("PlanPostedAt")]
    public DateTimeOffset? PostedAt { get; private set; }

    /// <summary>The current plan as the agents role signed it.</summary>
    [JsonInclude, JsonPropertyName("PlanRecord")]
    public SignedRecord? Record { get; private set; }

    /// <summary>The forge's id of the plan comment; null where there is no page to post it on.</summary>
    [JsonInclude, JsonPropertyName("PlanCommentId")]
    public long? CommentId { get; private set; }

    /// <summary>Page of the plan comment.</summary>
    [JsonInclude, JsonPropertyName("PlanUrl")]
    public Uri? Url { get; private set; }

    /// <summary>Who approved the current plan, or <c>the policy</c>.</summary>
    [JsonInclude]
    public string? ApprovedBy { get; private set; }

    /// <summary>A person's approval as the control role signed it.</summary>
    [JsonInclude]
    public SignedRecord? Approval { get; private set; }

    /// <summary>Why the next plan is made; empty for the first.</summary>
    [JsonInclude]
    public string ReplanReason { get; private set; } = "";

    /// <summary>The plan that work went by until files were added to it that take a person's word; null when none were, or somebody agreed.</summary>
    [JsonInclude, JsonPropertyName("PlanBefore")]
    public EarlierPlan? Before { get; private set; }

    /// <summary>Plans that whoever carried them out gave up.</summary>
    [JsonInclude, JsonPropertyName("PlansGivenUp")]
    public int GivenUp { get; private set; }

    /// <summary>A person approved a plan that was given up: the ones made in its place take a person's word too.</summary>
    [JsonInclude, JsonPropertyName("PlanMustBeApproved")]
    public bool MustBeApproved { get; private set; }

    /// <summary>Of a plan for several repositories that is being made: what was planned so far, the task's own repository first.</summary>
    [JsonInclude, JsonPropertyName("PlanDrafts")]
    public IReadOnlyList<PlanDraft> Drafts { get; private set; } = [];

    /// <summary>True while the current plan is one with files added, and nobody has agreed to them.</summary>
    [JsonIgnore]
    public bool IsAmended => Before is not null;

    /// <summary>True for a plan that edits nothing: it only asks.</summary>
    [JsonIgnore]
    public bool ChangesNothing => Current is { } plan && plan.CountFiles() == 0;

    /// <summary>The plan as REST and pages show it; null while it is not shown.</summary>
    [JsonIgnore]
    public ShownPlan? Shown => Current is { } plan && PostedAt is not null ? new ShownPlan(plan, Version, Hash, ApprovedBy) : null;

    /// <summary>The current plan with more files in it, not yet shown.</summary>
    public void Amend(Plan plan, string hash, SignedRecord record, string why)
    {
        var before = Before ?? new EarlierPlan(Current, Hash, PostedAt, Record, CommentId, ApprovedBy, Approval);
        Propose(plan, hash, record);
        ReplanReason = why;
        Before = before;
    }

    /// <summary>Nobody agrees to the files that were added: the plan is what it was.</summary>
    public void Withdraw()
    {
        if (Before is not { } before)
            return;
        (Current, Hash, PostedAt, Record, CommentId, ApprovedBy, Approval, Before) = (before.Plan, before.Hash, before.PostedAt, before.Record, before.CommentId, before.ApprovedBy, before.Approval, null);
        ReplanReason = "";
    }

    /// <summary>One more repository is planned.</summary>
    public void Draft(PlanDraft draft) => Drafts = [.. Drafts, draft];

    /// <summary>Another plan, not yet shown.</summary>
    public void Propose(Plan plan, string hash, SignedRecord? record)
    {
        Drafts = [];
        Current = plan;
        Record = record;
        CommentId = null;
        Version++;
        Hash = hash;
        PostedAt = null;
        ApprovedBy = null;
        Approval = null;
        Before = null;
    }

    /// <summary>A part goes by what was shown and approved of the whole.</summary>
    public void Adopt(PartOfTask of)
    {
        ArgumentNullException.ThrowIfNull(of);
        Propose(TaskPart.PlanOf(of.Plan, of.Part.Paths, of.Part.Repo), of.PlanHash, of.PlanRecord);
        (CommentId, Url, PostedAt, ApprovedBy, Approval) = (of.PlanComment, of.PlanUrl, of.PlanPostedAt, of.ApprovedBy, of.Approval);
    }

    /// <summary>People can read it.</summary>
    /// <param name="at">By the forge's clock.</param>
    /// <param name="url">Its page; null where there is no page to post it on.</param>
    /// <param name="commentId">The forge's id of it; null likewise.</param>
    public void Posted(DateTimeOffset at, Uri? url, long? commentId)
    {
        PostedAt = at;
        CommentId = commentId;
        Url = url ?? Url;
        ReplanReason = "";
    }

    /// <summary>Work may begin, as a person says.</summary>
    public void Approve(string by, SignedRecord? record)
    {
        ApprovedBy = by;
        Approval = record;
        Before = null;
    }

    /// <summary>Work may begin, as the policy says.</summary>
    public void ApproveByPolicy() => ApprovedBy = Policy;

    /// <summary>The plan cannot be carried out, as an agent says; another one is wanted.</summary>
    public void GiveUp(string reason)
    {
        GivenUp++;
        MustBeApproved |= ApprovedBy is not null and not Policy;
        Reject(reason);
    }

    /// <summary>Another plan is wanted.</summary>
    public void Reject(string reason)
    {
        ReplanReason = reason;
        ApprovedBy = null;
        Approval = null;
        PostedAt = null;
    }
}

/// <summary>What is planned for one of several repositories.</summary>
/// <param name="Repo">The repository.</param>
/// <param name="Plan">What is planned there.</param>
/// <param name="Record">The same as the agents role signed it: a draft, by which nothing may be changed.</param>
/// <param name="OutsideRoots">Of its paths those that are new where the repository had none of their kind.</param>
public sealed record PlanDraft(RepoRef Repo, Plan Plan, SignedRecord Record, IReadOnlyList<string> OutsideRoots);

/// <summary>A plan as it stood, to go back to.</summary>
/// <param name="Plan">The plan; null for a task that works without one.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="PostedAt">When it was posted.</param>
/// <param name="Record">The plan as it was signed.</param>
/// <param name="CommentId">Its comment.</param>
/// <param name="ApprovedBy">Who approved it.</param>
/// <param name="Approval">The approval as it was signed.</param>
public sealed record EarlierPlan(
    Plan? Plan, string Hash, DateTimeOffset? PostedAt, SignedRecord? Record, long? CommentId, string? ApprovedBy, SignedRecord? Approval);

/// <summary>
/// Binds an approval to exactly what was shown: the canonical plan, the commit it is made for and the policy it was made under
/// (product.md §5). Changing any of them gives another hash.
/// </summary>
public static class PlanHash
{
    private const int Digits = 12;

    /// <summary>The hash as people see and repeat it: 12 hex digits.</summary>
    public static string Of(Plan plan, string baseSha, string policyBlob) => Full(plan, baseSha, policyBlob)[..Digits];

    private static string Full(Plan plan, string baseSha, string policyBlob)
    {
        IReadOnlyList<string>[] first = [[plan.Goal], plan.Constraints, Flat(plan.Edits), Flat(plan.Tests), plan.Risks, plan.Questions, [baseSha], [policyBlob]];
        // What plans were given later counts where it is there; the hashes of earlier plans, which people have approved, stay what they were.
        IReadOnlyList<string>[] later = plan.IsFirstForm() ? [] : [[plan.TicketId], [plan.Rationale], plan.Checks, .. plan.Edits.Concat(plan.Tests).Select(e => e.Functions)];
        IReadOnlyList<string>[] others = [.. (plan.Others ?? []).Select(o => (string[])[o.Repository, Full(o.Plan, o.BaseSha, o.PolicyBlob)])];
        var canonical = JsonSerializer.Serialize<IReadOnlyList<string>[]>([.. first, .. later, .. others]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)));
    }

    private static IReadOnlyList<string> Flat(IEnumerable<PlannedEdit> edits) => [.. edits.SelectMany(e => new[] { e.Path, e.Intent })];
}
