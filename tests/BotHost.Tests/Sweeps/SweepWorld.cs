using CodingAgent.BotHost.Adapters;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.Forges;
using CodingAgent.Forges.Webhooks;
using CodingAgent.Playground.LocalForge;
using CodingAgent.Playground.LocalForge.Hooks;
using CodingAgent.Storage;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Sweeps;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Temporalio.Testing;

namespace CodingAgent.BotHost.Tests.Sweeps;

/// <summary>
/// A forge of real HTTP, the real adapter, inbox, dispatcher and sweep, tasks in memory, one clock; and a wire between forge and inbox that loses, holds back,
/// repeats and turns round what it carries.
/// </summary>
internal sealed class SweepWorld : IAsyncDisposable
{
    private readonly string[] _folders;
    private readonly HttpClient _http = new();
    private readonly WebApplication _receiver;
    private readonly LocalForgeServer _server;
    private readonly SqliteDatabase _database;
    private readonly IForge _forge;
    private readonly IForgeWebhook _webhook;
    private readonly RoutingOptions _routing = new();
    private InboxDispatcher _dispatcher = null!;
    private int _sweeps;

    private SweepWorld(ForgeKind kind, WebApplication receiver, LocalForgeServer server, SqliteDatabase database, FakeTimeProvider time, string[] folders)
    {
        _folders = folders;
        (Kind, _receiver, _server, _database, Time) = (kind, receiver, server, database, time);
        Face = ForgeFace.Of(kind, server, _http);
        (_forge, _webhook) = (Face.NewForge(time), Face.Webhook);
        Inbox = new Inbox(database, new PayloadCipher(new byte[PayloadCipher.KeySize]));
        Links = new LinkStore(database);
        Tasks = new TaskProjection(database);
        Statements = new StatementLog(database);
        Gateway = new TasksInMemory(_forge, Tasks, Links, time);
        RestartDispatcher();
    }

    public ForgeKind Kind { get; }

    public RepoRef Repo => new(Kind, "acme", "shop");

    public FakeTimeProvider Time { get; }

    public ForgeFace Face { get; }

    public IForge Forge => _forge;

    public Inbox Inbox { get; }

    public LinkStore Links { get; }

    public TaskProjection Tasks { get; }

    public StatementLog Statements { get; }

    public TasksInMemory Gateway { get; }

    public IReadOnlyList<WebhookDelivery> Deliveries => _server.Deliveries;

    /// <summary>What came and has not been let through yet.</summary>
    public List<(Dictionary<string, string> Headers, byte[] Body)> Held { get; } = [];

    /// <summary>Whether the next delivery finds nobody.</summary>
    public Func<bool> Loses { get; set; } = () => false;

    public static async Task<SweepWorld> OpenAsync(ForgeKind kind, bool isSwept = true)
    {
        var folder = Directory.CreateTempSubdirectory("sweep-tests-").FullName;
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-11-22T10:00:00Z"));
        var server = await LocalForgeServer.StartAsync(
            new LocalForgeOptions { DataDirectory = Path.Combine(folder, "forge"), RunsCi = false, GivesUpWebhooks = true, TimeProvider = time }, CancellationToken.None);
        foreach (var login in new[] { "acme", "ada", "bot", "tri" })
            server.CreateUser(login, "token-" + login);
        var seed = Directory.CreateDirectory(Path.Combine(folder, "seed")).FullName;
        await File.WriteAllTextAsync(Path.Combine(seed, "README.md"), "# Shop\n");
        await server.CreateRepositoryAsync("acme", "shop", seed);
        foreach (var (login, access, level) in new[] { ("ada", RepoAccess.Write, 30), ("bot", RepoAccess.Admin, 40), ("tri", RepoAccess.Triage, 20) })
        {
            server.SetAccess("acme", "shop", login, access);
            server.SetAccessLevel("acme", "shop", login, level);
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        // Nothing here is about what a disk keeps, and each word waits for one.
        var memory = Directory.Exists("/dev/shm") ? Path.Combine("/dev/shm", Path.GetFileName(folder)) : Path.Combine(folder, "database");
        Directory.CreateDirectory(memory);
        var database = await SqliteDatabase.OpenAsync(Path.Combine(memory, "state.db"), default);
        var world = new SweepWorld(kind, builder.Build(), server, database, time, [folder, memory]);
        await world.StartAsync(isSwept);
        return world;
    }

    private async Task StartAsync(bool isSwept)
    {
        _receiver.MapPost(_webhook.Path, async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            if (Loses())
                return Results.StatusCode(503);
            lock (Held)
                Held.Add((request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
            return Results.Accepted();
        });
        await _receiver.StartAsync();
        var work = Directory.CreateDirectory(Path.Combine(_folders[0], "work")).FullName;
        await GitAsync("clone", "--quiet", _server.BaseUrl.Replace("://", "://bot:token-bot@", StringComparison.Ordinal) + "/acme/shop.git", work);
        await Links.NameAsync(Repo, (await Forge.GetRepositoryAsync(Repo, default)).Id, default);
        Face.Send(new Uri(_receiver.Urls.First() + _webhook.Path));
        // The first sweep takes note from when on.
        if (isSwept)
            await SweepAsync();
    }

    /// <summary>New issues, and the branches of what will be done about them, each a commit ahead.</summary>
    public async Task<IReadOnlyList<Subject>> OpenIssuesAsync(int count)
    {
        var issues = new List<Subject>();
        var branches = new List<string>();
        for (var i = 0; i < count; i++)
        {
            issues.Add(Subject.Issue(await Face.OpenIssueAsync("tri", "To do")));
            branches.Add($"coding-agent/issue-{issues[^1].Number}-x");
            await GitAsync("checkout", "--quiet", "-b", branches[^1], "origin/main");
            await GitAsync("-c", "user.name=bot", "-c", "user.email=bot@example.org", "commit", "--quiet", "--allow-empty", "-m", $"The change on {branches[^1]}");
        }

        await GitAsync(["push", "--quiet", "origin", .. branches]);
        return issues;
    }

    /// <summary>The process of the dispatcher dies, and another takes over.</summary>
    public void RestartDispatcher()
    {
        var loader = new RoutingFactsLoader(
            _forge, _forge, _forge, new ReadBack(_forge, _forge, _forge), new SubjectReader(_forge, _forge, _forge), Statements, Links, Tasks, _routing);
        _dispatcher = new InboxDispatcher(
            Inbox, d => SweptDelivery.Map(d) ?? ServedForges.Map(d), loader, new ActionRunner(Gateway, _forge, Links, NullLogger<ActionRunner>.Instance), new DispatcherOptions { Parallelism = 1 }, Time,
            NullLogger<InboxDispatcher>.Instance);
    }

    public Task DrainAsync() => _dispatcher.DrainAsync(default);

    /// <summary>Waits until the forge has tried all it has to deliver.</summary>
    public async Task SettleAsync()
    {
        for (var tries = 0; _server.Deliveries.Any(d => d.Attempts == 0); tries++)
        {
            tries.ShouldBeLessThan(2_000, "deliveries are not sent");
            await Task.Delay(5);
        }
    }

    /// <summary>Lets one that was held back through.</summary>
    public async Task ReleaseAsync(int index, bool isKept)
    {
        (Dictionary<string, string> Headers, byte[] Body) held;
        lock (Held)
        {
            held = Held[index];
            if (!isKept)
                Held.RemoveAt(index);
        }

        if (_webhook.Receive(name => held.Headers.GetValueOrDefault(name), held.Body, Time.GetUtcNow()) is WebhookReceipt.Accepted accepted)
            await Inbox.AddAsync(new InboxDelivery(accepted.DeliveryId, Kind, accepted.EventName, held.Body, Time.GetUtcNow()), default);
    }

    /// <summary>Somebody presses "redeliver" on the forge's page.</summary>
    public async Task RedeliverAsync(WebhookDelivery delivery)
    {
        _server.Redeliver(delivery.Id).ShouldBeTrue();
        for (var tries = 0; _server.Deliveries.Single(d => d.Id == delivery.Id).Attempts == delivery.Attempts; tries++)
        {
            tries.ShouldBeLessThan(2_000, "it is not sent again");
            await Task.Delay(5);
        }
    }

    /// <summary>One sweep, as the workflow runs it.</summary>
    public async Task<SweepReport> SweepAsync()
    {
        var activities = NewActivities(_forge);
        var environment = new ActivityEnvironment();
        var sweep = $"s{++_sweeps}";
        var attempts = _server.Deliveries.Sum(d => d.Attempts);
        var report = await environment.RunAsync(activities.RedeliverAsync);
        for (var tries = 0; _server.Deliveries.Sum(d => d.Attempts) < attempts + report.Redelivered; tries++)
        {
            tries.ShouldBeLessThan(2_000, "what was asked for is not sent again");
            await Task.Delay(5);
        }

        foreach (var repo in await environment.RunAsync(activities.ListRepositoriesAsync))
            report += await environment.RunAsync(() => activities.SweepRepositoryAsync(repo, sweep));
        return report + await environment.RunAsync(() => activities.SweepTasksAsync(sweep));
    }

    /// <summary>The last step of a sweep alone.</summary>
    public async Task<SweepReport> SweepTasksAsync(bool withRevokedToken = false)
    {
        var forge = withRevokedToken ? Face.NewForge(Time, "revoked") : _forge;
        try
        {
            return await new ActivityEnvironment().RunAsync(() => NewActivities(forge).SweepTasksAsync($"s{++_sweeps}"));
        }
        finally
        {
            if (withRevokedToken)
                (forge as IDisposable)?.Dispose();
        }
    }

    private SweepActivities NewActivities(IForge forge) => new(
        forge, [.. new[] { forge }.OfType<IForgeDeliveries>()], Inbox, Links, Tasks, Gateway, new SweepMarks(_database), _routing,
        new SweepSettings([], new Dictionary<ForgeKind, string> { [Kind] = _webhook.Path }), Time, NullLogger<SweepActivities>.Instance);

    /// <summary>What came of every delivery, for whoever reads why a story failed.</summary>
    public async Task<string> OutcomesAsync()
    {
        await using var reader = _database.OpenReader();
        return string.Join('\n', (await reader.QueryAsync<(string Id, string Name, string? Outcome)>("SELECT id, event_name, outcome FROM inbox ORDER BY seq")).Select(d => $"{d.Id} {d.Name}: {d.Outcome}"));
    }

    public async ValueTask DisposeAsync()
    {
        (_forge as IDisposable)?.Dispose();
        _http.Dispose();
        await _server.DisposeAsync();
        await _receiver.DisposeAsync();
        _database.Dispose();
        foreach (var folder in _folders.Where(Directory.Exists))
            Directory.Delete(folder, recursive: true);
    }

    private async Task GitAsync(params string[] arguments)
    {
        var info = new System.Diagnostics.ProcessStartInfo("git", arguments) { WorkingDirectory = Path.Combine(_folders[0], "work"), RedirectStandardError = true, UseShellExecute = false };
        info.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        using var process = System.Diagnostics.Process.Start(info)!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, error);
    }
}
