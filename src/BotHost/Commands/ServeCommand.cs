using System.CommandLine;
using System.Net.Sockets;
using CodingAgent.BotHost.Composition;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Logging;
using CodingAgent.BotHost.Setup;
using CodingAgent.Storage;
using Microsoft.AspNetCore.Connections;
using TemporalServer;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent serve</c>: webhooks, REST, dispatcher and worker.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var command = new Command("serve", "Runs the service. Keys and secrets come from the environment: docs/guide/configuration.md.");
        var options = new ServiceOptions(command);
        command.SetAction((parsed, ct) => RunAsync(() => options.NewBuilder(parsed), ct));
        return command;
    }

    private static async Task<int> RunAsync(Func<WebApplicationBuilder> newBuilder, CancellationToken cancellationToken)
    {
        WebApplicationBuilder? builder = null;
        try
        {
            builder = newBuilder();
            await StoredApp.AddToAsync(builder.Configuration, cancellationToken);
            var settings = HostSettingsReader.Read(builder.Configuration);
            builder.WebHost.UseUrls(settings.IsWeb ? settings.Urls : "http://127.0.0.1:0");
            await ServiceHost.RunAsync(builder, settings, cancellationToken);
            return 0;
        }
        catch (Exception e) when (WordsOf(e) is { } words)
        {
            // What is told may repeat what was set, and what was set may be a secret in the wrong place.
            await Console.Error.WriteLineAsync($"codingagent: {ConfiguredSecrets.Of(builder?.Configuration, null).Apply(words).ReplaceLineEndings(" ")}");
            return e is ServiceFailedException ? 1 : 2;
        }
    }

    // One line of what an operator can mend; null for what nobody foresaw, whose trace is wanted.
    private static string? WordsOf(Exception e) => e switch
    {
        ConfigurationException or StorageException or TemporalServerException or ServiceFailedException => e.Message,
        IOException { InnerException: AddressInUseException } =>
            $"{e.Message} Another service, or another copy of this one, listens there: stop it, or choose another address with --urls (Urls).",
        SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            $"The address of --urls (Urls) may not be listened on by this user ({e.Message}): choose a port from 1024 on with a proxy in front, or allow it (setcap cap_net_bind_service).",
        SocketException => $"The address of --urls (Urls) cannot be listened on ({e.Message}): name one of this machine's own, e.g. http://127.0.0.1:8080.",
        InvalidDataException or FormatException => $"{e.Message} {e.InnerException?.Message} Mend appsettings.json in the working directory.",
        IOException or UnauthorizedAccessException => $"{e.Message} Check the data folder (--data) and appsettings.json; 'codingagent doctor' looks at both.",
        _ => null,
    };
}
