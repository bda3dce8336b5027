using System.CommandLine;
using CodingAgent.Mcp.CodeSearch;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent csharp-symbols FOLDER</c>: what the service runs in a sandbox to find the definitions in C# files.</summary>
internal static class CSharpSymbolsCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "Folder with C# files; those below it are not read." };
        var command = new Command(SymbolProgram.CSharpVerb, "Prints the definitions in C# files as ctags does, one JSON object a line. The service runs it in its sandbox.") { folder };
        command.SetAction(async (parsed, _) =>
        {
            await using var output = new StreamWriter(Console.OpenStandardOutput());
            await CSharpSymbols.PrintAsync(parsed.GetValue(folder)!, output);
            return 0;
        });
        return command;
    }
}
