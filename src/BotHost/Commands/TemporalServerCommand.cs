using System.CommandLine;
using System.Runtime.InteropServices;
using TemporalServer;

namespace CodingAgent.BotHost.Commands;

/// <summary>The verb <c>temporal-server</c>: the embedded server alone, for official command lines and SDKs.</summary>
public static class TemporalServerCommand
{
    /// <summary>Builds the verb.</summary>
    /// <returns>The command, to be added to the root.</returns>
    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "The loopback port; 0 takes a free one.", DefaultValueFactory = _ => 7233 };
        var database = new Option<string?>("--db") { Description = "The database file; without it nothing outlives the process." };
        var namespaces = new Option<string[]>("--namespace") { Description = "A namespace that exists; may be repeated.", DefaultValueFactory = _ => ["default"] };
        var skipping = new Option<bool>("--time-skipping") { Description = "Answers the test service, so that tests can have time skipped." };
        var command = new Command("temporal-server", "Runs the embedded Temporal-compatible server alone.") { port, database, namespaces, skipping };
        command.SetAction((result, cancellationToken) => RunAsync(
            new TemporalServerOptions
            {
                Port = result.GetValue(port),
                DatabasePath = result.GetValue(database),
                Namespaces = result.GetValue(namespaces) ?? ["default"],
                TimeSkipping = result.GetValue(skipping),
            },
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(TemporalServerOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
            {
                context.Cancel = true;
                stop.TrySetResult();
            });
            await using var cancelled = cancellationToken.Register(() => stop.TrySetResult());
            await using var server = await EmbeddedTemporalServer.StartAsync(options, cancellationToken);
            Console.WriteLine($"Temporal server listening on {server.Address}");
            await stop.Task;
            return 0;
        }
        catch (TemporalServerException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }
}
