using System.CommandLine;
using System.Net.Sockets;
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
        var options = new ServiceOptions(command);
        command.SetAction((parsed, ct) => RunAsync(() => options.NewBuilder(parsed), ct));
        return command;
    }

    private static async Task<int> RunAsync(Func<WebApplicationBuilder> newBuilder, CancellationToken cancellationToken)
    {
        try
        {
            var builder = newBuilder();
            var settings = HostSettingsReader.Read(builder.Configuration);
            builder.WebHost.UseUrls(settings.Role == HostRole.Worker ? "http://127.0.0.1:0" : settings.Urls);
            await ServiceHost.RunAsync(builder, settings, cancellationToken);
            return 0;
        }
        catch (Exception e) when (e is ConfigurationException or StorageException or TemporalServerException)
        {
            return await FailAsync(e.Message);
        }
        catch (ServiceFailedException e)
        {
            await FailAsync(e.Message);
            return 1;
        }
        catch (Exception e) when (e is SocketException || (e is IOException && e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException))
        {
            return await FailAsync($"{e.Message} Choose another address with --urls.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // Files: an unreadable appsettings.json, a data folder that cannot be written.
            return await FailAsync($"{e.Message} Check appsettings.json and the data folder (--data); 'codingagent doctor' looks at both.");
        }
    }

    private static async Task<int> FailAsync(string message)
    {
        await Console.Error.WriteLineAsync($"codingagent: {message.ReplaceLineEndings(" ")}");
        return 2;
    }
}
