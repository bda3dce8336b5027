using CodingAgent.BotHost.Adapters;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.BotHost.Tests.Dispatch;
using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using FakeForge = CodingAgent.Workflows.Tests.Routing.FakeForge;

namespace CodingAgent.BotHost.Tests.Web;

/// <summary>What stands behind the webhooks of both forges: the real inbox, dispatcher and routing before a forge and tasks in memory.</summary>
internal sealed class DeliveryWorld : IAsyncDisposable
{
    public const string Secret = "a word between the two";

    public static readonly Actor Mona = new("mona", 1, ActorKind.User);
    public static readonly Actor Tri = new("tri", 2, ActorKind.User);

    private readonly string _folder;
    private readonly SqliteDatabase _database;

    private DeliveryWorld(string folder, SqliteDatabase database, TimeProvider time, DeliveryMapper map)
    {
        (_folder, _database, Time) = (folder, database, time);
        Inbox = new Inbox(database, new PayloadCipher(new byte[PayloadCipher.KeySize]));
        Links = new LinkStore(database);
        Bell = new InboxBell(time);
        Forge.Access["mona"] = AccessLevel.Write;
        Forge.Access["tri"] = AccessLevel.Triage;
        Dispatcher = new InboxDispatcher(
            Inbox,
            map,
            new RoutingFactsLoader(
                Forge, Forge, Forge, new ReadBack(Forge, Forge, Forge), new SubjectReader(Forge, Forge, Forge), new StatementLog(database), Links, new TaskProjection(database),
                new RoutingOptions { Serves = repo => repo == RepoOf(repo.Forge) }),
            new ActionRunner(Gateway, Forge, Links, NullLogger<ActionRunner>.Instance),
            Options,
            time,
            NullLogger<InboxDispatcher>.Instance);
    }

    public TimeProvider Time { get; }

    public Inbox Inbox { get; }

    public InboxBell Bell { get; }

    public LinkStore Links { get; }

    public FakeForge Forge { get; } = new();

    public FakeTaskGateway Gateway { get; } = new();

    public InboxDispatcher Dispatcher { get; }

    // What is not on record is asked for twice.
    public DispatcherOptions Options { get; } = new() { RecordPatience = TimeSpan.FromSeconds(1) };

    public static RepoRef RepoOf(ForgeKind kind) => new(kind, "octo", "hello");

    public static async Task<DeliveryWorld> OpenAsync(TimeProvider time, DeliveryMapper? map = null)
    {
        // Nothing here is about what a disk keeps.
        var folder = Directory.Exists("/dev/shm")
            ? Directory.CreateDirectory(Path.Combine("/dev/shm", $"webhook-tests-{Guid.NewGuid():N}")).FullName
            : Directory.CreateTempSubdirectory("webhook-tests-").FullName;
        return new DeliveryWorld(folder, await SqliteDatabase.OpenAsync(Path.Combine(folder, "state.db"), default), time, map ?? ServedForges.Map);
    }

    /// <summary>There is an issue, a pull request of it when one is named, and a task that owns both.</summary>
    public async Task OwnAsync(ForgeKind kind, int issue, int? pull = null)
    {
        var (repo, task, at) = (RepoOf(kind), TaskId.ForIssue(RepoOf(kind), issue), Time.GetUtcNow());
        Forge.Open(repo, issue, isPull: false);
        if (pull is { } number)
        {
            Forge.Open(repo, number, isPull: true);
            Forge.AddPull(repo, number, "agent/x", FakeForge.Bot);
        }

        await Gateway.StartAsync(
            new CodingTaskInput(task, repo, TaskKind.Implement, issue, null, Mona, $"began-{issue}", at), new CodingTaskSignal.CommandGiven($"began-{issue}", "mona", at, new Workflows.Commands.AgentCommand.Implement(), null), default);
        await Links.LinkAsync(task, repo, issue, pull, pull is null ? null : $"headsha{pull}", default);
    }

    /// <summary>How many deliveries the inbox has ever taken.</summary>
    public async Task<long> CountAsync()
    {
        await using var connection = _database.OpenReader();
        return await connection.ExecuteScalarAsync<long>("SELECT COALESCE(MAX(seq), 0) FROM inbox");
    }

    /// <summary>What came of the deliveries behind the first so many; null for what is pending.</summary>
    public async Task<IReadOnlyList<(string Id, string Event, string? Outcome)>> OutcomesAsync(long after)
    {
        await using var connection = _database.OpenReader();
        return [.. await connection.QueryAsync<(string, string, string?)>("SELECT id, event_name, outcome FROM inbox WHERE seq > @after", new { after })];
    }

    public ValueTask DisposeAsync()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
