using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Storage;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Routing;

/// <summary>Speaks the domain: who does what where, and what the router makes of it.</summary>
public sealed class RoutingWorld : IDisposable
{
    public static readonly RepoRef Repo = RepoRef.Parse("github:octo/hello");
    public static readonly RepoRef Fork = RepoRef.Parse("github:mallory/hello");
    public static readonly Actor Mona = new("mona", 1, ActorKind.User);
    public static readonly Actor Reader = new("reader", 2, ActorKind.User);
    public static readonly Actor Robot = new("robot[bot]", 3, ActorKind.Bot);
    public static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-11-22T10:00:00Z");

    private readonly string _folder = Directory.CreateTempSubdirectory("routing-tests-").FullName;
    private readonly SqliteDatabase _database;
    private int _deliveries;

    public RoutingWorld()
    {
        _database = SqliteDatabase.OpenAsync(Path.Combine(_folder, "state.db"), default).GetAwaiter().GetResult();
        Links = new LinkStore(_database);
        Tasks = new TaskProjection(_database);
        Forge.Access["mona"] = AccessLevel.Write;
        Forge.Access["reader"] = AccessLevel.Triage;
        Forge.Access["robot[bot]"] = AccessLevel.Write;
        Forge.Access[FakeForge.Bot.Login] = AccessLevel.Admin;
    }

    public FakeForge Forge { get; } = new();

    public LinkStore Links { get; }

    public TaskProjection Tasks { get; }

    public RoutingOptions Options { get; set; } = new();

    public string LastDelivery => $"d{_deliveries}";

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A task that owns issue 12 and pull request 34 with head "headsha".</summary>
    public async Task<TaskId> OwnTaskAsync(TaskState? state = null, string startedBy = "")
    {
        var id = TaskId.ForIssue(Repo, 12);
        await Links.LinkAsync(id, Repo, 12, 34, "headsha", default);
        Forge.AddPull(Repo, 34, "coding-agent/issue-12", FakeForge.Bot, TaskReference.Write(id));
        if (state is { } known)
        {
            await Tasks.UpsertAsync(
                new TaskSummary(id, 1, "run", TaskKind.Implement, known, "step", "the reason", "title", "mona", 12, 34, "coding-agent/issue-12", "headsha", 0, 0, 0, Now, Now) { StartedBy = startedBy },
                default);
        }

        return id;
    }

    public Task<IReadOnlyList<BotAction>> CommentAsync(Actor who, int number, bool isPull, string body) =>
        DecideAsync(id => new ForgeEvent.Commented(id, Repo, who, number, isPull, 99, body, Now.AddSeconds(-5)));

    public Task<IReadOnlyList<BotAction>> LabelAsync(Actor who, int number, bool isPull, string label) =>
        DecideAsync(id => new ForgeEvent.Labeled(id, Repo, who, number, isPull, label));

    public Task<IReadOnlyList<BotAction>> UnlabelAsync(Actor who, int number, bool isPull, string label) =>
        DecideAsync(id => new ForgeEvent.Unlabeled(id, Repo, who, number, isPull, label));

    public Task<IReadOnlyList<BotAction>> ReviewAsync(Actor who, int number, ReviewState state, string body = "", RepoRef? headRepo = null, string branch = "coding-agent/issue-12") =>
        DecideAsync(id => new ForgeEvent.ReviewSubmitted(id, Repo, who, number, new PullHead(branch, "headsha", headRepo ?? Repo), 7, state, body, Now.AddSeconds(-5)));

    public Task<IReadOnlyList<BotAction>> ReviewCommentAsync(Actor who, int number, string body) =>
        DecideAsync(id => new ForgeEvent.ReviewCommented(id, Repo, who, number, new PullHead("coding-agent/issue-12", "headsha", Repo), 55, 7, null, body, Now));

    public Task<IReadOnlyList<BotAction>> PullAsync(Actor who, int number, PullChange change, RepoRef? headRepo = null) =>
        DecideAsync(id => new ForgeEvent.PullChanged(id, Repo, who, number, new PullHead("coding-agent/issue-12", "headsha", headRepo ?? Repo), change));

    public Task<IReadOnlyList<BotAction>> IssueAsync(Actor who, int number, bool isOpen) =>
        DecideAsync(id => new ForgeEvent.IssueStateChanged(id, Repo, who, number, isOpen));

    public Task<IReadOnlyList<BotAction>> CiAsync(Actor who, string sha, bool completed = true, string name = "build") =>
        DecideAsync(id => new ForgeEvent.CiChanged(id, Repo, who, sha, CiSource.CheckRun, name, completed, []));

    private async Task<IReadOnlyList<BotAction>> DecideAsync(Func<string, ForgeEvent> make)
    {
        var e = make($"d{++_deliveries}");
        var loader = new RoutingFactsLoader(Forge, Forge, Links, Tasks, Options);
        return Router.Decide(e, await loader.LoadAsync(e, Now, default));
    }
}
