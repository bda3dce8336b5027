using CodingAgent.Playground.Demo;

var keep = args.Contains("--keep");
if (args.Where(a => a != "--keep").ToArray() is [var unknown, ..])
{
    Console.Error.WriteLine($"demo: unknown option '{unknown}'. The only option is --keep.");
    return 2;
}

using var stop = new StopSignals();
Stage? stage = null;
try
{
    stage = await Stage.BuildAsync(
        Path.Combine(AppContext.BaseDirectory, "Sample"), Environment.GetEnvironmentVariable("OPENAI_API_KEY"), stop.Token);
    var passed = await new Story(stage, Ticket.Retries).RunAsync(stop.Token);
    if (keep)
        await stage.LinesUntilStoppedAsync(stop.Token);
    return passed ? 0 : 1;
}
catch (StoryException e)
{
    Narrator.Bad(e.Message);
    if (stage is not null)
        Narrator.Note($"Logs of the service: {stage.LogDirectory}");
    stage?.KeepFiles();
    return 1;
}
catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
{
    Narrator.Note("Stopped.");
    return 130;
}
finally
{
    if (stage is not null)
        await stage.DisposeAsync();
}
