namespace CodingAgent.Playground.Demo;

/// <summary>The story, step by step, from the label to the merge. Two processes die on the way.</summary>
/// <param name="stage">What it plays on.</param>
/// <param name="ticket">What it is about.</param>
/// <param name="narrator">Tells it.</param>
public sealed class Story(Stage stage, Ticket ticket, Narrator narrator)
{
    /// <summary>How long each step may take: far longer than it does, but machines may be slow, and busy.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    private readonly Visitor _person = stage.Visitor;
    private readonly HashSet<string> _toldRed = [];
    private int? _issue;
    private string _now = "";

    /// <summary>Plays it; true when nothing was doubled and the merged code passes its tests.</summary>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        narrator.Step("A forge with one repository");
        narrator.Note(stage.IsScripted ? "The model is scripted (OpenAI's wire format)." : $"The model is {stage.ModelName}.");
        var service = await StartWebAsync("all", ct);
        narrator.Step($"codingagent serve is up, process {service.Id}; Temporal is at {stage.TemporalAddress}");

        var issue = await _person.OpenIssueAsync(ticket.Title, ticket.Body, ct);
        _issue = issue;
        await _person.LabelAsync(issue, "agent:implement", ct);
        if (await stage.PlacesAsync("all", ct) is { } places)
            narrator.Note(places);
        narrator.Step($"Ada opens issue #{issue} “{ticket.Title}” and labels it agent:implement");

        var plan = await AwaitAsync("the plan comment", () => FindBotCommentAsync(issue, "coding-agent:plan", ct), ct);
        narrator.Step("The plan is there");
        narrator.Forge(ReadComment.Head(plan, 24));

        var held = stage.Tap.HoldNextAsync("change_report", afterEdit: true);
        await _person.CommentAsync(issue, "/agent approve", ct);
        narrator.Step("Ada reads it and writes /agent approve");

        await AwaitAsync("an answer to the coder, after an edit, to be outstanding", () => DoneAsync(held), ct);
        await service.KillAsync();
        narrator.Step($"SIGKILL {service.Id}: the service dies while the model's answer is outstanding");
        stage.Tap.Release();
        narrator.Forge(await StatusAsync(issue, ct));

        var web = await StartWebAsync("web", ct);
        var worker = await stage.StartServiceAsync("worker", ct);
        var applier = await stage.StartServiceAsync("apply", ct);
        narrator.Step($"Restarted, now as three processes: web {web.Id}, worker {worker.Id}, applier {applier.Id}");

        var pull = await AwaitAsync($"a draft {_person.Pull.Name}", FindPullAsync, ct);
        var number = pull.Number;
        narrator.Step($"Draft {_person.Pull.Name} {_person.Pull.Sign}{number}: {pull.Title}");
        narrator.Forge($"{_person.PageOf(number)}");

        await AwaitAsync("CI to be green and the draft to be ready", () => ReadyTellingRedAsync(number), ct);
        narrator.Step($"CI is green, the {_person.Pull.Name} is ready for review");
        narrator.Forge(await ChecksAsync(number, ct));
        var firstHead = await HeadAsync(number, ct);

        var heldFix = stage.Tap.HoldNextAsync("fix_report", afterEdit: true);
        await _person.RequestChangesAsync(number, ticket.ReviewedFile, ticket.Remark, ct);
        narrator.Step($"Ada requests a change: “{ticket.Remark}”");
        await AwaitAsync("an answer to the fixer, after an edit, to be outstanding", () => DoneAsync(heldFix), ct);
        await worker.KillAsync();
        narrator.Step($"SIGKILL {worker.Id}: this time only the worker dies");
        stage.Tap.Release();
        worker = await stage.StartServiceAsync("worker", ct);
        narrator.Step($"A new worker, process {worker.Id}");

        var answer = await AwaitAsync("the review thread to be answered", () => _person.ThreadAnswerAsync(number, CancellationToken.None), ct);
        narrator.Step("The review is answered");
        narrator.Forge(ReadComment.Head(answer, 4));
        await AwaitAsync("green CI on the new head", () => GreenOnNewHeadAsync(number, firstHead), ct);
        narrator.Forge(await ChecksAsync(number, ct));

        await _person.ApproveAsync(number, ct);
        var defaultBefore = (await _person.DefaultBranchAsync(ct)).Sha;
        await AwaitAsync("the task to be ready to merge", () => StatusContainsAsync(issue, "merge"), ct);
        await _person.MergeAsync(number, ct);
        narrator.Step("Ada approves and merges");
        await AwaitAsync("the label agent:done", () => LabelledAsync(issue, "agent:done"), ct);
        narrator.Forge(await StatusAsync(issue, ct));

        narrator.Step("The count");
        return await new Tally(stage, issue, number, defaultBefore, narrator).PrintAsync(ct);
    }

    private async Task<string?> FindBotCommentAsync(int issue, string text, CancellationToken ct) =>
        (await _person.BotWordsAsync(issue, ct)).FirstOrDefault(c => c.Contains(text, StringComparison.Ordinal));

    private async Task<Visitor.PullSeen?> FindPullAsync() => (await _person.PullsAsync(CancellationToken.None)).FirstOrDefault(p => p.IsOpen);

    // Red CI on the way is part of the story: the fixer answers it.
    private async Task<string?> ReadyTellingRedAsync(int number)
    {
        var pull = await PullAsync(number, CancellationToken.None);
        if (!pull.IsDraft)
            return pull.Head;
        if (_issue is { } issue && await StatusContainsAsync(issue, "CI is still red") is not null)
        {
            narrator.Forge(string.Join('\n', (await _person.WhyRedAsync(pull.Head, CancellationToken.None)).Split('\n').Where(l => l.Trim().Length > 0).Take(40)));
            throw new StoryException("CI stays red, and the bot leaves it to a person. What its jobs printed stands above.");
        }

        if ((await _person.CiAsync(pull.Head, CancellationToken.None)).Jobs.Any(r => r.State == "failure") && _toldRed.Add(pull.Head))
        {
            narrator.Step("CI is red; the fixer looks at it");
            narrator.Forge(await ChecksAsync(number, CancellationToken.None));
        }

        return null;
    }

    private async Task<Visitor.PullSeen> PullAsync(int number, CancellationToken ct) => (await _person.PullsAsync(ct)).Single(p => p.Number == number);

    private async Task<string> HeadAsync(int number, CancellationToken ct) => (await PullAsync(number, ct)).Head;

    private async Task<string?> GreenOnNewHeadAsync(int number, string before)
    {
        var head = await HeadAsync(number, CancellationToken.None);
        if (head == before)
            return null;
        var (jobs, _) = await _person.CiAsync(head, CancellationToken.None);
        return jobs.Count > 0 && jobs.All(r => r.State == "success") ? head : null;
    }

    private async Task<string?> StatusContainsAsync(int issue, string text) =>
        await FindBotCommentAsync(issue, "coding-agent:status", CancellationToken.None) is { } status && status.Contains(text, StringComparison.OrdinalIgnoreCase) ? status : null;

    private async Task<string?> LabelledAsync(int issue, string label) => (await _person.LabelsAsync(issue, CancellationToken.None)).FirstOrDefault(l => l == label);

    private async Task<string> ChecksAsync(int number, CancellationToken ct)
    {
        var head = await HeadAsync(number, ct);
        var (jobs, reports) = await _person.CiAsync(head, ct);
        return string.Join('\n', [$"head {head[..10]}", .. jobs.Concat(reports).Select(s => $"{s.State}  {s.Name}")]);
    }

    private async Task<string> StatusAsync(int issue, CancellationToken ct) =>
        await FindBotCommentAsync(issue, "coding-agent:status", ct) is { } comment ? ReadComment.Head(comment, 16) : "(no status comment yet)";

    private static Task<Task?> DoneAsync(Task task) => Task.FromResult(task.IsCompleted ? task : null);

    // What the status comment says that goes on, when it says something else than before.
    private async Task TellNowAsync(CancellationToken ct)
    {
        const string Sign = "**Now:** ";
        if (_issue is not { } issue || await FindBotCommentAsync(issue, "coding-agent:status", ct) is not { } status)
            return;
        var now = status.Split('\n').FirstOrDefault(l => l.StartsWith(Sign, StringComparison.Ordinal))?[Sign.Length..] ?? _now;
        if (now != _now)
            narrator.Forge(_now = now);
    }

    private Task<BotProcess> StartWebAsync(string role, CancellationToken ct) =>
        narrator.WaitAsync($"codingagent serve --role {role} to be ready", Limit, end => stage.StartServiceAsync(role, end), ct);

    private Task<T> AwaitAsync<T>(string what, Func<Task<T?>> probe, CancellationToken ct)
        where T : class => narrator.WaitAsync(
        what,
        Limit,
        async end =>
        {
            while (true)
            {
                if (await probe() is { } found)
                    return found;
                await TellNowAsync(end);
                // Nothing that is waited for comes any more.
                if (_issue is { } issue && await LabelledAsync(issue, "agent:failed") is not null)
                {
                    narrator.Forge(await StatusAsync(issue, end));
                    throw new StoryException("The task has failed. What it says stands above.");
                }
                await Task.Delay(300, end);
            }
        },
        ct);
}
