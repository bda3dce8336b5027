using CodingAgent.Forges;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>
/// "CI green" as architecture.md §4 defines it: every check and status on the recorded head except our own has concluded successfully,
/// and there is at least one. A policy may name those that count; agreements and sign-offs are no CI, and what is red on the base too is known.
/// </summary>
public static class CiJudge
{
    private const int MostLines = 8;
    private const int MostRetriable = 30;

    /// <summary>Judges the results of one head under the default policy.</summary>
    public static CiVerdict Judge(IEnumerable<CiResult> results) => Read([.. results], new RepositoryPolicy.CiRules(), []).Verdict;

    /// <summary>Judges the results of one head.</summary>
    /// <param name="results">Results of the head.</param>
    /// <param name="rules">What the policy says.</param>
    /// <param name="bases">Results of each commit that counts as its base.</param>
    public static CiReading Read(IReadOnlyList<CiResult> results, RepositoryPolicy.CiRules rules, IReadOnlyList<IReadOnlyList<CiResult>> bases)
    {
        var counting = Counting(results, rules);
        var known = KnownRed(counting, rules, bases);
        var judged = counting.Except(known).ToArray();
        var unsettled = judged.Where(r => IsUnsettled(r.State)).ToArray();
        var missing = rules.Checks.Where(c => !results.Any(r => !r.IsOurs && Names(c, r))).ToArray();
        var verdict = Array.Exists(judged, r => r.State == CiState.Pending) ? CiVerdict.Pending
            : Array.Exists(judged, r => r.State == CiState.Failed) ? CiVerdict.Red
            : unsettled.Length > 0 ? CiVerdict.Unsettled
            : missing.Length > 0 ? CiVerdict.None
            : judged.Length > 0 ? CiVerdict.Green
            : known.Count > 0 ? CiVerdict.Unsettled
            : CiVerdict.None;
        IEnumerable<string> waits = unsettled.Select(Why).Concat(missing.Select(c => $"The check {c} (ci.checks) has not reported"));
        if (verdict == CiVerdict.Unsettled && unsettled.Length == 0)
            waits = waits.Append("All that CI has is red on the base too, so it says nothing about this change: mend the base, or take the draft state off yourself");
        var notes = counting.Where(r => r.FailedBefore).Select(r => $"flaky: {r.Title} passed on a re-run")
            .Concat(known.Select(r => $"{r.Title} is red on the base too and does not count (ci.red_on_base)"))
            .Concat(results.Where(r => IsPaper(r, rules) && r.State is not (CiState.Passed or CiState.Skipped)).Select(r => $"{r.Title} is no CI and waits for a person: {(r.State == CiState.Pending ? "not given yet" : "refused")}"));
        return new CiReading(verdict)
        {
            Retriable = [.. judged.Where(r => Helps(r.State, rules.Rerun)).Select(CiRetriable.Of).DistinctBy(r => r.Key).Take(MostRetriable)],
            Waits = Lines(waits),
            Notes = Lines(notes),
            Running = Lines(judged.Where(r => r.State == CiState.Pending).Select(r => r.Title)),
        };
    }

    /// <summary>The results that are a defect of the change, as far as anybody knows.</summary>
    public static IReadOnlyList<CiResult> Red(IReadOnlyList<CiResult> results, RepositoryPolicy.CiRules rules, IReadOnlyList<IReadOnlyList<CiResult>> bases)
    {
        var counting = Counting(results, rules);
        return [.. counting.Where(r => r.State == CiState.Failed).Except(KnownRed(counting, rules, bases))];
    }

    /// <summary>The results that were red before the change and need not be its fault.</summary>
    public static IReadOnlyList<CiResult> KnownRed(IReadOnlyList<CiResult> results, RepositoryPolicy.CiRules rules, IReadOnlyList<IReadOnlyList<CiResult>> bases) =>
        rules.RedOnBase == CiRedOnBase.Count ? [] : [.. Counting(results, rules).Where(r => r.State == CiState.Failed && bases.Any(b => IsRedOn(b, r)))];

    /// <summary>Whether a result is one that a policy's name names: by the job's own name, or with its workflow's.</summary>
    public static bool Names(string check, CiResult result) => NameGlob.Of(check) is var matches && (matches(result.Name) || matches(result.Title));

    private static CiResult[] Counting(IReadOnlyList<CiResult> results, RepositoryPolicy.CiRules rules) =>
        [.. results.Where(r => !r.IsOurs && (rules.Checks.Count == 0 ? !IsPaper(r, rules) : rules.Checks.Any(c => Names(c, r))))];

    // What set it going may differ: a push there, a pull request here.
    private static bool IsRedOn(IReadOnlyList<CiResult> onBase, CiResult red)
    {
        var same = onBase.Where(b => !b.IsOurs && b.Source == red.Source && b.Name == red.Name).ToArray();
        return Array.Exists(same, b => b.State == CiState.Failed) && !Array.Exists(same, b => b.State == CiState.Passed);
    }

    private static bool IsUnsettled(CiState state) => state is CiState.Cancelled or CiState.Stale or CiState.NeedsPerson or CiState.NotStarted;

    private static bool Helps(CiState state, CiRerun rerun) => rerun switch
    {
        CiRerun.Never => false,
        CiRerun.Failed => state is CiState.Cancelled or CiState.Stale or CiState.Failed,
        _ => state is CiState.Cancelled or CiState.Stale,
    };

    private static string Why(CiResult result) => result.State switch
    {
        CiState.Cancelled => $"{result.Title} was cancelled: somebody has to run it again",
        CiState.Stale => $"{result.Title} was given up by the forge, because nothing was heard of it: somebody has to run it again",
        CiState.NeedsPerson => $"{result.Title} waits for a person: open it and approve the run, or do what it asks",
        _ => $"{result.Title} could not be started: look whether its workflow file is valid, a runner is there and no spending limit is reached",
    };

    // Agreements and sign-offs: license/cla, cla/google, DCO, EasyCLA. A job that looks at licences reads files, which an edit may mend.
    private static bool IsPaper(CiResult result, RepositoryPolicy.CiRules rules)
    {
        if (result.IsOurs || rules.Checks.Any(c => Names(c, result)))
            return false;
        var words = result.Name.ToLowerInvariant().Split([.. "/ -_:.()"], StringSplitOptions.RemoveEmptyEntries);
        return Array.Exists(words, w => w is "cla" or "icla" or "ccla" or "eca" or "dco" or "easycla" or "clabot" or "claassistant" or "classistant" or "signoff")
            || Follow(words, "contributor", "license", "agreement") || Follow(words, "contributor", "agreement") || Follow(words, "signed", "off") || Follow(words, "sign", "off")
            || (result.Origin != CiOrigin.Job && words is ["license" or "licence", ..]);
    }

    private static bool Follow(string[] words, params string[] one) =>
        Enumerable.Range(0, Math.Max(0, words.Length - one.Length + 1)).Any(i => words.AsSpan(i, one.Length).SequenceEqual(one));

    private static string[] Lines(IEnumerable<string> lines)
    {
        var all = lines.Select(l => TextCut.Head(l, 250, "…")).Distinct(StringComparer.Ordinal).ToArray();
        return all.Length <= MostLines ? all : [.. all.Take(MostLines), $"and {all.Length - MostLines} more"];
    }
}
