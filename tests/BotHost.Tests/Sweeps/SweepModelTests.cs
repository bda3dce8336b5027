using System.Globalization;
using CodingAgent.Forges;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Tasks;
using Xunit.Abstractions;

namespace CodingAgent.BotHost.Tests.Sweeps;

/// <summary>
/// People do things at random, the wire loses, repeats and turns round what tells of it, Temporal and the dispatcher come and go. Whatever order that makes,
/// after the sweep each thing that somebody who may said has counted once, nothing else has, and every task stands as its issue and pull request do.
/// </summary>
public sealed class SweepModelTests(ITestOutputHelper output)
{
    private const int Steps = 60;

    private static int Cases => int.TryParse(Environment.GetEnvironmentVariable("CODING_AGENT_SWEEP_CASES"), CultureInfo.InvariantCulture, out var cases) ? cases : 2;

    [Theory]
    [InlineData(ForgeKind.GitHub)]
    [InlineData(ForgeKind.GitLab)]
    public async Task Sweep_AfterAnythingWasLostRepeatedOrTurnedRound_EachWordHasCountedOnce(ForgeKind kind)
    {
        var first = int.TryParse(Environment.GetEnvironmentVariable("CODING_AGENT_SWEEP_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next(1_000_000);
        var (lost, runs, words) = (0, 0, 0);
        await using var world = await SweepWorld.OpenAsync(kind);
        for (var seed = first; seed < first + Cases; seed++)
        {
            var story = new Story(world, seed, await world.OpenIssuesAsync(3));
            try
            {
                await story.PlayAsync();
                await story.MendAsync();
                await story.JudgeAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"CODING_AGENT_SWEEP_SEED={seed}, {kind}: {e.Message}\n{string.Join('\n', story.Log)}\n{await world.OutcomesAsync()}", e);
            }

            (lost, runs, words) = (lost + story.Lost, runs + story.Runs.Count(), words + story.Said.Count);
        }

        output.WriteLine($"model-based: {Cases} stories of {Steps} steps on {kind}, {lost} deliveries lost, {words} things said, {runs} tasks run, seed {first}");
        lost.ShouldBeGreaterThan(0);
        runs.ShouldBeGreaterThan(0);
    }

    /// <summary>Something somebody said.</summary>
    private sealed record Said(string Login, StatementKind Kind, Subject On, long Id, string Body, DateTimeOffset At, TasksInMemory.Run? Owner)
    {
        public bool IsCommand => Body.StartsWith("/agent", StringComparison.Ordinal);
    }

    private sealed class Story(SweepWorld world, int seed, IReadOnlyList<Subject> issues)
    {
        private readonly Random _random = new(seed);

        public List<string> Log { get; } = [];

        public List<Said> Said { get; } = [];

        public int Lost { get; private set; }

        /// <summary>The tasks of this story; those of earlier ones may live on.</summary>
        public IEnumerable<TasksInMemory.Run> Runs => world.Gateway.Runs.Where(r => issues.Contains(Subject.Issue(r.Input.Id.Kind == TaskAnchor.Issue ? r.Input.Issue!.Value : 0)) || r.Input.Pull is { } p && _pulls.Contains(p));

        private readonly HashSet<long> _edited = [];
        private readonly HashSet<int> _pulls = [];

        public async Task PlayAsync()
        {
            world.Loses = () =>
            {
                lock (_random)
                {
                    if (_random.Next(3) > 0)
                        return false;
                    Lost++;
                    return true;
                }
            };
            for (var step = 0; step < Steps; step++)
            {
                world.Time.Advance(TimeSpan.FromSeconds(Next(90)));
                await StepAsync();
                await world.SettleAsync();
            }
        }

        /// <summary>All is well again. What was held back comes late: before the sweep, or behind it.</summary>
        public async Task MendAsync()
        {
            world.Loses = () => false;
            world.Gateway.IsAway = false;
            if (Next(2) == 0)
                await ReleaseAllAsync();
            for (var round = 0; round < 3; round++)
            {
                await QuietAsync();
                world.Time.Advance(TimeSpan.FromMinutes(61));
                await world.SweepAsync();
                await ReleaseAllAsync();
            }

            await QuietAsync();
            (await world.Inbox.ListPendingAsync(0, 10, default)).ShouldBeEmpty();
        }

        public async Task JudgeAsync()
        {
            var told = Runs.SelectMany(r => r.Told.Select(t => (Run: r, Signal: t))).ToList();
            // Nobody who may not is heard, and nothing counts twice.
            foreach (var (_, signal) in told.Where(t => t.Signal is CodingTaskSignal.CommandGiven or CodingTaskSignal.CommentWritten or CodingTaskSignal.ReviewSubmitted or CodingTaskSignal.LabelRemoved or CodingTaskSignal.Unassigned))
                signal.Actor.ShouldBe("ada", $"{signal}");
            foreach (var twice in told.Select(t => KeyOf(t.Signal)).OfType<string>().GroupBy(k => k).Where(g => g.Count() > 1))
                Assert.Fail($"{twice.Key} counted {twice.Count()} times");
            foreach (var run in Runs)
                Said.ShouldContain(s => s.Login == "ada" && s.Kind == run.Input.Statement!.Kind && s.On == run.Page && (s.Kind == StatementKind.Label || s.Kind == StatementKind.Assignment || s.Id == run.Input.Statement.Id), $"{run.Input.Id} was started by nobody's word");

            // Nothing that was said is lost.
            foreach (var said in Said.Where(s => s.Login == "ada"))
            {
                switch (said.Kind)
                {
                    // Taken back before anybody looked, it asks for nothing any more.
                    case StatementKind.Assignment when !(await world.Forge.GetIssueAsync(world.Repo, said.On, default)).Assignees.Any(a => a.Login == "bot"):
                        break;
                    case StatementKind.Label or StatementKind.Assignment:
                        (said.Owner is not null || Runs.Any(r => r.Page == said.On && r.Began >= said.At)).ShouldBeTrue($"{said} was not heard");
                        break;
                    case StatementKind.Comment when said.IsCommand:
                        (await world.Statements.FindAsync($"{world.Repo.ToString().ToLowerInvariant()}/comment/{said.Id}", default)).ShouldNotBeNull($"{said} was not heard");
                        break;
                    case StatementKind.Comment or StatementKind.Review when said.Owner is { End: null } owner && !(said.Kind == StatementKind.Review && IsSuperseded(said)):
                        owner.Told.Count(t => t is CodingTaskSignal.CommentWritten c && c.CommentId == said.Id || t is CodingTaskSignal.ReviewSubmitted r && r.ReviewId == said.Id).ShouldBe(1, $"{said} did not reach its task");
                        break;
                }
            }

            // Every task stands as its pages do, and they as it.
            foreach (var live in Runs.Where(r => r.End is null))
            {
                var issue = await world.Forge.GetIssueAsync(world.Repo, live.Page, default);
                issue.IsOpen.ShouldBeTrue($"{live.Page} is closed and its task lives");
                (await world.Forge.GetPullAsync(world.Repo, live.Pull!.Value, default)).IsOpen.ShouldBeTrue($"the pull request of {live.Page} is closed and its task lives");
                issue.Labels.ShouldContain(TaskLabels.Working);
                (await world.Forge.ListCommentsAsync(world.Repo, live.Page, default)).ShouldContain(
                    c => c.Author.Login == "bot" && Markers.IsStatus(c.Body) && c.Body.Contains(live.Key, StringComparison.Ordinal), $"{live.Page} has no status");
            }
        }

        // A reviewer has one verdict where a forge keeps no reviews.
        private bool IsSuperseded(Said said) => world.Kind == ForgeKind.GitLab && Said.Exists(s => s.Kind == StatementKind.Review && s.On == said.On && s.Id > said.Id);

        private static string? KeyOf(CodingTaskSignal signal) => signal switch
        {
            CodingTaskSignal.CommandGiven { Statement: { } s } c => $"{s} {c.Command.GetType().Name}",
            CodingTaskSignal.CommentWritten c => $"comment {c.CommentId}",
            CodingTaskSignal.ReviewSubmitted r => $"review {r.ReviewId}",
            _ => null,
        };

        private async Task StepAsync()
        {
            switch (Next(22))
            {
                case 0 or 1:
                    var (who, issue) = (Who(), Issue());
                    // Where it is on already, nothing is said.
                    if ((await world.Forge.GetIssueAsync(world.Repo, issue, default)).Labels.Contains("agent:implement"))
                        break;
                    Note($"{who} labels {issue}");
                    Said.Add(new Said(who, StatementKind.Label, issue, 0, "", world.Time.GetUtcNow(), Owner(issue)));
                    await world.Face.LabelAsync(who, issue.Number, "agent:implement", isOn: true);
                    break;
                case 2 or 3 or 4 or 5:
                    await CommentAsync(Who(), Issue(), (string[])["/agent implement", "/agent status", "/agent stop", "/agent implement\n\nand be quick", "Just a word.", "@bot please look"]);
                    break;
                case 6 or 7 when Pull() is { } pull:
                    await CommentAsync(Who(), pull, (string[])["/agent status", "Well.", "/agent fix"]);
                    break;
                case 8 when Pull() is { } pull && (await world.Forge.GetPullAsync(world.Repo, pull.Number, default)).IsOpen:
                    Note($"ada asks for changes of {pull}");
                    var owner = Owner(pull);
                    var id = await world.Face.RequestChangesAsync("ada", pull.Number, world.Kind == ForgeKind.GitHub ? "Change this." : "");
                    Said.Add(new Said("ada", StatementKind.Review, pull, id, "", world.Time.GetUtcNow(), owner));
                    break;
                case 9 when Said.FindLast(s => s is { Login: "ada", Kind: StatementKind.Comment }) is { } last && _edited.Add(last.Id):
                    Note($"ada edits {last.Id}");
                    await world.Face.EditCommentAsync("ada", last.On, last.Id, $"{last.Body}\n\nOnce more, in other words.");
                    break;
                case 10:
                    var on = Next(3) > 0 ? Issue() : Pull() ?? Issue();
                    var isOpen = !(await world.Forge.GetIssueAsync(world.Repo, on, default)).IsOpen;
                    if (on.IsPull && isOpen && (await world.Forge.GetPullAsync(world.Repo, on.Number, default)).IsMerged)
                        break;
                    Note($"ada {(isOpen ? "opens" : "closes")} {on}");
                    await world.Face.SetOpenAsync("ada", on, isOpen);
                    break;
                case 11 when Issue() is var at && (await world.Forge.GetIssueAsync(world.Repo, at, default)).Labels.Contains(TaskLabels.Working):
                    var remover = Who();
                    if (remover == "tri")
                        break;
                    Note($"{remover} takes the working label off {at}");
                    await world.Face.LabelAsync(remover, at.Number, TaskLabels.Working, isOn: false);
                    break;
                case 12 when (await world.Forge.ListCommentsAsync(world.Repo, Issue(), default)).LastOrDefault(c => c.Author.Login == "bot" && Markers.IsStatus(c.Body)) is { } status:
                    var page = Subject.Issue(int.Parse(status.WebUrl.AbsolutePath.Split('/')[^1], CultureInfo.InvariantCulture));
                    Note($"acme deletes a status comment on {page}");
                    await world.Face.DeleteCommentAsync("acme", page, status.Id);
                    break;
                case 13:
                    Note(world.Gateway.IsAway ? "Temporal is back" : "Temporal goes away");
                    world.Gateway.IsAway = !world.Gateway.IsAway;
                    break;
                case 14:
                    Note("the dispatcher is started anew");
                    world.RestartDispatcher();
                    break;
                case 15 when !world.Gateway.IsAway:
                    Note("a sweep");
                    world.Time.Advance(TimeSpan.FromMinutes(Next(80)));
                    await world.SweepAsync();
                    break;
                case 16 when world.Deliveries is { Count: > 0 } all:
                    await world.RedeliverAsync(all[Next(all.Count)]);
                    break;
                case 20 when Issue() is var at:
                    var (assigner, isOn) = (Who(), !(await world.Forge.GetIssueAsync(world.Repo, at, default)).Assignees.Any(a => a.Login == "bot"));
                    // Who takes the bot off ends its task; an outsider's change would hide a member's from whoever looks late.
                    if (assigner == "tri")
                        break;
                    Note($"{assigner} {(isOn ? "assigns the bot to" : "takes the bot off")} {at}");
                    if (isOn)
                        Said.Add(new Said(assigner, StatementKind.Assignment, at, 0, "", world.Time.GetUtcNow(), Owner(at)));
                    await world.Face.AssignAsync(assigner, at.Number, isOn);
                    break;
                default:
                    Note("what waits is dealt with");
                    while (world.Held.Count > 0 && Next(5) > 0)
                        await world.ReleaseAsync(Next(world.Held.Count), isKept: Next(5) == 0);
                    await world.DrainAsync();
                    if (Next(3) > 0)
                        await world.Gateway.WorkAsync();
                    break;
            }
        }

        private async Task CommentAsync(string who, Subject on, string[] texts)
        {
            var body = texts[Next(texts.Length)];
            var owner = Owner(on);
            Note($"{who} on {on}: {body.Split('\n')[0]}");
            Said.Add(new Said(who, StatementKind.Comment, on, await world.Face.CommentAsync(who, on, body), body, world.Time.GetUtcNow(), owner));
        }

        private async Task ReleaseAllAsync()
        {
            await world.SettleAsync();
            while (world.Held.Count > 0)
                await world.ReleaseAsync(Next(world.Held.Count), isKept: false);
        }

        // Until nothing follows from anything any more.
        private async Task QuietAsync()
        {
            for (var i = 0; i < 6; i++)
            {
                await world.DrainAsync();
                await world.Gateway.WorkAsync();
                await ReleaseAllAsync();
                world.Time.Advance(TimeSpan.FromMinutes(2));
            }
        }

        private string Who() => Next(4) == 0 ? "tri" : "ada";

        private Subject Issue() => issues[Next(issues.Count)];

        private Subject? Pull()
        {
            _pulls.UnionWith(Runs.Select(r => r.Pull).OfType<int>().ToList());
            return _pulls.Count == 0 ? null : Subject.Pull(_pulls.Order().ElementAt(Next(_pulls.Count)));
        }

        private TasksInMemory.Run? Owner(Subject on) => Runs.LastOrDefault(r => r.End is null && (r.Page == on || (on.IsPull && r.Pull == on.Number)));

        private void Note(string what) => Log.Add($"{world.Time.GetUtcNow():HH:mm:ss} {what}");

        private int Next(int below)
        {
            lock (_random)
                return _random.Next(below);
        }
    }
}
