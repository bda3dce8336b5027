using System.CommandLine;
using CodingAgent.BotHost.Commands;

var root = new RootCommand("Coding Agent") { TemporalServerCommand.Create() };
return await root.Parse(args).InvokeAsync();
