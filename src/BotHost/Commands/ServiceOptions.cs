using System.CommandLine;

namespace CodingAgent.BotHost.Commands;

/// <summary>The options that stand for configuration keys: <c>serve</c> runs with them, <c>doctor</c> looks at them.</summary>
internal sealed class ServiceOptions
{
    private readonly (Option<string?> Option, string Key)[] _options =
    [
        (new("--role") { Description = "all, or one or more of web, worker and apply with commas between." }, "Role"),
        (new("--urls") { Description = "Where web listens, e.g. http://127.0.0.1:8080." }, "Urls"),
        (new("--data") { Description = "Folder for databases, mirrors and workspaces." }, "DataDirectory"),
        (new("--temporal-address") { Description = "host:port of a Temporal cluster; without it the embedded server runs." }, "Temporal:Address"),
        (new("--temporal-port") { Description = "Loopback port of the embedded server; 0 takes a free one." }, "Temporal:Port"),
    ];

    public ServiceOptions(Command command)
    {
        foreach (var (option, _) in _options)
            command.Add(option);
    }

    /// <summary>A builder whose configuration is appsettings.json, then the environment, then these options.</summary>
    /// <exception cref="InvalidDataException">appsettings.json is not JSON.</exception>
    public WebApplicationBuilder NewBuilder(ParseResult parsed)
    {
        // Settings are read once. Watching their file would watch the whole folder it lies in, each write of a database in there included.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        builder.Configuration.AddInMemoryCollection(
            _options.Select(o => KeyValuePair.Create(o.Key, parsed.GetValue(o.Option))).Where(o => o.Value is not null));
        return builder;
    }
}
