using System.CommandLine;
using System.CommandLine.Invocation;
using CodingAgent.BotHost.Commands;

Terminal.KeepPlain();
var root = new RootCommand("Coding Agent: a labelled issue becomes a planned, tested, reviewed pull request.")
{
    ServeCommand.Create(),
    TaskCommand.Create(),
    McpCommand.Create(),
    CSharpSymbolsCommand.Create(),
    PublicApiCommand.Create(),
    CoverageReportCommand.Create(),
    DoctorCommand.Create(),
    SetupCommand.Create(),
    KeyCommand.Create(),
    KeysCommand.Create(),
    TemporalServerCommand.Create(),
    CompletionCommand.Create(),
};

// The library's default would end the process two seconds after SIGTERM; the host gives activities their grace and itself half a minute.
var parsed = root.Parse(args);
var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(45) });
// A mistyped command is no refusal of what was asked.
return parsed.Action is ParseErrorAction ? ExitCodes.Usage : exitCode;
