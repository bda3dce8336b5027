using System.Globalization;
using System.Runtime.InteropServices;
using CodingAgent.Chaos;
using CodingAgent.Playground.Demo;

var options = new Dictionary<string, int>(StringComparer.Ordinal) { ["--seed"] = 1, ["--sample"] = 0, ["--from"] = 1, ["--kills"] = 8 };
var only = "";
for (var i = 0; i < args.Length; i += 2)
{
    if (i + 1 < args.Length && args[i] == "--only")
    {
        only = args[i + 1];
    }
    else if (i + 1 < args.Length && options.ContainsKey(args[i]) && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
    {
        options[args[i]] = value;
    }
    else
    {
        Console.Error.WriteLine($"chaos: '{args[i]}' is not understood. Options: --only TEXT (points that contain it) and, each with a number, {string.Join(' ', options.Keys)}.");
        return 2;
    }
}

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    // The service's processes must not outlive this one.
    signal.Cancel = true;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
await using var company = await Company.StartAsync(stop.Token);
var matrix = new Matrix(company, Console.Out);
try
{
    await matrix.RehearseAsync(stop.Token);
    IReadOnlyList<KillPoint> points = [.. matrix.Points.Where(p => p.ToString().Contains(only, StringComparison.Ordinal))];
    if (options["--sample"] > 0)
        points = Sample.Of(points, options["--sample"], options["--seed"]);
    await matrix.TryAsync(points, Math.Max(1, options["--kills"]), Math.Max(1, options["--from"]), stop.Token);
    var passed = matrix.Report();
    if (!passed)
        KeepFiles();
    return passed ? 0 : 1;
}
catch (StoryException e)
{
    Console.WriteLine($"chaos: {e.Message}");
    KeepFiles();
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    // What was tried so far counts.
    return matrix.Report() ? 130 : 1;
}

void KeepFiles()
{
    company.KeepFiles();
    Console.WriteLine($"Logs of the service: {company.LogDirectory}");
}
