using CodingAgent.Agents.Models;
using CodingAgent.Agents.Runs;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.BotHost.Logging;
using CodingAgent.BotHost.Temporal;
using CodingAgent.BotHost.Web;
using CodingAgent.Mcp.Egress.Settings;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Toolchains;
using CodingAgent.Storage;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using Microsoft.Extensions.AI;
using Serilog;
using Serilog.Formatting.Display;
using Temporalio.Client;
using TemporalServer;

namespace CodingAgent.BotHost.Composition;

/// <summary>Wires ports to adapters for one process and runs it until it is told to stop.</summary>
internal static class ServiceHost
{
    /// <summary>Runs the service.</summary>
    /// <exception cref="ConfigurationException">A setting or this machine cannot work.</exception>
    /// <exception cref="StorageException">The database cannot be opened.</exception>
    /// <exception cref="TemporalServerException">The embedded server cannot start.</exception>
    public static async Task RunAsync(WebApplicationBuilder builder, HostSettings settings, CancellationToken cancellationToken)
    {
        var runsWorker = settings.Role != HostRole.Web;
        var runsWeb = settings.Role != HostRole.Worker;
        Directory.CreateDirectory(settings.DataDirectory);
        UseLogging(builder, settings);

        // Many programs are asked for their versions, and nothing needs the answers before the first task: it goes on beside the start.
        if (runsWorker)
            _ = Task.Run(() => HostToolchains.Installed(), CancellationToken.None);
        var sandboxOptions = new BubblewrapOptions { AllowUnlimitedMemory = settings.AllowUnlimitedMemory };
        var sandbox = runsWorker ? await new BubblewrapSandbox(sandboxOptions, TimeProvider.System).InspectAsync() : null;
        if (sandbox?.Problem is { } problem)
            throw new ConfigurationException(problem);
        using var engine = new DockerEngine(settings.Docker, TimeProvider.System);
        // Containers of an earlier life go now. Where no Engine is needed none is missed, and a task that wants one says what is wrong.
        if (runsWorker && File.Exists(settings.Docker.SocketPath))
            await engine.InspectAsync();

        using var database = await SqliteDatabase.OpenAsync(Path.Combine(settings.DataDirectory, "bot.db"), cancellationToken);
        var cipher = new PayloadCipher(StorageKeyFile.ReadOrCreate(Path.Combine(settings.DataDirectory, "storage.key")));
        await using var embedded = settings.TemporalAddress is null
            ? await EmbeddedTemporalServer.StartAsync(
                new TemporalServerOptions
                {
                    DatabasePath = Path.Combine(settings.DataDirectory, "temporal.db"),
                    Port = settings.TemporalPort,
                    Namespaces = [settings.TemporalNamespace],
                    ApiKey = settings.TemporalApiKey,
                    Retention = settings.TemporalRetention,
                    MaxDatabaseBytes = settings.TemporalMaxDatabaseBytes,
                },
                cancellationToken)
            : null;

        var services = builder.Services;
        services.AddTelemetry(builder.Configuration);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton(settings.Flow);
        services.AddEmbeddedStorage(database, cipher);
        services.AddForges(settings, runsWeb);
        services.AddSingleton(p => TemporalClients.Create(
            new TemporalClientConnectOptions(embedded?.Address ?? settings.TemporalAddress!)
            {
                Namespace = settings.TemporalNamespace,
                ApiKey = settings.TemporalApiKey,
                // The embedded server is plain on loopback, also where it asks for a key.
                Tls = embedded is null ? settings.TemporalTls : new TlsOptions { Disabled = true },
            },
            p.GetRequiredService<ILoggerFactory>()));
        if (sandbox is not null)
        {
            services.AddSingleton(sandbox);
            AddWorker(services, settings, sandboxOptions, engine);
        }

        if (runsWeb)
        {
            services.AddSingleton<ITaskGateway>(p => new TemporalTaskGateway(p.GetRequiredService<ITemporalClient>(), settings.Flow, settings.TemporalTaskQueue));
            services.AddInboxDispatcher(ServedForges.Map);
        }

        await using var app = builder.Build();
        if (runsWeb)
        {
            app.UseMetrics(new ApiKeyFilter(settings.ApiKey));
            app.MapForges();
            app.MapTaskApi(settings.ApiKey);
            app.MapHealth();
        }

        await app.RunAsync(cancellationToken);
    }

    private static void AddWorker(IServiceCollection services, HostSettings settings, BubblewrapOptions sandbox, DockerEngine engine)
    {
        services.AddSingleton(_ => new SandboxChoice(new BubblewrapSandbox(sandbox with { Toolchains = HostToolchains.Installed() }, TimeProvider.System), engine));
        services.AddSingleton(new DockerImageBuilder(engine));
        services.AddSingleton(new TrustedGit(new TrustedGitOptions { Root = Path.Combine(settings.DataDirectory, "git") }, TimeProvider.System));
        services.AddSingleton(new SetupLayersOptions
        {
            Root = Path.Combine(settings.DataDirectory, "layers"),
            Egress = settings.Egress,
            Settings = HostPackageSettings.OfThisHost(),
        });
        services.AddSingleton<SetupLayers>();
        services.AddSingleton(new CheckCache(Path.Combine(settings.DataDirectory, "checks"), TimeProvider.System));
        services.AddSingleton(_ => new ToolchainNames(HostToolchains.Programs(HostToolchains.Installed())) { Fingerprint = HostToolchains.Fingerprint(HostToolchains.Installed()) });
        services.AddSingleton<IChatClient>(new OpenAiChatClient(settings.OpenAi, TimeProvider.System));
        services.AddSingleton<Runner>();
        services.AddCodingAgentActivities();
        services.AddHostedService<WorkerService>();
    }

    private static void UseLogging(WebApplicationBuilder builder, HostSettings settings)
    {
        builder.Logging.ClearProviders();
        var format = new MessageTemplateTextFormatter("{Timestamp:yyyy-MM-ddTHH:mm:ss.fffZ} {Level:u3} {SourceContext} {Message:lj}{NewLine}{Exception}");
        var log = new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft.AspNetCore", Serilog.Events.LogEventLevel.Warning)
            .MinimumLevel.Override("Grpc", Serilog.Events.LogEventLevel.Warning)
            .MinimumLevel.Override("System.Net.Http", Serilog.Events.LogEventLevel.Warning)
            .WriteTo.Console(new RedactingFormatter(format, settings.Secrets))
            .CreateLogger();
        builder.Services.AddSerilog(log, dispose: true);
    }
}
