using System.CommandLine;
using CodingAgent.BotHost.Commands;

var root = new RootCommand("Coding Agent: a labelled issue becomes a planned, tested, reviewed pull request.")
{
    ServeCommand.Create(),
    TaskCommand.Create(),
    McpCommand.Create(),
    DoctorCommand.Create(),
    TemporalServerCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
