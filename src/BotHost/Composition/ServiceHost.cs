using System.Diagnostics.Metrics;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Runs;
using CodingAgent.BotHost.Adapters;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Codec;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Diagnosis;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.BotHost.Housekeeping;
using CodingAgent.BotHost.Keys;
using CodingAgent.BotHost.Logging;
using CodingAgent.BotHost.Observability;
using CodingAgent.BotHost.Pages;
using CodingAgent.BotHost.Pages.Parts;
using CodingAgent.BotHost.Pages.SignIn;
using CodingAgent.BotHost.Temporal;
using CodingAgent.BotHost.ThirdParty;
using CodingAgent.BotHost.Web;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Coverage;
using CodingAgent.Mcp.Egress.Settings;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Pages;
using CodingAgent.Mcp.PublicApi;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.ThirdParty;
using CodingAgent.Mcp.Toolchains;
using CodingAgent.Storage;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Life;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Sweeps;
using Microsoft.Extensions.AI;
using Temporalio.Client;
using TemporalServer;

namespace CodingAgent.BotHost.Composition;

/// <summary>Wires ports to adapters for one process and runs it until it is told to stop.</summary>
internal static partial class ServiceHost
{
    /// <summary>Runs the service.</summary>
    /// <exception cref="ConfigurationException">A setting or this machine cannot work.</exception>
    /// <exception cref="StorageException">The database cannot be opened.</exception>
    /// <exception cref="TemporalServerException">The embedded server cannot start.</exception>
    /// <exception cref="ServiceFailedException">A part of it failed while it ran.</exception>
    public static async Task RunAsync(WebApplicationBuilder builder, HostSettings settings, CancellationToken cancellationToken)
    {
        var notes = DataFolder.Prepare(settings.DataDirectory);
        var keys = await StorageKeyring.ReadAsync(settings.StorageKeys, cancellationToken);
        var access = TemporalAccess.Of(settings);
        var records = RecordKeyring.Read(settings);
        var redaction = new Redaction([.. settings.Secrets, .. keys.Secrets, .. records.Secrets, .. access.ApiKey is { } key ? [key] : (string[])[]]);
        ServiceLog.Use(builder, settings.Log, redaction);

        using var database = await SqliteDatabase.OpenAsync(Path.Combine(settings.DataDirectory, "bot.db"), cancellationToken);
        await new SealedRows(database, keys.Cipher).RegisterAsync(cancellationToken);
        var services = builder.Services;
        // What it says of a start says nothing of this service; the lines of StartFacts do.
        services.Configure<ConsoleLifetimeOptions>(o => o.SuppressStatusMessages = true);
        services.AddSingleton(redaction);
        services.AddTelemetry(builder.Configuration, redaction);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton(settings.Web.PublicUrl is { } home ? settings.Flow with { PageOf = task => new Uri(home, Site.PathOf(task)) } : settings.Flow);
        services.AddSingleton(settings.Links);
        services.AddEmbeddedStorage(database, keys.Cipher);
        services.AddForges(settings);
        services.AddSingleton<IRecordKeys>(records.Keys);
        services.AddSingleton<ITaskLog>(p => new MaskedTaskLog(new TaskLog(database, keys.Cipher), redaction, p.GetRequiredService<ILogger<MaskedTaskLog>>()));
        services.AddSingleton<ITaskProjection>(p => new LoggedProjection(new TaskProjection(database), p.GetRequiredService<ITaskLog>(), redaction, p.GetRequiredService<ILogger<LoggedProjection>>()));
        services.AddSingleton(access);
        services.AddSingleton(_ => new DiskSpace(settings.Disk, settings.DataDirectory));
        services.AddSingleton<IRoomForWork>(p => p.GetRequiredService<DiskSpace>());
        services.AddSingleton(settings.Retention);
        services.AddSingleton<Retention>();
        services.AddSingleton(p => new Housekeeper(
            p.GetRequiredService<DiskSpace>(), p.GetRequiredService<Retention>(), settings.Retention, p.GetService<TrustedGit>(), TimeProvider.System, p.GetRequiredService<ILogger<Housekeeper>>()));
        services.AddSingleton<EmbeddedTemporal>();
        services.AddSingleton<WorkStart>();
        services.AddSingleton(p => new ServiceDiagnosis(
            () => Connections.OfService(p, settings),
            async ct => [.. await Connections.OfOutsideAsync(settings, p.GetRequiredService<ServedForges>(), p.GetService<IChatClient>(), ct), .. settings.TemporalAddress is null ? (Finding[])[] : [await Connections.OfTemporalAsync(settings, ct)]],
            TimeProvider.System));
        services.AddSingleton<StartDiagnosis>();
        services.AddSingleton(p => TemporalClients.Create(
            new TemporalClientConnectOptions(p.GetRequiredService<EmbeddedTemporal>().Address)
            {
                Namespace = settings.TemporalNamespace,
                ApiKey = access.ApiKey,
                Tls = access.Tls,
                DataConverter = SealedPayloads.Converter(keys.Cipher),
            },
            p.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<WorkerService>();
        if (settings.IsWorker || settings.IsApplier)
            AddWorker(services, settings);
        if (settings.IsWeb)
        {
            services.AddSingleton<ITaskGateway>(p => new TemporalTaskGateway(
                p.GetRequiredService<ITemporalClient>(), settings.Flow, settings.TemporalTaskQueue, records.Keys, p.GetRequiredService<DiskSpace>()));
            services.AddInboxDispatcher(d => SweptDelivery.Map(d) ?? ServedForges.Map(d), new RoutingOptions { Serves = settings.Served.Serves, AllowsBot = settings.Flow.AllowsBot });
            services.AddSweeps(settings);
            services.AddCodec(settings.CodecOrigins);
            services.AddSingleton(_ => new ApiKeys(database, TimeProvider.System));
            services.AddSingleton(settings.Api);
            services.AddApiAccess(settings.Api.Key);
            services.AddApiDocument();
            services.AddSingleton<WriteProbe>();
            services.AddSingleton<TaskMetrics>();
            services.AddSingleton(settings.Served);
            services.AddSingleton<TaskAdmission>();
            services.AddSingleton<TaskSteering>();
            services.AddSingleton<IRunHistory, TemporalRunHistory>();
            services.AddSingleton(_ => new SessionKeys(database, keys.Cipher));
            services.AddSingleton(settings.Dashboard);
            services.AddPages(SignInForge.Of(settings.GitHub, settings.GitLab), settings.Web.PublicUrl);
        }

        await using var app = builder.Build();
        var logger = app.Services.GetRequiredService<ILogger<WorkStart>>();
        foreach (var note in (string[])[.. notes, .. keys.Notes, .. records.Notes, .. access.Notes])
            LogNote(logger, note);
        if (settings.IsWeb && await app.Services.GetRequiredService<ApiAccess>().ProblemAsync(cancellationToken) is { } unreachable)
            LogNote(logger, unreachable);
        var work = app.Services.GetRequiredService<WorkStart>();
        if (settings.IsWeb)
        {
            app.UseStrangerLimits(settings.Web);
            app.UseStarting(() => work.IsDone);
            app.UseCors();
            app.UsePages();
            app.UseForgeSignIn();
            app.UseAuthentication();
            app.UseAuthorization();
            app.UseAntiforgery();
            app.MapMetrics();
            app.MapForges();
            app.MapTaskApi();
            app.MapApiDocument();
            app.MapCodec(settings.CodecOrigins);
            app.MapPages();
            app.MapHealth();
        }

        await app.StartAsync(cancellationToken);
        using var told = CancellationTokenSource.CreateLinkedTokenSource(app.Lifetime.ApplicationStopping, cancellationToken);
        try
        {
            await work.StartAsync(told.Token);
            await Task.Delay(Timeout.InfiniteTimeSpan, told.Token);
        }
        catch (OperationCanceledException) when (told.IsCancellationRequested)
        {
            // Told to stop; perhaps while it still started.
        }
        finally
        {
            await Task.WhenAll(app.StopAsync(CancellationToken.None), work.StopAsync());
        }

        if (work.Failure is { } failure)
            throw new ServiceFailedException($"The service ended by itself ({failure.GetType().Name}: {failure.Message}); what it had accepted is kept. Start it again, and report this if it comes back.", failure);
    }

    private static void AddWorker(IServiceCollection services, HostSettings settings)
    {
        services.AddSingleton(_ => new BubblewrapSandbox(
            new BubblewrapOptions { Toolchains = HostToolchains.Installed(), AllowUnlimitedMemory = settings.AllowUnlimitedMemory, Workspace = new DiskBounds(settings.WorkspaceBytes, settings.WorkspaceFiles) }, TimeProvider.System));
        services.AddSingleton(_ => new DockerEngine(settings.Docker, TimeProvider.System));
        services.AddSingleton(p => new SandboxChoice(p.GetRequiredService<BubblewrapSandbox>(), p.GetRequiredService<DockerEngine>()));
        services.AddSingleton<DockerImageBuilder>();
        services.AddSingleton(_ => new TrustedGit(
            new TrustedGitOptions
            {
                Root = Path.Combine(settings.DataDirectory, "git"),
                AllowedRanges = settings.Egress.AllowedRanges,
                MaxSnapshotFiles = settings.SnapshotFiles,
                MaxSnapshotBytes = settings.SnapshotBytes,
                Signing = settings.IsApplier ? settings.Signing : null,
            },
            TimeProvider.System));
        services.AddSingleton(p => new CodeSearcher(
            p.GetRequiredService<TrustedGit>(), p.GetRequiredService<BubblewrapSandbox>(), Path.Combine(settings.DataDirectory, "scratch"), TimeProvider.System, SymbolProgram.OfThisProgram(typeof(ServiceHost).Assembly))
        {
            Embeddings = settings.Embeddings is { } embeddings
                ? new CodeEmbeddings(new OpenAiEmbeddings(settings.OpenAi, TimeProvider.System, logger: p.GetRequiredService<ILogger<OpenAiEmbeddings>>()), embeddings.Model)
                {
                    Dimensions = embeddings.Dimensions,
                    MostChunks = embeddings.MaxChunks,
                    HoldsSecret = text => SecretShapes.Find(text) is not null,
                }
                : null,
        });
        services.AddSingleton(_ => new SurveyPrograms(SymbolProgram.OfThisProgram(typeof(ServiceHost).Assembly, CoverageProgram.Verb), SymbolProgram.OfThisProgram(typeof(ServiceHost).Assembly, PublicApiProgram.Verb)));
        services.AddSingleton(_ => new SetupLayersOptions
        {
            Root = Path.Combine(settings.DataDirectory, "layers"),
            Egress = settings.Egress,
            Settings = HostPackageSettings.OfThisHost(),
            Secrets = settings.SetupSecrets,
        });
        services.AddSingleton<SetupLayers>();
        if (settings.Mcp.Servers.Count > 0)
        {
            services.AddSingleton(p => ThirdPartyAudit.Servers(settings.Mcp, settings.DataDirectory, settings.Egress, p.GetRequiredService<BubblewrapSandbox>(), TimeProvider.System, p.GetRequiredService<ILogger<ThirdPartyServers>>()));
            services.AddSingleton(p => new ThirdPartyAudit(p.GetRequiredService<ThirdPartyServers>(), settings.Flow.Advisories));
            if (settings.Mcp.AuditEvery is { } every)
                services.AddSingleton(p => new AuditSchedule(p.GetRequiredService<ThirdPartyAudit>(), every, p.GetRequiredService<IMeterFactory>(), TimeProvider.System, p.GetRequiredService<ILogger<AuditSchedule>>()));
        }

        services.AddSingleton(p => new OutsideTools(
            settings.PageHosts.Count > 0 ? new PageReader(new PageReaderOptions(settings.PageHosts, settings.Egress), TimeProvider.System) : null, p.GetService<ThirdPartyServers>()));
        services.AddSingleton(_ => new CheckCache(Path.Combine(settings.DataDirectory, "checks"), TimeProvider.System));
        services.AddSingleton(_ => new ToolchainNames(HostToolchains.Programs(HostToolchains.Installed())) { Fingerprint = HostToolchains.Fingerprint(HostToolchains.Installed()) });
        services.AddSingleton<IChatClient>(s => new OpenAiChatClient(settings.OpenAi, TimeProvider.System, logger: s.GetRequiredService<ILogger<OpenAiChatClient>>()));
        services.AddSingleton<Runner>();
        services.AddCodingAgentActivities();
    }

    [LoggerMessage(EventId = 110, Level = LogLevel.Warning, Message = "{Note}")]
    private static partial void LogNote(ILogger logger, string note);
}

/// <summary>The running service failed as nobody foresaw; the message says it in one line.</summary>
internal sealed class ServiceFailedException(string message, Exception inner) : Exception(message, inner);
