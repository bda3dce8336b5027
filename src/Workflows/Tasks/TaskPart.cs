using System.Text.Json;
using System.Text.Json.Serialization;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tasks;

/// <summary>A part of an approved plan that a task of its own carries out, with a branch and a pull request of its own.</summary>
/// <param name="Name">What people call it; may hold outside text.</param>
/// <param name="Paths">Files of the plan that it may change; nothing else of the plan is its.</param>
/// <param name="IsGate">Others begin only once this is green.</param>
/// <param name="Memory">What the job remembers of it from the start.</param>
public sealed record TaskPart(string Name, IReadOnlyList<string> Paths, bool IsGate, JsonElement Memory)
{
    /// <summary>The repository it changes; null for the whole's own.</summary>
    public RepoRef? Repo { get; init; }

    /// <summary>What of a plan belongs to a part: whoever carries it out and whoever judges it compute the same.</summary>
    /// <param name="whole">The whole plan.</param>
    /// <param name="paths">Files of the part.</param>
    /// <param name="elsewhere">The repository they are in; null for the whole's own. One that the plan does not name has nothing of it.</param>
    public static Plan PlanOf(Plan whole, IReadOnlyCollection<string> paths, RepoRef? elsewhere = null)
    {
        ArgumentNullException.ThrowIfNull(whole);
        var plan = elsewhere is null ? whole
            : (whole.Others ?? []).FirstOrDefault(o => string.Equals(o.Repository, elsewhere.FullName, StringComparison.OrdinalIgnoreCase))?.Plan ?? whole with { Edits = [], Tests = [] };
        return plan with { Edits = [.. plan.Edits.Where(e => paths.Contains(e.Path))], Tests = [.. plan.Tests.Where(e => paths.Contains(e.Path))], Others = null };
    }
}

/// <summary>How an approved plan is divided.</summary>
/// <param name="Parts">The parts, in the order they begin in.</param>
/// <param name="Parallel">Parts that are worked on at a time.</param>
/// <param name="MostOpen">Parts that are open at a time, those that wait for people among them.</param>
public sealed record Division(IReadOnlyList<TaskPart> Parts, int Parallel, int MostOpen)
{
    /// <summary>They belong together: none is made ready for review before all are green.</summary>
    public bool IsTogether { get; init; }
}

/// <summary>What a part is told of the parts it belongs together with.</summary>
/// <param name="Holds">Why it is to stay a draft, or what people should know before they merge it; empty for nothing.</param>
/// <param name="IsReleased">It may be made ready for review.</param>
/// <param name="Siblings">Their pull requests as forges link them, such as <c>acme/lib#7</c>, in a line; empty while there is none.</param>
public sealed record TogetherNews(string Holds, bool IsReleased, string Siblings);

/// <summary>What a part knows of the whole. All records are those of the whole: a part is asked for and approved by nobody else.</summary>
/// <param name="Key">Which part.</param>
/// <param name="Part">The part.</param>
/// <param name="Issue">Issue that the whole answers, if any.</param>
/// <param name="RunKey">Names the whole in branches.</param>
/// <param name="Plan">The whole plan.</param>
/// <param name="PlanHash">Its hash.</param>
/// <param name="PlanRecord">The plan as the agents role signed it.</param>
/// <param name="PlanComment">The comment that shows it; null where there is none.</param>
/// <param name="ApprovedBy">Who approved it.</param>
/// <param name="Approval">A person's approval as the control role signed it; null where the policy approved.</param>
/// <param name="Share">What it may use of the policy's limits, from 0 to 1.</param>
public sealed record PartOfTask(
    string Key, TaskPart Part, int? Issue, string RunKey, Plan Plan, string PlanHash, SignedRecord? PlanRecord, long? PlanComment, string ApprovedBy, SignedRecord? Approval, decimal Share)
{
    /// <summary>What people said to the whole before it was divided.</summary>
    public IReadOnlyList<PersonText> Said { get; init; } = [];

    /// <summary>When the plan was shown, by the forge's clock.</summary>
    public DateTimeOffset? PlanPostedAt { get; init; }

    /// <summary>Page of the comment that shows it.</summary>
    public Uri? PlanUrl { get; init; }

    /// <summary>It is not made ready for review before the whole says so.</summary>
    public bool IsTogether { get; init; }

    /// <summary>Artifact with what its agents are told, as the whole froze it; null where the part makes its own of its goal.</summary>
    public string? ContextId { get; init; }

    /// <summary>The whole's limits, which hold beside those of the part's own repository; null where that is the same.</summary>
    public RepositoryPolicy.TaskLimits? Limits { get; init; }
}

/// <summary>How a part stands, as it tells the whole.</summary>
/// <param name="State">Its state.</param>
/// <param name="Words">What happens, or why it ended; may hold outside text.</param>
/// <param name="Pull">Its pull request, once there is one.</param>
/// <param name="Url">Its page.</param>
/// <param name="IsGreen">Its pull request is green, so that what comes after it may begin.</param>
/// <param name="CostUsd">What it cost so far, US dollars.</param>
/// <param name="Tokens">Tokens it used so far, in and out.</param>
public sealed record PartReport(TaskState State, string Words, int? Pull, Uri? Url, bool IsGreen, decimal CostUsd, long Tokens)
{
    /// <summary>What it could not carry out with the rest, to be carried out apart.</summary>
    public IReadOnlyList<TaskPart> HandsBack { get; init; } = [];

    /// <summary>What is left as it was, in Markdown; empty for nothing.</summary>
    public string Left { get; init; } = "";

    /// <summary>True where nothing is new to whoever was told the other.</summary>
    public bool SaysTheSameAs(PartReport? other) => other is not null
        && (State, Words, Pull, IsGreen, HandsBack.Count, Left) == (other.State, other.Words, other.Pull, other.IsGreen, other.HandsBack.Count, other.Left);

    /// <summary>True when it is over.</summary>
    [JsonIgnore]
    public bool IsOver => State.IsOver();

    /// <summary>True while something works on it, and nobody has to be waited for.</summary>
    [JsonIgnore]
    public bool IsAtWork => State is not (TaskState.AwaitingApproval or TaskState.AwaitingCi or TaskState.AwaitingReview or TaskState.ReadyToMerge) && !IsOver;
}

/// <summary>The parts of a task, as the whole knows them; of a part, what it told last.</summary>
public sealed record PartsState
{
    /// <summary>The parts; empty for a task that is not divided.</summary>
    [JsonInclude]
    public IReadOnlyList<KnownPart> Parts { get; private set; } = [];

    /// <summary>Parts that are worked on at a time.</summary>
    [JsonInclude]
    public int PartsParallel { get; private set; }

    /// <summary>Parts that are open at a time.</summary>
    [JsonInclude]
    public int PartsMostOpen { get; private set; }

    /// <summary>What people said before the task was divided.</summary>
    [JsonInclude]
    public IReadOnlyList<PersonText> PartsSaid { get; private set; } = [];

    /// <summary>A part has reported since people were last told.</summary>
    [JsonInclude]
    public bool PartsChanged { get; private set; }

    /// <summary>They belong together: none is made ready for review before all are green.</summary>
    [JsonInclude]
    public bool PartsTogether { get; private set; }

    /// <summary>All were green at one time, or a person took what was there: what is held is so for other reasons.</summary>
    [JsonInclude]
    public bool PartsReleased { get; private set; }

    /// <summary>How often parts were told of each other.</summary>
    [JsonInclude]
    public int PartsNews { get; private set; }

    /// <summary>What people were last told about parts that hold up the others; empty for nothing.</summary>
    [JsonInclude]
    public string PartsHeldTold { get; private set; } = "";

    /// <summary>Of a part that belongs together with others: what it was told of them last; null for one that stands alone.</summary>
    [JsonInclude]
    public TogetherNews? PartTogether { get; private set; }

    /// <summary>Of a part: its pull request names these siblings.</summary>
    [JsonInclude]
    public string PartSiblingsTold { get; private set; } = "";

    /// <summary>Those at work were told that a person finishes the task.</summary>
    [JsonInclude]
    public bool PartsFinish { get; private set; }

    /// <summary>Of a part: what it told the whole last.</summary>
    [JsonInclude]
    public PartReport? PartTold { get; private set; }

    /// <summary>Of a part: how often it told something.</summary>
    [JsonInclude]
    public int PartTellings { get; private set; }

    /// <summary>True for a task that is divided.</summary>
    [JsonIgnore]
    public bool AreOut => Parts.Count > 0;

    /// <summary>Parts that have begun and are not over.</summary>
    [JsonIgnore]
    public IEnumerable<KnownPart> Open => Parts.Where(p => p.IsOpen);

    /// <summary>The task is divided.</summary>
    public void Divide(Division division, IReadOnlyList<PersonText> said)
    {
        (PartsParallel, PartsMostOpen, PartsSaid, PartsTogether) = (division.Parallel, division.MostOpen, said, division.IsTogether);
        Add(division.Parts);
    }

    /// <summary>A part begins.</summary>
    public void Start(string key, decimal share) => Change(key, p => p with { IsStarted = true, Share = share });

    /// <summary>A part that has not begun never will.</summary>
    public void Skip(string key, string why) => Change(key, p => p with { Skipped = why });

    /// <summary>A part says how it stands. What it hands back is a part from then on, once.</summary>
    public void Reported(string key, PartReport report)
    {
        if (Parts.FirstOrDefault(p => p.Key == key) is not { IsStarted: true } known)
            return;
        Change(key, p => p with { Last = report });
        PartsChanged = true;
        if (known.Last is not { HandsBack.Count: > 0 })
            Add(report.HandsBack.Select(b => b with { IsGate = known.Part.IsGate }));
    }

    /// <summary>People were told.</summary>
    public void Told() => PartsChanged = false;

    /// <summary>What was left as it was is told to people.</summary>
    public void ToldLeft(string key) => Change(key, p => p with { IsLeftTold = true });

    /// <summary>Those at work were told to finish.</summary>
    public void Finish() => PartsFinish = true;

    /// <summary>What is green may be made ready for review.</summary>
    public void Release() => PartsReleased = true;

    /// <summary>People were told why parts are held.</summary>
    public void ToldHeld(string words) => PartsHeldTold = words;

    /// <summary>A part is told of those it belongs together with; gives the number of the telling.</summary>
    public int TellTogether(string key, TogetherNews news)
    {
        Change(key, p => p with { Together = news });
        return ++PartsNews;
    }

    /// <summary>Of a part: what it is told of those it belongs together with.</summary>
    public void Hear(TogetherNews news) => PartTogether = news;

    /// <summary>Of a part: its pull request names its siblings.</summary>
    public void ToldSiblings(string siblings) => PartSiblingsTold = siblings;

    /// <summary>Of a part: it tells the whole; gives the number of the telling.</summary>
    public int Tell(PartReport report)
    {
        PartTold = report;
        return ++PartTellings;
    }

    private void Add(IEnumerable<TaskPart> parts)
    {
        foreach (var part in parts)
            Parts = [.. Parts, new KnownPart($"{Parts.Count + 1}", part)];
    }

    private void Change(string key, Func<KnownPart, KnownPart> change) => Parts = [.. Parts.Select(p => p.Key == key ? change(p) : p)];
}

/// <summary>A part, as the whole knows it.</summary>
/// <param name="Key">Which.</param>
/// <param name="Part">What it is.</param>
public sealed record KnownPart(string Key, TaskPart Part)
{
    /// <summary>A task of its own was begun for it.</summary>
    public bool IsStarted { get; init; }

    /// <summary>Its share of the policy's limits, from 0 to 1.</summary>
    public decimal Share { get; init; }

    /// <summary>What it told last; null while it told nothing.</summary>
    public PartReport? Last { get; init; }

    /// <summary>Why it will not begin; empty while it may, or has.</summary>
    public string Skipped { get; init; } = "";

    /// <summary>People were told what it left as it was.</summary>
    public bool IsLeftTold { get; init; }

    /// <summary>What it was told last of those it belongs together with; null for nothing.</summary>
    public TogetherNews? Together { get; init; }

    /// <summary>It has begun and is not over.</summary>
    [JsonIgnore]
    public bool IsOpen => IsStarted && Last is not { IsOver: true };

    /// <summary>Nothing more comes of it.</summary>
    [JsonIgnore]
    public bool IsOver => Skipped.Length > 0 || Last is { IsOver: true };
}
