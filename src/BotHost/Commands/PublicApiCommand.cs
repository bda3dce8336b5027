using System.CommandLine;
using CodingAgent.Mcp.PublicApi;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent public-api FOLDER</c>: what the service runs in a sandbox to see what others can use of a library.</summary>
internal static class PublicApiCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "Root of a repository, built where it holds .NET projects." };
        var command = new Command(PublicApiProgram.Verb, "Prints the public surface of a folder's assemblies and sources, one JSON object a line. The service runs it in its sandbox.") { folder };
        command.SetAction(async (parsed, _) =>
        {
            await using var output = new StreamWriter(Console.OpenStandardOutput());
            await PublicApiProgram.PrintAsync(parsed.GetValue(folder)!, output);
            return 0;
        });
        return command;
    }
}
