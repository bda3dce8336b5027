using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Storage;
using CodingAgent.Workflows.Flows;
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
    public static readonly Actor Stranger = new("stranger", 4, ActorKind.User);
    public static readonly Actor Robot = new("robot[bot]", 3, ActorKind.Bot);
    public static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-11-22T10:00:00Z");

    private readonly string _folder = Directory.CreateTempSubdirectory("routing-tests-").FullName;
    private readonly SqliteDatabase _database;
    private int _deliveries;
    private long _lastComment = 98;

    public RoutingWorld()
    {
        _database = SqliteDatabase.OpenAsync(Path.Combine(_folder, "state.db"), default).GetAwaiter().GetResult();
        Links = new LinkStore(_database);
        Tasks = new TaskProjection(_database);
        Statements = new StatementLog(_database);
        Links.NameAsync(Repo, 7, default).GetAwaiter().GetResult();
        Forge.Access["mona"] = AccessLevel.Write;
        Forge.Access["reader"] = AccessLevel.Triage;
        Forge.Access["robot[bot]"] = AccessLevel.Write;
        Forge.Access[FakeForge.Bot.Login] = AccessLevel.Admin;
    }

    public FakeForge Forge { get; } = new();

    public LinkStore Links { get; }

    public TaskProjection Tasks { get; }

    public StatementLog Statements { get; }

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

    /// <summary>Somebody opens an issue, and the forge tells.</summary>
    public Task<IReadOnlyList<BotAction>> OpenAsync(Actor who, int number, string body)
    {
        Forge.Issues[number] = Forge.Open(Repo, number, isPull: false) with { Author = who, Body = body };
        return TellAsync(new ForgeEvent.IssueOpened("", Repo, who, number, body));
    }

    /// <summary>Somebody writes a comment, and the forge tells.</summary>
    public Task<IReadOnlyList<BotAction>> CommentAsync(Actor who, int number, bool isPull, string body, long id = 0)
    {
        id = id > 0 ? id : ++_lastComment;
        Forge.Open(Repo, number, isPull);
        Forge.Written[id] = new RecordedComment(id, new Subject(number, isPull), who, body, Now.AddSeconds(-5), null);
        return TellAsync(new ForgeEvent.Commented("", Repo, who, number, isPull, id, body, Now.AddSeconds(-5)));
    }

    /// <summary>Somebody edits a comment, and the forge tells.</summary>
    public Task<IReadOnlyList<BotAction>> EditAsync(Actor editor, long id, string body, DateTimeOffset at)
    {
        var written = Forge.Written[id] = Forge.Written[id] with { Body = body, Edit = new TextEdit(editor, at) };
        return TellAsync(new ForgeEvent.Commented("", Repo, written.Author, written.On.Number, written.On.IsPull, id, body, written.CreatedAt) { IsEdit = true });
    }

    public Task<IReadOnlyList<BotAction>> LabelAsync(Actor who, int number, bool isPull, string label)
    {
        Forge.Label(Repo, number, isPull, who, label, Now.AddSeconds(-3));
        return TellAsync(new ForgeEvent.Labeled("", Repo, who, number, isPull, label));
    }

    public Task<IReadOnlyList<BotAction>> UnlabelAsync(Actor who, int number, bool isPull, string label)
    {
        Forge.Label(Repo, number, isPull, who, label, Now.AddSeconds(-3), isOn: false);
        return TellAsync(new ForgeEvent.Unlabeled("", Repo, who, number, isPull, label));
    }

    /// <summary>Somebody assigns the bot, or takes it off, and the forge tells.</summary>
    public Task<IReadOnlyList<BotAction>> AssignAsync(Actor who, int number, bool isOn = true)
    {
        Forge.Assign(Repo, number, who, Now.AddSeconds(-3), isOn);
        return TellAsync(isOn ? new ForgeEvent.Assigned("", Repo, who, number, FakeForge.Bot) : new ForgeEvent.Unassigned("", Repo, who, number, FakeForge.Bot));
    }

    public Task<IReadOnlyList<BotAction>> ReviewAsync(
        Actor who, int number, ReviewState state, string body = "", RepoRef? headRepo = null, string branch = "coding-agent/issue-12", long id = 0)
    {
        id = id > 0 ? id : ++_lastComment;
        Forge.Reviews[id] = new RecordedReview(new Review(id, who, state, body, "headsha", Now.AddSeconds(-5)), null);
        return TellAsync(new ForgeEvent.ReviewSubmitted("", Repo, who, number, new PullHead(branch, "headsha", headRepo ?? Repo), id, state, body, Now.AddSeconds(-5)));
    }

    public Task<IReadOnlyList<BotAction>> ReviewCommentAsync(Actor who, int number, string body)
    {
        var id = ++_lastComment;
        Forge.LineComments[id] = new RecordedComment(id, Subject.Pull(number), who, body, Now, null);
        return TellAsync(new ForgeEvent.ReviewCommented("", Repo, who, number, new PullHead("coding-agent/issue-12", "headsha", Repo), id, 7, null, body, Now));
    }

    public Task<IReadOnlyList<BotAction>> PullAsync(Actor who, int number, PullChange change, RepoRef? headRepo = null)
    {
        Forge.SetOpen(Repo, number, isPull: true, who, isOpen: change is not (PullChange.Closed or PullChange.Merged), isMerged: change == PullChange.Merged);
        if (change is PullChange.ReadyForReview or PullChange.ConvertedToDraft)
            Forge.Do(number, change == PullChange.ReadyForReview ? IssueEventKind.ReadyForReview : IssueEventKind.ConvertedToDraft, who, "", Now);
        return TellAsync(new ForgeEvent.PullChanged("", Repo, who, number, new PullHead("coding-agent/issue-12", "headsha", headRepo ?? Repo), change));
    }

    public Task<IReadOnlyList<BotAction>> IssueAsync(Actor who, int number, bool isOpen)
    {
        Forge.SetOpen(Repo, number, isPull: false, who, isOpen);
        return TellAsync(new ForgeEvent.IssueStateChanged("", Repo, who, number, isOpen));
    }

    public Task<IReadOnlyList<BotAction>> CiAsync(Actor who, string sha, bool completed = true, string name = "build") =>
        TellAsync(new ForgeEvent.CiChanged("", Repo, who, sha, CiSource.CheckRun, name, completed, []));

    /// <summary>A delivery says so, under an id of its own; whether it happened is another thing.</summary>
    public Task<IReadOnlyList<BotAction>> TellAsync(ForgeEvent e) => DeliverAsync(e with { DeliveryId = $"d{++_deliveries}" });

    /// <summary>A delivery is handled, perhaps not for the first time.</summary>
    public async Task<IReadOnlyList<BotAction>> DeliverAsync(ForgeEvent e)
    {
        var loader = new RoutingFactsLoader(Forge, Forge, Forge, new ReadBack(Forge, Forge, Forge), new SubjectReader(Forge, Forge, Forge), Statements, Links, Tasks, Options);
        var actions = new List<BotAction>();
        foreach (var hint in await loader.ExpandAsync(e, Now, default))
        {
            var (fact, facts) = await loader.LoadAsync(hint, Now, default);
            actions.AddRange(Router.Decide(fact, facts));
        }

        return actions;
    }
}
