using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Bench;

/// <summary>
/// From a signed delivery on a loopback connection to the 202 that says it is on disk, against Probot, which keeps nothing: the whole
/// service in its own process, dispatcher and log included.
/// </summary>
internal static class WebhookBench
{
    public const string Name = "webhook";
    public const string Start = "start";

    private const int Connections = 8;

    // As many as take both a good part of a second, so that a pause of either side weighs what it weighs in a long run.
    private const int Deliveries = 2000;
    private const int WarmUps = 3;
    private const int Rounds = 12;
    private const string Kept = "issues";
    private const string Ignored = "ping";

    public static async Task<Comparison[]> RunAsync()
    {
        var what = $"deliveries of {Delivery.Size} bytes over {Connections} connections";
        var rate = new Comparison(Name, $"{what}, each answered when it is on disk; time of a round over their number", "Probot, which keeps nothing", Limit: 1);
        var tail = new Comparison("webhook-p99", "the time of each of these, by the 99th percentile", "Probot", Limit: 2) { Share = 0.99 };
        var ignored = new Comparison("ignored", $"{what}, of an event that is not used", "Probot", Limit: 0.5);
        using var folder = new TemporaryFolder();
        await using var ours = WebhookPeer.StartOurs(folder.Path);
        await using var theirs = WebhookPeer.StartProbot();
        await ours.ReadyAsync();
        await theirs.ReadyAsync();
        for (var round = -WarmUps; round < Rounds; round++)
        {
            foreach (var isOurs in round % 2 == 0 ? [true, false] : (bool[])[false, true])
            {
                var peer = isOurs ? ours : theirs;
                var (whole, each) = await TimeAsync(peer, Kept);
                var (wholeIgnored, _) = await TimeAsync(peer, Ignored);
                if (round < 0)
                    continue;
                rate.Of(isOurs).Add(whole);
                foreach (var time in each)
                    tail.Of(isOurs).Add(time);
                ignored.Of(isOurs).Add(wholeIgnored);
            }
        }

        MustBePassedOver(Path.Combine(folder.Path, "bot.db"));
        return [rate, tail, ignored];
    }

    // A delivery that the service went after cost it more than receiving, which is all that Probot does with it.
    private static void MustBePassedOver(string file)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*), min(coalesce(outcome, last_error)) FROM inbox WHERE outcome NOT LIKE 'ignored:%' OR last_error IS NOT NULL";
        using var found = command.ExecuteReader();
        found.Read();
        if (found.GetInt64(0) is > 0 and var count)
            throw new InvalidOperationException($"webhook: {count} deliveries were not passed over, so that more than receiving was measured: {found.GetString(1)}");
    }

    /// <summary>From the start of the process to the first delivery that it takes.</summary>
    public static async Task<Comparison[]> RunStartAsync()
    {
        var comparison = new Comparison(Start, "serve from its start to its first 202, with an empty data folder", "Probot", Limit: 1.5);
        await comparison.MeasureAsync(
            async () =>
            {
                using var folder = new TemporaryFolder();
                await using var ours = WebhookPeer.StartOurs(folder.Path);
                await ours.ReadyAsync();
            },
            async () =>
            {
                await using var theirs = WebhookPeer.StartProbot();
                await theirs.ReadyAsync();
            },
            warmUp: 2, rounds: 20, TimeSpan.FromMinutes(4));
        return [comparison];
    }

    private static async Task<(TimeSpan Whole, IReadOnlyList<TimeSpan> Each)> TimeAsync(WebhookPeer peer, string eventName)
    {
        var started = Stopwatch.GetTimestamp();
        var each = await peer.RunAsync(eventName, Connections, Deliveries);
        var whole = Stopwatch.GetElapsedTime(started);
        await peer.RestAsync();
        return (whole / Deliveries, each);
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("coding-agent-bench-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
