using System.Globalization;
using System.Runtime.InteropServices;
using CodingAgent.Chaos;
using CodingAgent.Playground.Demo;

var options = new Dictionary<string, int>(StringComparer.Ordinal) { ["--seed"] = 1, ["--sample"] = 0, ["--from"] = 1, ["--kills"] = 8 };
for (var i = 0; i < args.Length; i += 2)
{
    if (!options.ContainsKey(args[i]) || i + 1 == args.Length || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
    {
        Console.Error.WriteLine($"chaos: '{args[i]}' is not understood. Options, each with a number: {string.Join(' ', options.Keys)}.");
        return 2;
    }

    options[args[i]] = value;
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
    var points = options["--sample"] > 0 ? Sample.Of(matrix.Points, options["--sample"], options["--seed"]) : matrix.Points;
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
