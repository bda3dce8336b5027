using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Life;

/// <summary>Decides what a task that is divided does next. Pure: its parts in, an answer out.</summary>
public static class PartsDecider
{
    // As many repositories as are worked on at a time.
    private const int Parallel = 2;

    /// <summary>The part that begins next; null while none may.</summary>
    public static KnownPart? Next(PartsState s)
    {
        ArgumentNullException.ThrowIfNull(s);
        if (s.Open.Count(p => p.Last is not { IsAtWork: false }) >= s.PartsParallel || s.Open.Count() >= s.PartsMostOpen)
            return null;
        var waiting = s.Parts.Where(p => !p.IsStarted && !p.IsOver).ToArray();
        return Array.Find(waiting, p => p.Part.IsGate) ?? (s.Parts.All(p => !p.Part.IsGate || IsPassed(p)) ? waiting.FirstOrDefault() : null);
    }

    /// <summary>Parts that never will begin, because what they wait for has ended without being green.</summary>
    public static IEnumerable<KnownPart> Stranded(PartsState s)
    {
        ArgumentNullException.ThrowIfNull(s);
        return s.Parts.Any(p => p.Part.IsGate && p.IsOver && !IsPassed(p)) ? s.Parts.Where(p => !p.IsStarted && !p.IsOver && !p.Part.IsGate) : [];
    }

    /// <summary>What the part that begins next may use of the policy's limits, from 0 to 1: those that wait share what nobody was promised, and one more share stays for what is handed back, where anything can be.</summary>
    public static decimal Share(CodingTaskState s, RepositoryPolicy.TaskLimits limits)
    {
        ArgumentNullException.ThrowIfNull(s);
        ArgumentNullException.ThrowIfNull(limits);
        decimal Of(decimal cost, long tokens) => Math.Max(limits.CostUsd > 0 ? cost / limits.CostUsd : 0, limits.Tokens > 0 ? (decimal)tokens / limits.Tokens : 0);
        var own = s.Budget.Total();
        var promised = s.Parts.Parts.Where(p => p.IsStarted).Sum(p => p.Last is { IsOver: true } last ? Math.Min(p.Share, Of(last.CostUsd, last.Tokens)) : p.Share);
        var left = Math.Max(0, 1 - promised - Of(own.CostUsd, own.Usage.InputTokens + own.Usage.OutputTokens));
        var waiting = s.Parts.Parts.Count(p => !p.IsStarted && !p.IsOver);
        // Of parts that belong together none hands anything back.
        return Math.Round(left / (s.Parts.PartsTogether ? Math.Max(1, waiting) : waiting + 1), 4);
    }

    /// <summary>Where the whole stands while some part is not over.</summary>
    public static (TaskState State, string Step) Standing(PartsState s)
    {
        ArgumentNullException.ThrowIfNull(s);
        var open = s.Open.ToArray();
        var words = $"{Markdown.Count(s.Parts.Count, "part")}: {string.Join(", ", Counts(s).Where(c => c.Count > 0).Select(c => $"{c.Count} {c.What}"))}";
        return (Array.Exists(open, p => p.Last is not { IsAtWork: false }) || open.Length == 0 ? TaskState.Editing
            : Array.Exists(open, p => p.Last!.State == TaskState.AwaitingCi) ? TaskState.AwaitingCi : TaskState.AwaitingReview, words);
    }

    /// <summary>How the whole ends once all parts are over: by what was merged.</summary>
    public static (TaskState State, string Reason) End(PartsState s, string finishedBy)
    {
        ArgumentNullException.ThrowIfNull(s);
        var words = string.Join(", ", Counts(s).Where(c => c.Count > 0).Select(c => $"{c.Count} {c.What}"));
        // Half of what belongs together is not what was asked for.
        var state = s.Parts.Any(p => p.Last is { State: TaskState.Merged }) && (!s.PartsTogether || IsAllMerged(s)) ? TaskState.Merged
            : s.Parts.Any(p => p.Last is { State: TaskState.Failed }) ? TaskState.Failed
            : TaskState.Closed;
        return finishedBy.Length > 0 && state != TaskState.Merged ? (TaskState.Stopped, $"finished by {finishedBy}; of the parts {words}") : (state, $"Of the parts {words}.");
    }

    /// <summary>True when everything that was planned is merged, and nothing was left as it was.</summary>
    public static bool IsAllMerged(PartsState s)
    {
        ArgumentNullException.ThrowIfNull(s);
        return s.Parts.All(p => p.Last is { Left.Length: 0 } last && (last.State == TaskState.Merged || last is { Pull: null, HandsBack.Count: > 0 }));
    }

    /// <summary>A plan of several repositories, a part for each; null for a plan of one.</summary>
    /// <param name="plan">The whole plan.</param>
    /// <param name="lead">Where it was asked for.</param>
    /// <param name="others">The other repositories, as the task knows them.</param>
    public static Division? ByRepository(Plan plan, RepoRef lead, IReadOnlyList<OtherRepository> others)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(lead);
        ArgumentNullException.ThrowIfNull(others);
        if (plan.Others is not { Count: > 0 })
            return null;
        static TaskPart Part(string name, Plan there, RepoRef? repo) =>
            new(name, [.. there.Edits.Concat(there.Tests).Select(e => e.Path).Distinct(StringComparer.Ordinal)], IsGate: false, JsonSerializer.SerializeToElement(new { })) { Repo = repo };
        TaskPart[] parts =
        [
            .. plan.Edits.Count + plan.Tests.Count > 0 ? (TaskPart[])[Part(lead.FullName, plan, null)] : [],
            .. plan.Others.Select(o => Part(o.Repository, o.Plan, others.Single(r => string.Equals(r.Repo.FullName, o.Repository, StringComparison.OrdinalIgnoreCase)).Repo)),
        ];
        return new Division(parts, Parallel, parts.Length) { IsTogether = true };
    }

    /// <summary>True when no part is left that is not green or merged, so that all may be made ready.</summary>
    public static bool AreAllGreen(PartsState s)
    {
        ArgumentNullException.ThrowIfNull(s);
        return s.Parts.All(p => p.Last is { } last && (last.State == TaskState.Merged || (last.IsGreen && !last.IsOver)));
    }

    /// <summary>Parts that ended without being merged, so that the others are not what was asked for; in words; empty for none, and once all are over.</summary>
    /// <param name="s">The parts.</param>
    /// <param name="where">Where a person answers, such as <c>acme/shop#7</c>.</param>
    public static string WhatBrokeOff(PartsState s, string where)
    {
        ArgumentNullException.ThrowIfNull(s);
        var broken = s.Parts.Where(p => p.IsOver && p.Last is not { State: TaskState.Merged }).ToArray();
        return broken.Length == 0 || s.Parts.All(p => p.IsOver) ? ""
            : $"What belongs together is not all there: {string.Join(", ", broken.Select(p => $"{p.Part.Name} ({Word(p)})"))}. A person decides what becomes of the rest: /agent finish on {where} makes ready what is green and ends there, /agent stop ends all and leaves the drafts.";
    }

    /// <summary>What a part is told of those it belongs together with.</summary>
    /// <param name="s">The parts.</param>
    /// <param name="part">The one that is told.</param>
    /// <param name="where">Where a person answers, such as <c>acme/shop#7</c>.</param>
    public static TogetherNews NewsOf(PartsState s, KnownPart part, string where)
    {
        ArgumentNullException.ThrowIfNull(s);
        ArgumentNullException.ThrowIfNull(part);
        var siblings = s.Parts.Where(p => p.Key != part.Key).ToArray();
        var brokeOff = WhatBrokeOff(s, where);
        var awaited = siblings.Where(p => p.Last is not { } last || !(last.IsGreen || last.State == TaskState.Merged)).Select(p => p.Part.Name).ToArray();
        var waits = awaited.Length > 0 ? $"It waits until what belongs to it is green too ({string.Join(", ", awaited)}); then all are made ready together." : "All that belongs to it is green; once this is too, all are made ready together.";
        return new TogetherNews(
            brokeOff.Length > 0 || s.PartsReleased ? brokeOff : waits, s.PartsReleased, string.Join(", ", siblings.Where(p => p.Last?.Pull is not null).Select(p => $"{p.Part.Name}#{p.Last!.Pull}")));
    }

    /// <summary>What stands of a part in a word or two.</summary>
    public static string Word(KnownPart part)
    {
        ArgumentNullException.ThrowIfNull(part);
        return part switch
        {
            { Skipped.Length: > 0 } => "not begun",
            { IsStarted: false } => "waits",
            { Last: null } => "begins",
            { Last: { State: TaskState.Closed, Pull: null, HandsBack.Count: > 0 } } => "taken apart",
            { Last.State: TaskState.Merged } => "merged",
            { Last.State: TaskState.Closed } => "closed",
            { Last.State: TaskState.Stopped } => "stopped",
            { Last.State: TaskState.Failed } => "failed",
            { Last.State: TaskState.AwaitingCi } => "waits for CI",
            { Last: { IsGreen: true, State: TaskState.AwaitingReview }, Together.IsReleased: false } => "green, held back",
            { Last.State: TaskState.ReadyToMerge } => "ready to merge",
            { Last.State: TaskState.AwaitingReview or TaskState.AwaitingApproval } => part.Last!.IsGreen ? "waits for a review" : "a draft that needs a person",
            _ => "at work",
        };
    }

    // Green, merged, or all of it carried out apart, where each piece is a gate of its own.
    private static bool IsPassed(KnownPart part) => part.Last is { } last
        && (last.IsGreen || last.State == TaskState.Merged || last is { IsOver: true, Pull: null, HandsBack.Count: > 0 }) && last.Left.Length == 0;

    private static IEnumerable<(string What, int Count)> Counts(PartsState s) => s.Parts.GroupBy(Word).Select(g => (g.Key, g.Count()));
}
