using System.CommandLine;
using CodingAgent.Mcp.Coverage;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent coverage-report FOLDER</c>: what the service runs in a sandbox to see which lines a measured check ran.</summary>
internal static class CoverageReportCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "Root of a repository whose checks ran there, measured." };
        var command = new Command(CoverageProgram.Verb, "Prints which lines of a folder's files its tests ran, one JSON object a line. The service runs it in its sandbox.") { folder };
        command.SetAction(async (parsed, _) =>
        {
            await using var output = new StreamWriter(Console.OpenStandardOutput());
            await CoverageProgram.PrintAsync(parsed.GetValue(folder)!, output);
            return 0;
        });
        return command;
    }
}
