using System.Text.Json.Nodes;

namespace CodingAgent.Playground.Demo;

/// <summary>The story, step by step, from the label to the merge. Two processes die on the way.</summary>
public sealed class Story(Stage stage, Ticket ticket)
{
    private readonly Human _human = stage.Human;
    private readonly HashSet<string> _toldRed = [];

    /// <summary>Plays it; true when nothing was doubled and the merged code passes its tests.</summary>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        Narrator.Step($"A forge with one repository: {stage.RepositoryPage}");
        Narrator.Note(stage.IsScripted ? "The model is scripted (OpenAI's wire format)." : $"The model is {stage.ModelName}.");
        var service = await stage.StartServiceAsync("all", ct);
        Narrator.Step($"codingagent serve is up, process {service.Id}; Temporal is at {stage.TemporalAddress}");

        var issue = (await _human.PostAsync("issues", new JsonObject { ["title"] = ticket.Title, ["body"] = ticket.Body }, ct))["number"]!.GetValue<int>();
        await _human.PostAsync($"issues/{issue}/labels", new JsonObject { ["labels"] = new JsonArray("agent:implement") }, ct);
        if (await stage.PlacesAsync("all", ct) is { } places)
            Narrator.Note(places);
        Narrator.Step($"Ada opens issue #{issue} “{ticket.Title}” and labels it agent:implement");

        var plan = await AwaitAsync("the plan comment", () => FindBotCommentAsync(issue, "coding-agent:plan", ct), TimeSpan.FromMinutes(3), ct);
        Narrator.Step("The plan is there");
        Narrator.Forge(Head(plan["body"]!.GetValue<string>(), 24));

        var held = stage.Tap.HoldNextAsync("change_report", afterEdit: true);
        await _human.PostAsync($"issues/{issue}/comments", new JsonObject { ["body"] = "/agent approve" }, ct);
        Narrator.Step("Ada reads it and writes /agent approve");

        await WithinAsync(held, "an answer to the coder, after an edit, to be outstanding", TimeSpan.FromMinutes(4), ct);
        await service.KillAsync();
        Narrator.Step($"SIGKILL {service.Id}: the service dies while the model's answer is outstanding");
        stage.Tap.Release();
        Narrator.Forge(await StatusAsync(issue, ct));

        var web = await stage.StartServiceAsync("web", ct);
        var worker = await stage.StartServiceAsync("worker", ct);
        var applier = await stage.StartServiceAsync("apply", ct);
        Narrator.Step($"Restarted, now as three processes: web {web.Id}, worker {worker.Id}, applier {applier.Id}");

        var pull = await AwaitAsync("a draft pull request", FindPullAsync, TimeSpan.FromMinutes(5), ct);
        var number = pull["number"]!.GetValue<int>();
        Narrator.Step($"Draft pull request #{number}: {pull["title"]}");
        Narrator.Forge($"{new Uri(stage.RepositoryPage, $"{stage.Name}/pull/{number}")}");

        await AwaitAsync("CI to be green and the draft to be ready", () => ReadyTellingRedAsync(number), TimeSpan.FromMinutes(10), ct);
        Narrator.Step("CI is green, the pull request is ready for review");
        Narrator.Forge(await ChecksAsync(number, ct));
        var firstHead = await HeadAsync(number, ct);

        var heldFix = stage.Tap.HoldNextAsync("fix_report", afterEdit: true);
        await RequestChangesAsync(number, ct);
        await WithinAsync(heldFix, "an answer to the fixer, after an edit, to be outstanding", TimeSpan.FromMinutes(4), ct);
        await worker.KillAsync();
        Narrator.Step($"SIGKILL {worker.Id}: this time only the worker dies");
        stage.Tap.Release();
        worker = await stage.StartServiceAsync("worker", ct);
        Narrator.Step($"A new worker, process {worker.Id}");

        var answer = await AwaitAsync("the review thread to be answered", () => FindThreadAnswerAsync(number), TimeSpan.FromMinutes(6), ct);
        Narrator.Step("The review is answered");
        Narrator.Forge(Head(answer["body"]!.GetValue<string>(), 4));
        await AwaitAsync("green CI on the new head", () => GreenOnNewHeadAsync(number, firstHead), TimeSpan.FromMinutes(6), ct);
        Narrator.Forge(await ChecksAsync(number, ct));

        await _human.PostAsync($"pulls/{number}/reviews", new JsonObject { ["event"] = "APPROVE", ["body"] = "Thank you." }, ct);
        var defaultBefore = await DefaultHeadAsync(ct);
        await AwaitAsync("the task to be ready to merge", () => StatusContainsAsync(issue, "merge"), TimeSpan.FromMinutes(3), ct);
        await _human.PutAsync($"pulls/{number}/merge", new JsonObject { ["merge_method"] = "merge" }, ct);
        Narrator.Step("Ada approves and merges");
        await AwaitAsync("the label agent:done", () => LabelledAsync(issue, "agent:done"), TimeSpan.FromMinutes(2), ct);
        Narrator.Forge(await StatusAsync(issue, ct));

        Narrator.Step("The count");
        return await new Tally(stage, issue, number, defaultBefore).PrintAsync(ct);
    }

    private async Task RequestChangesAsync(int number, CancellationToken ct)
    {
        var files = (await _human.GetAsync($"pulls/{number}/files", ct)).AsArray();
        var file = files.First(f => f!["filename"]!.GetValue<string>() == ticket.ReviewedFile)!;
        var line = Patch.FirstAddedLine(file["patch"]!.GetValue<string>());
        await _human.PostAsync(
            $"pulls/{number}/reviews",
            new JsonObject
            {
                ["event"] = "REQUEST_CHANGES",
                ["body"] = "Nearly there.",
                ["comments"] = new JsonArray(new JsonObject
                {
                    ["path"] = file["filename"]!.GetValue<string>(),
                    ["line"] = line,
                    ["side"] = "RIGHT",
                    ["body"] = ticket.Remark,
                }),
            },
            ct);
        Narrator.Step($"Ada requests a change: “{ticket.Remark}”");
    }

    private async Task<JsonNode?> FindBotCommentAsync(int issue, string text, CancellationToken ct) =>
        (await _human.GetAsync($"issues/{issue}/comments?per_page=100", ct)).AsArray().FirstOrDefault(c =>
            c!["user"]!["login"]!.GetValue<string>() == stage.BotLogin && c["body"]!.GetValue<string>().Contains(text, StringComparison.Ordinal));

    private async Task<JsonNode?> FindPullAsync() =>
        (await _human.GetAsync("pulls?state=open", CancellationToken.None)).AsArray().FirstOrDefault();

    // Red CI on the way is part of the story: the fixer answers it.
    private async Task<JsonNode?> ReadyTellingRedAsync(int number)
    {
        var pull = await _human.GetAsync($"pulls/{number}", CancellationToken.None);
        if (!pull["draft"]!.GetValue<bool>())
            return pull;
        var head = pull["head"]!["sha"]!.GetValue<string>();
        var runs = (await _human.GetAsync($"commits/{head}/check-runs", CancellationToken.None))["check_runs"]!.AsArray();
        if (runs.Any(r => r!["conclusion"]?.GetValue<string>() == "failure") && _toldRed.Add(head))
        {
            Narrator.Step("CI is red; the fixer looks at it");
            Narrator.Forge(await ChecksAsync(number, CancellationToken.None));
        }

        return null;
    }

    private async Task<string> HeadAsync(int number, CancellationToken ct) =>
        (await _human.GetAsync($"pulls/{number}", ct))["head"]!["sha"]!.GetValue<string>();

    private async Task<string> DefaultHeadAsync(CancellationToken ct)
    {
        var branch = (await _human.GetAsync("", ct))["default_branch"]!.GetValue<string>();
        return (await _human.GetAsync($"branches/{branch}", ct))["commit"]!["sha"]!.GetValue<string>();
    }

    private async Task<JsonNode?> FindThreadAnswerAsync(int number) =>
        (await _human.GetAsync($"pulls/{number}/comments", CancellationToken.None)).AsArray().FirstOrDefault(c =>
            c!["user"]!["login"]!.GetValue<string>() == stage.BotLogin && c["in_reply_to_id"] is not null);

    private async Task<JsonNode?> GreenOnNewHeadAsync(int number, string before)
    {
        var head = await HeadAsync(number, CancellationToken.None);
        if (head == before)
            return null;
        var runs = (await _human.GetAsync($"commits/{head}/check-runs", CancellationToken.None))["check_runs"]!.AsArray();
        return runs.Count > 0 && runs.All(r => r!["conclusion"]?.GetValue<string>() == "success") ? runs : null;
    }

    private async Task<JsonNode?> StatusContainsAsync(int issue, string text)
    {
        var status = await StatusAsync(issue, CancellationToken.None);
        return status.Contains(text, StringComparison.OrdinalIgnoreCase) ? JsonValue.Create(status) : null;
    }

    private async Task<JsonNode?> LabelledAsync(int issue, string label) =>
        (await _human.GetAsync($"issues/{issue}", CancellationToken.None))["labels"]!.AsArray()
            .FirstOrDefault(l => l!["name"]!.GetValue<string>() == label);

    private async Task<string> ChecksAsync(int number, CancellationToken ct)
    {
        var head = await HeadAsync(number, ct);
        var runs = (await _human.GetAsync($"commits/{head}/check-runs", ct))["check_runs"]!.AsArray();
        var statuses = (await _human.GetAsync($"commits/{head}/status", ct))["statuses"]!.AsArray();
        return string.Join('\n', [
            $"head {head[..10]}",
            .. runs.Select(r => $"{r!["conclusion"] ?? r["status"]}  {r["name"]}"),
            .. statuses.Select(s => $"{s!["state"]}  {s["context"]}")]);
    }

    private async Task<string> StatusAsync(int issue, CancellationToken ct)
    {
        var comment = await FindBotCommentAsync(issue, "coding-agent:status", ct);
        return comment is null ? "(no status comment yet)" : Head(comment["body"]!.GetValue<string>(), 16);
    }

    private static string Head(string text, int lines) =>
        string.Join('\n', text.Split('\n').Where(l => l.Trim().Length > 0 && !l.StartsWith("<!--", StringComparison.Ordinal)).Take(lines));

    private static async Task<JsonNode> AwaitAsync(string what, Func<Task<JsonNode?>> probe, TimeSpan limit, CancellationToken ct)
    {
        var until = DateTimeOffset.UtcNow + limit;
        while (DateTimeOffset.UtcNow < until)
        {
            if (await probe() is { } found)
                return found;
            await Task.Delay(300, ct);
        }

        throw new StoryException($"Waited {limit.TotalMinutes:0} minutes for {what}, in vain.");
    }

    private static async Task WithinAsync(Task task, string what, TimeSpan limit, CancellationToken ct)
    {
        try
        {
            await task.WaitAsync(limit, ct);
        }
        catch (TimeoutException)
        {
            throw new StoryException($"Waited {limit.TotalMinutes:0} minutes for {what}, in vain.");
        }
    }
}
