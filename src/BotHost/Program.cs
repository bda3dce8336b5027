using System.CommandLine;
using CodingAgent.BotHost.Commands;

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
};

// The library's default would end the process two seconds after SIGTERM; the host gives activities their grace and itself half a minute.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(45) });
