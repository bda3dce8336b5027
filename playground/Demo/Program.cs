using CodingAgent.Playground.Demo;

var isForge = args is ["forge", ..];
var rest = isForge ? args[1..] : args;
if (rest.Contains("--help") || rest.Contains("-h"))
{
    Console.WriteLine(isForge ? ForgeOptions.Help : DemoOptions.Help);
    return 0;
}

try
{
    using var stop = new StopSignals();
    return isForge ? await ForgeCommand.RunAsync(ForgeOptions.Parse(rest), stop.Token) : await DemoCommand.RunAsync(DemoOptions.Parse(rest), stop.Token);
}
catch (StoryException e)
{
    Console.Error.WriteLine($"{(isForge ? "forge" : "demo")}: {e.Message}");
    return 2;
}
