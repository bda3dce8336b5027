using System.Numerics;
using System.Text.Json.Serialization;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary>
/// Splits a batch of changes whose checks are red: which part is green together, and which changes are to blame. Plain data, and pure: the same
/// units and runs always give the same next question, so that it can lie in a workflow's history and go on after any death.
/// <para>
/// It grows a set that was seen green, and looks by halves for the first change that turns it red (adaptive group testing): at most
/// k(⌈log₂ n⌉+1)+1 runs until the green part may ship, for k culprits among n. Then each culprit is run alone. One that is green alone had its
/// red run from chance, which one more run shows, or from others beside it, which are looked for and named with it.
/// </para>
/// </summary>
/// <param name="Units">What moves together, the riskiest first: those are tried first. Questions name them by position.</param>
/// <param name="MostRuns">Largest number of runs; beyond it what is known so far is the answer.</param>
/// <param name="Runs">Runs so far, in order.</param>
public sealed record BatchBisect(IReadOnlyList<BatchUnit> Units, int MostRuns, IReadOnlyList<BatchRun> Runs)
{
    // With more culprits than this the whole rest is hardly ever green: it grows from one change on instead.
    private const int Many = 4;

    // At one set, before what it says is taken as it is.
    private const int MostLooks = 3;

    /// <summary>A batch of which nothing was run.</summary>
    /// <param name="items">Changes with the family each moves in; the same family is one unit, wherever its members stand.</param>
    /// <param name="mostRuns">Largest number of runs.</param>
    public static BatchBisect Of(IEnumerable<(string Item, string Family)> items, int mostRuns) =>
        new([.. items.GroupBy(i => i.Family, i => i.Item, StringComparer.Ordinal).Select(g => new BatchUnit(g.Key, [.. g.Distinct(StringComparer.Ordinal)]))], mostRuns, []);

    /// <summary>What to run next, or what came out.</summary>
    [JsonIgnore]
    public BisectStep Next => new Search(this).Step();

    /// <summary>The batch after one more run.</summary>
    /// <param name="set">Units whose changes were in the tree; none for the base.</param>
    /// <param name="result">How its checks ended.</param>
    /// <param name="evidence">Where the run can be looked up; may be empty.</param>
    public BatchBisect With(IEnumerable<int> set, BatchResult result, string evidence = "") => this with { Runs = [.. Runs, new BatchRun([.. set.Distinct().Order()], result, evidence)] };

    /// <summary>One walk through all that is known; it stops at the first run that is missing.</summary>
    private sealed class Search(BatchBisect batch)
    {
        private readonly List<Held> _held = [];
        private readonly int[] _all = [.. Enumerable.Range(0, batch.Units.Count)];
        private readonly Dictionary<BigInteger, BatchRun[]> _seen = batch.Runs.GroupBy(r => Mask(r.Set)).ToDictionary(g => g.Key, g => g.ToArray());
        private int[] _green = [];
        private int[]? _missing;

        public BisectStep Step()
        {
            if (IsRed([]) == true)
                return new BisectStep.Done([], [], _all, IsBaseRed: true, IsCapped: false);
            var culprits = new List<Culprit>();
            var isSettled = Separate();
            var isOver = isSettled && Prove(culprits);
            if (isOver)
                return Done(_green, culprits, isCapped: false);
            if (batch.Runs.Count < batch.MostRuns)
                return new BisectStep.Run(_missing!, Largest(g => g.All(_missing!.Contains)), isSettled);
            culprits.AddRange(_held.Where(h => culprits.TrueForAll(c => c.Unit != h.Unit)).Select(h => new Culprit(h.Unit, [], CulpritProof.Beside, Around(h))));
            return Done(Largest(g => !g.Any(u => culprits.Exists(c => c.Unit == u))), culprits, isCapped: true);
        }

        private BisectStep.Done Done(IEnumerable<int> green, List<Culprit> culprits, bool isCapped) =>
            new([.. green.Order()], culprits, [.. _all.Except(green).Except(culprits.Select(c => c.Unit))], IsBaseRed: false, isCapped);

        private IReadOnlyList<int> Largest(Func<IReadOnlyList<int>, bool> fits) =>
            _seen.Values.Where(r => AsSeen(r) == false).Select(r => r[0].Set).Where(fits).MaxBy(s => s.Count) ?? [];

        // The green part, and one culprit after the other out of the way.
        private bool Separate()
        {
            while (true)
            {
                int[] rest = [.. _all.Except(_held.Select(h => h.Unit))];
                // Nothing at all was green yet: is it the base?
                if ((rest.Length == 0 || _held.Count > Many) && IsRed([]) is null)
                    return Miss([]);
                int[] open = [.. rest.Except(_green)];
                if (open.Length == 0)
                    return true;
                if (Reach(open) is not { } reach)
                    return false;
                if (reach.From == open.Length)
                {
                    _green = rest;
                    return true;
                }

                if (First([], _green, open, reach.From, reach.To) is not { } at)
                    return false;
                int[] before = [.. _green, .. open[..at]];
                _held.Add(new Held(open[at], before));
                _green = before;
            }
        }

        // How many of the open units are green, and how many are red, on top of what is green.
        private (int From, int To)? Reach(int[] open)
        {
            for (var (from, to) = (0, _held.Count > Many ? 1 : open.Length); ; to = Math.Min(to * 2, open.Length))
            {
                if (Ask([.. _green, .. open[..to]]) is not { } isRed)
                    return null;
                if (isRed)
                    return (from, to);
                from = to;
                if (to == open.Length)
                    return (to, to);
            }
        }

        // The first of some units that makes red what is green without it; before and with "to" of them are known.
        private int? First(int[] fixedUnits, int[] green, int[] units, int from, int to)
        {
            while (to - from > 1)
            {
                var middle = (from + to) / 2;
                if (Ask([.. fixedUnits, .. green, .. units[..middle]]) is not { } isRed)
                    return null;
                (from, to) = isRed ? (from, middle) : (middle, to);
            }

            return from;
        }

        private bool Prove(List<Culprit> culprits)
        {
            var cleared = new List<Held>();
            foreach (var held in _held)
            {
                if (Ask([held.Unit]) is not { } isRed)
                    return false;
                if (isRed)
                {
                    culprits.Add(new Culprit(held.Unit, [], IsUndecided([held.Unit]) ? CulpritProof.NeverEnds : CulpritProof.Alone, [.. RunsOf([held.Unit]), .. Around(held)]));
                    continue;
                }

                // Green alone: was the red run chance?
                var seen = RunsOf(held.Witness);
                if (seen.Length < MostLooks && seen.Count(r => r.Result != BatchResult.Inconclusive) < 2)
                    return Miss(held.Witness);
                if (IsRed(held.Witness) == false)
                {
                    cleared.Add(held);
                    continue;
                }

                if (Partners(held) is not { } partners)
                    return false;
                culprits.Add(new Culprit(held.Unit, [.. partners.Order()], CulpritProof.Together, [.. RunsOf([held.Unit]), .. RunsOf([held.Unit, .. partners])]));
            }

            foreach (var held in cleared)
            {
                if (Ask([.. _green, held.Unit]) is not { } isRed)
                    return false;
                if (isRed)
                    culprits.Add(new Culprit(held.Unit, [], CulpritProof.Unsteady, [.. RunsOf(held.Witness), .. RunsOf([.. _green, held.Unit])]));
                else
                    _green = [.. _green, held.Unit];
            }

            return true;
        }

        // A smallest set of those before it that is red with it: each found one bounds where the next may stand.
        private List<int>? Partners(Held held)
        {
            var (partners, pool) = (new List<int>(), held.Before);
            while (true)
            {
                if (Ask([held.Unit, .. partners]) is not { } isRed)
                    return null;
                // A pool that is used up leaves all of it as partners, whatever chance said of the last run.
                if (isRed || pool.Length == 0)
                    return partners;
                if (First([held.Unit, .. partners], [], pool, 0, pool.Length) is not { } at)
                    return null;
                partners.Add(pool[at]);
                pool = pool[..at];
            }
        }

        private bool? Ask(int[] set)
        {
            if (IsRed(set) is { } known)
                return known;
            Miss(set);
            return null;
        }

        private bool Miss(int[] set)
        {
            _missing = [.. set.Order()];
            return false;
        }

        // What was seen counts before what follows; what is green has green parts, and what is red stays red with more in it.
        private bool? IsRed(int[] set)
        {
            var mask = Mask(set);
            if (_seen.TryGetValue(mask, out var runs))
                return AsSeen(runs);
            if (_seen.Any(s => (s.Key & mask) == mask && AsSeen(s.Value) == false))
                return false;
            return _seen.Any(s => (s.Key & mask) == s.Key && AsSeen(s.Value) == true) ? true : null;
        }

        private static bool? AsSeen(BatchRun[] runs) =>
            runs.LastOrDefault(r => r.Result != BatchResult.Inconclusive) is { } last ? last.Result == BatchResult.Red : runs.Length >= 2 ? true : null;

        private bool IsUndecided(int[] set) => RunsOf(set) is { Length: >= 2 } runs && runs.All(r => r.Result == BatchResult.Inconclusive);

        private BatchRun[] RunsOf(IReadOnlyCollection<int> set) => _seen.GetValueOrDefault(Mask(set), []);

        private BatchRun[] Around(Held held) => [.. RunsOf(held.Before), .. RunsOf(held.Witness)];

        // Sets as bits: hundreds of units and runs are compared at each step.
        private static BigInteger Mask(IReadOnlyCollection<int> set)
        {
            var bits = new byte[(set.DefaultIfEmpty().Max() / 8) + 1];
            foreach (var unit in set)
                bits[unit / 8] |= (byte)(1 << (unit % 8));
            return new BigInteger(bits, isUnsigned: true);
        }
    }

    /// <summary>A unit out of the way, and the green ones it was tried on.</summary>
    private sealed record Held(int Unit, int[] Before)
    {
        public int[] Witness => [.. Before, Unit];
    }
}

/// <summary>What moves together.</summary>
/// <param name="Family">Name of the family, or of the one change in it.</param>
/// <param name="Items">Its changes.</param>
public sealed record BatchUnit(string Family, IReadOnlyList<string> Items);

/// <summary>One run of the checks.</summary>
/// <param name="Set">Units whose changes were in the tree, by position; none for the base.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Evidence">Where it can be looked up; may be empty.</param>
public sealed record BatchRun(IReadOnlyList<int> Set, BatchResult Result, string Evidence = "");

/// <summary>How checks ended on a set of changes.</summary>
public enum BatchResult
{
    /// <summary>All checks passed.</summary>
    Green,

    /// <summary>A check failed, or the changes cannot be made together.</summary>
    Red,

    /// <summary>Neither: no time, no memory, no registry. Asked once more; twice counts as red, because it cannot ship.</summary>
    Inconclusive,
}

/// <summary>A change that keeps a batch from being green.</summary>
/// <param name="Unit">Position of the unit.</param>
/// <param name="With">Units that it is red together with while each is green alone; they ship without it. Empty for one that is red by itself.</param>
/// <param name="Proof">What was seen of it.</param>
/// <param name="Evidence">The runs that say so.</param>
public sealed record Culprit(int Unit, IReadOnlyList<int> With, CulpritProof Proof, IReadOnlyList<BatchRun> Evidence);

/// <summary>What was seen of a culprit.</summary>
public enum CulpritProof
{
    /// <summary>Red alone on the base.</summary>
    Alone,

    /// <summary>Green alone; red together with others, twice.</summary>
    Together,

    /// <summary>Red beside what was green without it; there were no runs left to try it alone.</summary>
    Beside,

    /// <summary>Its checks end now so, now so.</summary>
    Unsteady,

    /// <summary>Its checks came to no end twice.</summary>
    NeverEnds,
}

/// <summary>What a batch needs next.</summary>
public abstract record BisectStep
{
    private BisectStep()
    {
    }

    /// <summary>Run the checks with the changes of some units.</summary>
    /// <param name="Set">Those units, by position; none for the base.</param>
    /// <param name="Green">Those of them that were seen green together.</param>
    /// <param name="IsSettled">What is green is found and may ship; this run is about the culprits alone.</param>
    public sealed record Run(IReadOnlyList<int> Set, IReadOnlyList<int> Green, bool IsSettled) : BisectStep;

    /// <summary>Nothing more to run.</summary>
    /// <param name="Green">What may ship: a set that was run and was green; empty for none.</param>
    /// <param name="Culprits">What is to blame.</param>
    /// <param name="Undecided">What is neither, because the base is red or the runs are used up.</param>
    /// <param name="IsBaseRed">Red without any change: nobody is to blame.</param>
    /// <param name="IsCapped">The runs are used up.</param>
    public sealed record Done(IReadOnlyList<int> Green, IReadOnlyList<Culprit> Culprits, IReadOnlyList<int> Undecided, bool IsBaseRed, bool IsCapped) : BisectStep;
}
