using System.Globalization;
using System.Numerics;
using CodingAgent.Workflows.Flows.Upgrade;

namespace CodingAgent.Bench;

/// <summary>How many runs of the checks a red batch takes: counted, not timed, so the same on every machine.</summary>
internal static class BisectBench
{
    public const string Name = "bisect";
    private const int Draws = 2000;

    public static Task<IReadOnlyList<Figure>> RunAsync()
    {
        var figures = new List<Figure>();
        Console.WriteLine("runs of the checks per red batch    | until the green part may ship | with each culprit's own run |");
        Console.WriteLine("   n   k      cases          bound  |      mean      worst          |      mean      worst        |");
        foreach (var n in (int[])[10, 50, 200])
        {
            foreach (var k in (int[])[1, 2, 4])
            {
                var (cases, bound) = (Cases(n, k), (k * (BitOperations.Log2((uint)n - 1) + 2)) + 1);
                var played = cases.Select(c => Play(n, c)).ToArray();
                var (ship, all) = (played.Select(p => p.Ship).ToArray(), played.Select(p => p.All).ToArray());
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{n,4} {k,3} {cases.Count,10} {bound,14}  | {ship.Average(),9:0.00} {ship.Max(),10}          | {all.Average(),9:0.00} {all.Max(),10}        |"));
                figures.Add(new Figure(Name, $"runs until the green part of {n} with {k} culprits may ship, worst of {cases.Count} batches", ship.Max(), "runs", bound));
                figures.Add(new Figure(Name, $"the same with each culprit's own run, mean of {cases.Count} batches", all.Average(), "runs", bound + k));
            }
        }

        return Task.FromResult<IReadOnlyList<Figure>>(figures);
    }

    // All there are where they are few, else drawn from a fixed seed, with those at the ends.
    private static IReadOnlyList<int[]> Cases(int n, int k)
    {
        if (k == 1)
            return [.. Enumerable.Range(0, n).Select(i => (int[])[i])];
        if (k == 2 && n <= 50)
            return [.. from a in Enumerable.Range(0, n) from b in Enumerable.Range(a + 1, n - a - 1) select (int[])[a, b]];
        var chance = new Random(21);
        var all = Enumerable.Range(0, n).ToArray();
        return [[.. all[..k]], [.. all[^k..]], .. Enumerable.Range(0, Draws).Select(_ => chance.GetItems(all, 64).Distinct().Take(k).ToArray())];
    }

    private static (int Ship, int All) Play(int n, int[] culprits)
    {
        var batch = BatchBisect.Of(Enumerable.Range(0, n).Select(i => i.ToString(CultureInfo.InvariantCulture)).Select(i => (i, i)), int.MaxValue);
        var ship = 0;
        while (batch.Next is BisectStep.Run run)
        {
            ship += run.IsSettled ? 0 : 1;
            batch = batch.With(run.Set, Array.Exists(culprits, run.Set.Contains) ? BatchResult.Red : BatchResult.Green);
        }

        var done = (BisectStep.Done)batch.Next;
        return done.Green.Count == n - culprits.Length && done.Culprits.All(c => c.Proof == CulpritProof.Alone && culprits.Contains(c.Unit))
            ? (ship, batch.Runs.Count)
            : throw new InvalidOperationException($"The culprits {string.Join(' ', culprits)} among {n} were not found.");
    }
}
