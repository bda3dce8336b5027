using CodingAgent.Playground.Demo;
using Spectre.Console;

// A line is a line where no terminal shows it.
if (Console.IsOutputRedirected)
    AnsiConsole.Profile.Width = 10_000;
if (args is ["forge", .. var rest])
{
    if (rest.Contains("--help") || rest.Contains("-h"))
    {
        Console.WriteLine(ForgeOptions.Help);
        return 0;
    }

    try
    {
        using var stopForge = new StopSignals();
        return await ForgeCommand.RunAsync(ForgeOptions.Parse(rest), stopForge.Token);
    }
    catch (StoryException e)
    {
        Console.Error.WriteLine($"forge: {e.Message}");
        return 2;
    }
}

DemoOptions options;
try
{
    options = DemoOptions.Parse(args);
}
catch (StoryException e)
{
    Console.Error.WriteLine($"demo: {e.Message}");
    return 2;
}

using var stop = new StopSignals();
Stage? stage = null;
var files = Directory.CreateTempSubdirectory("coding-agent-sample-").FullName;
try
{
    options.Sample.WriteTo(files);
    if (options.Forge == DemoForge.GitLab)
        GitLabFiles.Move(files);
    stage = await Stage.BuildAsync(
        new StageOptions
        {
            RepositoryFolder = files,
            Forge = options.Forge,
            RealKey = Environment.GetEnvironmentVariable("OPENAI_API_KEY"),
            Temporal = options.Temporal,
            TemporalNamespace = options.Namespace,
        },
        stop.Token);
    var passed = await new Story(stage, options.Sample.Ticket).RunAsync(stop.Token);
    if (options.Keep)
        await stage.LinesUntilStoppedAsync(stop.Token);
    return passed ? 0 : 1;
}
catch (StoryException e)
{
    Narrator.Bad(e.Message);
    if (stage is not null)
        Narrator.Note($"Logs of the service: {stage.LogDirectory}");
    stage?.TellWhatIsLeft();
    stage?.KeepFiles();
    return 1;
}
catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
{
    Narrator.Note("Stopped.");
    stage?.TellWhatIsLeft();
    return 130;
}
finally
{
    if (stage is not null)
        await stage.DisposeAsync();
    Directory.Delete(files, recursive: true);
}
