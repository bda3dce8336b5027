using System.CommandLine;
using CodingAgent.BotHost.Composition;
using CodingAgent.BotHost.Configuration;
using CodingAgent.Storage;
using TemporalServer;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent serve</c>: webhooks, REST, dispatcher and worker.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var command = new Command("serve", "Runs the service. Keys and secrets come from the environment: docs/guide/configuration.md.");
        (Option<string?> Option, string Key)[] options =
        [
            (new("--role") { Description = "all, web or worker." }, "Role"),
            (new("--urls") { Description = "Where web listens, e.g. http://127.0.0.1:8080." }, "Urls"),
            (new("--data") { Description = "Folder for databases, mirrors and workspaces." }, "DataDirectory"),
            (new("--temporal-address") { Description = "host:port of a Temporal cluster; without it the embedded server runs." }, "Temporal:Address"),
            (new("--temporal-port") { Description = "Loopback port of the embedded server; 0 takes a free one." }, "Temporal:Port"),
        ];
        foreach (var (option, _) in options)
            command.Add(option);

        command.SetAction((parsed, ct) => RunAsync(
            options.Select(o => KeyValuePair.Create(o.Key, parsed.GetValue(o.Option))).Where(o => o.Value is not null), ct));
        return command;
    }

    private static async Task<int> RunAsync(IEnumerable<KeyValuePair<string, string?>> overrides, CancellationToken cancellationToken)
    {
        try
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Configuration.AddInMemoryCollection(overrides);
            var settings = HostSettingsReader.Read(builder.Configuration);
            builder.WebHost.UseUrls(settings.Role == HostRole.Worker ? "http://127.0.0.1:0" : settings.Urls);
            await ServiceHost.RunAsync(builder, settings, cancellationToken);
            return 0;
        }
        catch (Exception e) when (e is ConfigurationException or StorageException or TemporalServerException)
        {
            await Console.Error.WriteLineAsync($"codingagent: {e.Message}");
            return 2;
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"codingagent: {e.Message} Choose another address with --urls.");
            return 2;
        }
    }
}
