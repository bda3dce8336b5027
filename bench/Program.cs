using System.Globalization;
using CodingAgent.Bench;
using CodingAgent.Bench.Temporal;

Dictionary<string, Func<Task<Comparison>>> benchmarks = new(StringComparer.Ordinal)
{
    [WebhookBench.Name] = WebhookBench.RunAsync,
    [SandboxBench.Name] = SandboxBench.RunAsync,
    [TemporalBench.Workflows] = TemporalBench.WorkflowsAsync,
    [TemporalBench.Signal] = TemporalBench.SignalAsync,
    [TemporalBench.Replay] = TemporalBench.ReplayAsync,
};
if (args.FirstOrDefault(name => !benchmarks.ContainsKey(name)) is { } unknown)
{
    await Console.Error.WriteLineAsync($"bench: '{unknown}' is not a benchmark; it is one of {string.Join(", ", benchmarks.Keys)}, or nothing for all.");
    return 2;
}

var results = new List<Comparison>();
foreach (var (name, run) in benchmarks)
{
    if (args.Length > 0 && !args.Contains(name, StringComparer.Ordinal))
        continue;
    await Console.Error.WriteLineAsync($"bench: {name} ...");
    try
    {
        results.Add(await run());
    }
    catch (InvalidOperationException e)
    {
        await Console.Error.WriteLineAsync($"bench: {e.Message.ReplaceLineEndings(" ")}");
        return 1;
    }
}

static string Row(params string[] cells) => string.Create(
    CultureInfo.InvariantCulture, $"{cells[0],-9} {cells[1],7} {cells[2],9} {cells[3],9} {cells[4],9} {cells[5],9} {cells[6],7} {cells[7],7}  {cells[8]}");
static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

Console.WriteLine($"{Environment.ProcessorCount} cores; times in milliseconds; ours and peer alternate within one run; the limit is on the ratio of the medians");
Console.WriteLine(Row("", "rounds", "p50 ours", "p50 peer", "p99 ours", "p99 peer", "p50 x", "p99 x", "limit"));
foreach (var r in results)
{
    Console.WriteLine(Row(
        r.Name, $"{r.Ours.Count}", Number(r.Ours.Percentile(0.5)), Number(r.Theirs.Percentile(0.5)), Number(r.Ours.Percentile(0.99)), Number(r.Theirs.Percentile(0.99)),
        Number(r.Ratio(0.5)), Number(r.Ratio(0.99)), $"<= {Number(r.Limit)} {(r.IsWithinLimit ? "pass" : "OVER")}"));
}

foreach (var r in results)
    Console.WriteLine($"{r.Name}: {r.Subject}, against {r.Peer}");
return results.TrueForAll(r => r.IsWithinLimit) ? 0 : 1;
