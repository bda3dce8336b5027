using System.Globalization;
using CodingAgent.Bench;
using CodingAgent.Bench.Temporal;

Dictionary<string, Func<Task<Comparison[]>>> benchmarks = new(StringComparer.Ordinal)
{
    [WebhookBench.Name] = WebhookBench.RunAsync,
    [WebhookBench.Start] = WebhookBench.RunStartAsync,
    [InboxBench.Name] = InboxBench.RunAsync,
    [SandboxBench.Name] = async () => [await SandboxBench.RunAsync()],
    [EgressBench.Name] = async () => [await EgressBench.RunAsync()],
    [DockerBench.Name] = DockerBench.RunAsync,
    [WorkspaceBench.Name] = WorkspaceBench.RunAsync,
    [TurnBench.Name] = TurnBench.RunAsync,
    [CodeSearchBench.Name] = CodeSearchBench.RunAsync,
    [CodeSearchBench.Text] = CodeSearchBench.RunTextAsync,
    [TaskBench.Mid] = async () => [await TaskBench.RunMidAsync()],
    [TaskBench.Long] = async () => [await TaskBench.RunLongAsync()],
    [TaskBench.Replayed] = async () => [await TaskBench.RunReplayedAsync()],
    [TemporalBench.Workflows] = async () => [await TemporalBench.WorkflowsAsync()],
    [TemporalBench.Signal] = async () => [await TemporalBench.SignalAsync()],
    [TemporalBench.Replay] = async () => [await TemporalBench.ReplayAsync()],
};

// Numbers that stand alone; --full takes them at the size the product is meant for.
const string Full = "--full";
Dictionary<string, Func<Task<IReadOnlyList<Figure>>>> measurements = new(StringComparer.Ordinal)
{
    [SetupBench.Name] = SetupBench.RunAsync,
    [BisectBench.Name] = BisectBench.RunAsync,
    [DashboardBench.Name] = DashboardBench.RunAsync,
    [PageBench.Name] = PageBench.RunAsync,
    [ParkedBench.Name] = () => ParkedBench.RunAsync(args.Contains(Full, StringComparer.Ordinal) ? 10_000 : 2000),
};
string[] names = [.. args.Where(a => a != Full)];
if (names.FirstOrDefault(name => !benchmarks.ContainsKey(name) && !measurements.ContainsKey(name)) is { } unknown)
{
    await Console.Error.WriteLineAsync(
        $"bench: '{unknown}' is not a benchmark; it is one of {string.Join(", ", benchmarks.Keys.Concat(measurements.Keys))}, or nothing for all.");
    return 2;
}

var figures = new List<Figure>();
var results = new List<Comparison>();
try
{
    foreach (var (name, run) in benchmarks.Where(b => IsWanted(b.Key)))
    {
        await Console.Error.WriteLineAsync($"bench: {name} ...");
        results.AddRange(await run());
    }

    foreach (var (name, run) in measurements.Where(m => IsWanted(m.Key)))
    {
        await Console.Error.WriteLineAsync($"bench: {name} ...");
        figures.AddRange(await run());
    }
}
catch (InvalidOperationException e)
{
    await Console.Error.WriteLineAsync($"bench: {e.Message.ReplaceLineEndings(" ")}");
    return 1;
}

bool IsWanted(string name) => names.Length == 0 || names.Contains(name, StringComparer.Ordinal);
static string Row(params string[] cells) => string.Create(
    CultureInfo.InvariantCulture, $"{cells[0],-12} {cells[1],7} {cells[2],9} {cells[3],9} {cells[4],9} {cells[5],9} {cells[6],7} {cells[7],7}  {cells[8]}");
static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

Console.WriteLine($"{Environment.ProcessorCount} cores; times in milliseconds; ours and peer alternate within one run; the limit is on the ratio of the medians, or of what the name says");
Console.WriteLine(Row("", "rounds", "p50 ours", "p50 peer", "p99 ours", "p99 peer", "p50 x", "p99 x", "limit"));
foreach (var r in results)
{
    Console.WriteLine(Row(
        r.Name, $"{r.Ours.Count}", Number(r.Ours.Percentile(0.5)), Number(r.Theirs.Percentile(0.5)), Number(r.Ours.Percentile(0.99)), Number(r.Theirs.Percentile(0.99)),
        Number(r.Ratio(0.5)), Number(r.Ratio(0.99)), $"<= {Number(r.Limit)} {(r.IsWithinLimit ? "pass" : "OVER")}"));
}

foreach (var r in results)
    Console.WriteLine($"{r.Name}: {r.Subject}, against {r.Peer}");
foreach (var f in figures)
    Console.WriteLine($"{f.Name}: {f.Subject}: {Number(f.Value)} {f.Unit}, limit {Number(f.Limit)} {(f.IsWithinLimit ? "pass" : "OVER")}");
return results.TrueForAll(r => r.IsWithinLimit) && figures.TrueForAll(f => f.IsWithinLimit) ? 0 : 1;
