using System.CommandLine;
using System.Net;
using System.Runtime.InteropServices;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Temporal;
using CodingAgent.Mcp.Files;
using CodingAgent.Storage;
using TemporalServer;

namespace CodingAgent.BotHost.Commands;

/// <summary>The verb <c>temporal-server</c>: the embedded server alone, for official command lines and SDKs.</summary>
public static class TemporalServerCommand
{
    // Of options every user of the machine can read the words; a secret comes from the environment.
    private const string KeyVariable = "Temporal__ApiKey";

    private static readonly Option<string> Listen = new("--listen")
    {
        Description = $"The IP address to listen on; any but loopback needs the environment variable {KeyVariable}.",
        DefaultValueFactory = _ => "127.0.0.1",
    };

    private static readonly Option<int> Port = new("--port") { Description = "The port; 0 takes a free one.", DefaultValueFactory = _ => 7233 };
    private static readonly Option<string?> Database = new("--db") { Description = "The database file; without it nothing outlives the process." };
    private static readonly Option<string?> Retention = new("--retention") { Description = "How long closed workflows are kept, e.g. 7d or 72h; none keeps them. Default 7d." };
    private static readonly Option<string?> MaxSize = new("--max-db-size")
    {
        Description = "How large the database may grow, e.g. 512MB or 4GB; beyond it the oldest closed workflows go, then new ones are refused.",
    };

    private static readonly Option<bool> Unauthenticated = new("--allow-unauthenticated")
    {
        Description = "Ask for no key: whoever reaches the port owns the server, on loopback every user of this machine.",
    };

    private static readonly Option<string?> KeyFile = new("--key-file")
    {
        Description = $"File of the key callers send, made when missing. Default: {TemporalAccess.KeyFile} beside the database. {KeyVariable} goes before it.",
    };

    private static readonly Option<bool> Skipping = new("--time-skipping") { Description = "Answers the test service, so that tests can have time skipped." };
    private static readonly Option<string[]> Namespaces = new("--namespace") { Description = "A namespace that exists; may be repeated.", DefaultValueFactory = _ => ["default"] };

    /// <summary>Builds the verb.</summary>
    /// <returns>The command, to be added to the root.</returns>
    public static Command Create()
    {
        var command = new Command("temporal-server", "Runs the embedded Temporal-compatible server alone.")
        {
            Listen, Port, Database, Namespaces, Retention, MaxSize, KeyFile, Unauthenticated, Skipping,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static TemporalServerOptions Read(ParseResult parsed)
    {
        var isOpen = parsed.GetValue(Unauthenticated);
        var key = Environment.GetEnvironmentVariable(KeyVariable);
        if (isOpen && (key is not null || parsed.GetValue(KeyFile) is not null))
            throw new ConfigurationException($"--allow-unauthenticated asks for no key, but {(key is null ? "--key-file" : KeyVariable)} names one; remove one or the other.");
        var listen = parsed.GetValue(Listen)!;
        var port = parsed.GetValue(Port);
        return new TemporalServerOptions
        {
            ListenAddress = IPAddress.TryParse(listen, out var address) ? address : throw new ConfigurationException($"--listen is '{listen}'; write an IP address, e.g. 127.0.0.1 or 0.0.0.0."),
            Port = port is >= 0 and <= ushort.MaxValue ? port : throw new ConfigurationException($"--port is {port}; write a port number, or 0 for any free one."),
            ApiKey = key,
            AllowUnauthenticated = isOpen,
            DatabasePath = parsed.GetValue(Database),
            Namespaces = parsed.GetValue(Namespaces) ?? ["default"],
            TimeSkipping = parsed.GetValue(Skipping),

            // Its guests are other SDKs' workers, and people stop servers before workers.
            CompletesPollsOnShutdown = false,
            Retention = Quantities.Retention("--retention", parsed.GetValue(Retention), TimeSpan.FromDays(7)),
            MaxDatabaseBytes = Quantities.Size("--max-db-size", parsed.GetValue(MaxSize)),
        };
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            PrivateFiles.RestrictNewFiles();
            var options = Read(parsed);
            using var made = new TemporaryFolder();
            // Beyond loopback nobody finds a file of this machine: there a key is given, not made.
            var keyFile = options is { ApiKey: null, AllowUnauthenticated: false } && (IPAddress.IsLoopback(options.ListenAddress) || parsed.GetValue(KeyFile) is not null)
                ? KeyPathOf(parsed, made) : null;
            if (keyFile is not null)
                options = options with { ApiKey = ReadKey(keyFile) };
            var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
            {
                context.Cancel = true;
                stop.TrySetResult();
            });
            await using var cancelled = cancellationToken.Register(() => stop.TrySetResult());
            await using var server = await EmbeddedTemporalServer.StartAsync(options, cancellationToken);
            if (keyFile is not null)
                Console.WriteLine($"API key in {Path.GetFullPath(keyFile)}: callers send it as 'authorization: Bearer KEY'");
            Console.WriteLine($"Temporal server listening on {server.Address}");
            await stop.Task;
            return 0;
        }
        catch (Exception e) when (e is ConfigurationException or TemporalServerException or StorageException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"codingagent: {e.Message.ReplaceLineEndings(" ")}");
            return 2;
        }
    }

    private static string KeyPathOf(ParseResult parsed, TemporaryFolder made) =>
        parsed.GetValue(KeyFile)
        ?? Path.Combine(parsed.GetValue(Database) is { } database ? Path.GetDirectoryName(Path.GetFullPath(database))! : made.Path, TemporalAccess.KeyFile);

    private static string ReadKey(string path)
    {
        var (key, note) = TemporalAccess.ReadKey(path);
        if (note is not null)
            Console.Error.WriteLine($"codingagent: {note}");
        return key;
    }

    // Where a server without a database keeps its key: gone with it.
    private sealed class TemporaryFolder : IDisposable
    {
        private string? _path;

        public string Path => _path ??= Directory.CreateTempSubdirectory("temporal-server-").FullName;

        public void Dispose()
        {
            if (_path is not null)
                Directory.Delete(_path, recursive: true);
        }
    }
}
