using System.Diagnostics;

namespace CodingAgent.Bench;

/// <summary>What we measure against its peer, taken turn by turn in one run, so that a busy moment of the machine hits both.</summary>
/// <param name="Name">Name on the command line and in the table.</param>
/// <param name="Subject">Our part, in words.</param>
/// <param name="Peer">What it is compared with, in words.</param>
/// <param name="Limit">Largest accepted ratio of the medians, or of another <see cref="Share"/>. Else the 99th percentile is shown without a limit: on a shared machine it is mostly weather.</param>
internal sealed record Comparison(string Name, string Subject, string Peer, double Limit)
{
    public Samples Ours { get; } = new();

    public Samples Theirs { get; } = new();

    /// <summary>The share of samples whose percentile the limit is on.</summary>
    public double Share { get; init; } = 0.5;

    public Samples Of(bool isOurs) => isOurs ? Ours : Theirs;

    public double Ratio(double share) => Ours.Percentile(share) / Theirs.Percentile(share);

    public bool IsWithinLimit => Ratio(Share) <= Limit;

    /// <summary>Alternates between both until there are enough rounds or the time is up; the first rounds only warm up.</summary>
    /// <param name="subject">One run of ours.</param>
    /// <param name="peer">One run of the peer.</param>
    /// <param name="warmUp">Rounds that do not count.</param>
    /// <param name="rounds">Most rounds that count.</param>
    /// <param name="time">Longest time for those that count.</param>
    /// <exception cref="InvalidOperationException">The time was too short for a meaningful figure.</exception>
    public async Task MeasureAsync(Func<Task> subject, Func<Task> peer, int warmUp, int rounds, TimeSpan time)
    {
        const int Fewest = 20;
        for (var i = 0; i < warmUp; i++)
        {
            await subject();
            await peer();
        }

        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < rounds && Stopwatch.GetElapsedTime(started) < time; i++)
        {
            // Whoever comes second finds warmer caches and the disk's queue of the first: they take turns.
            if (i % 2 == 0)
            {
                Ours.Add(await TimeAsync(subject));
                Theirs.Add(await TimeAsync(peer));
            }
            else
            {
                Theirs.Add(await TimeAsync(peer));
                Ours.Add(await TimeAsync(subject));
            }
        }

        if (Ours.Count < Fewest)
            throw new InvalidOperationException($"{Name}: only {Ours.Count} rounds in {time.TotalSeconds:0} s; this machine is too busy to say anything.");
    }

    private static async Task<TimeSpan> TimeAsync(Func<Task> run)
    {
        var started = Stopwatch.GetTimestamp();
        await run();
        return Stopwatch.GetElapsedTime(started);
    }
}
