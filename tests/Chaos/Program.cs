using System.Globalization;
using CodingAgent.Chaos;
using CodingAgent.Playground.Demo;

var options = new Dictionary<string, int>(StringComparer.Ordinal) { ["--seed"] = 1, ["--sample"] = 0, ["--from"] = 1, ["--kills"] = 24, ["--stages"] = 2 * Environment.ProcessorCount };
var only = "";
var job = ChaosJob.All[0];
for (var i = 0; i < args.Length; i += 2)
{
    if (i + 1 < args.Length && args[i] == "--only")
    {
        only = args[i + 1];
    }
    else if (i + 1 < args.Length && args[i] == "--job" && ChaosJob.All.FirstOrDefault(j => j.Name == args[i + 1]) is { } asked)
    {
        job = asked;
    }
    else if (i + 1 < args.Length && options.ContainsKey(args[i]) && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
    {
        options[args[i]] = value;
    }
    else
    {
        Console.Error.WriteLine($"chaos: '{args[i]}' is not understood. Options: --job {string.Join('|', ChaosJob.All.Select(j => j.Name))}, --only TEXT[,TEXT...] (points that contain one of them) and, each with a number, {string.Join(' ', options.Keys)}.");
        return 2;
    }
}

using var stop = new StopSignals();
ChaosService[] companies = [];
Matrix? matrix = null;
try
{
    companies = await Task.WhenAll(Enumerable.Range(0, Math.Max(1, options["--stages"])).Select(_ => ChaosService.StartAsync(job, stop.Token)));
    matrix = new Matrix(companies, job, Console.Out);
    await matrix.RehearseAsync(stop.Token);
    IReadOnlyList<KillPoint> points = [.. matrix.Points.Where(p => only.Split(',').Any(text => p.ToString().Contains(text, StringComparison.Ordinal)))];
    if (options["--sample"] > 0)
        points = Sample.Of(points, options["--sample"], options["--seed"]);
    await matrix.TryAsync(points, Math.Max(1, options["--kills"]), Math.Max(1, options["--from"]), stop.Token);
    return End(matrix.Report() ? 0 : 1);
}
catch (StoryException e)
{
    Console.WriteLine($"chaos: {e.Message}");
    return End(1);
}
catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
{
    // What was tried so far counts.
    return matrix is null || matrix.Report() ? 130 : End(1);
}
finally
{
    foreach (var service in companies)
        await service.DisposeAsync();
}

int End(int code)
{
    foreach (var service in code == 0 ? [] : companies)
    {
        service.KeepFiles();
        Console.WriteLine($"Logs of the service: {service.LogDirectory}");
    }

    return code;
}
