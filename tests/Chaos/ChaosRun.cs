using System.Text.Json.Nodes;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.Chaos;

/// <summary>
/// The whole way, on one repository: label, plan, approval, edit, pull request, where the job has them red CI, fix, green CI, changes requested and
/// answered, approved, merged. Ada does her part whatever dies meanwhile.
/// </summary>
/// <param name="ada">Ada.</param>
/// <param name="job">What she asks for.</param>
internal sealed class ChaosRun(Human ada, ChaosJob job)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);

    /// <summary>Plays it to the end and says what the forge shows then.</summary>
    /// <exception cref="StoryException">Something awaited did not come.</exception>
    public async Task<IReadOnlyList<string>> PlayAsync(CancellationToken ct)
    {
        var issue = (await ada.PostAsync("issues", new JsonObject { ["title"] = job.Title, ["body"] = job.Body }, ct))["number"]!.GetValue<int>();
        await ada.PostAsync($"issues/{issue}/labels", new JsonObject { ["labels"] = new JsonArray($"agent:{job.Verb}") }, ct);
        await AwaitAsync("the plan", async () => (await CommentsAsync(issue, ct)).Any(c => c.Contains("coding-agent:plan", StringComparison.Ordinal)), ct);
        await AwaitAsync("the wait for approval", () => StatusSaysAsync(issue, "approve", ct), ct);
        await ada.PostAsync($"issues/{issue}/comments", new JsonObject { ["body"] = "/agent approve" }, ct);

        if (job.IsDivided)
            return await PlayPartsAsync(issue, ct);

        await AwaitAsync("a pull request", async () => (await ada.GetAsync("pulls?state=open", ct)).AsArray().Count > 0, ct);
        var pull = (await ada.GetAsync("pulls?state=open", ct)).AsArray()[0]!["number"]!.GetValue<int>();
        await AwaitAsync("a pull request that is no draft: where there is CI, after the fix of the red one", async () => !(await ada.GetAsync($"pulls/{pull}", ct))["draft"]!.GetValue<bool>(), ct);
        await AwaitAsync("the wait for a review", () => StatusSaysAsync(issue, "waits for a review", ct), ct);
        if (job.IsReviewed)
            await ReviewAsync(issue, pull, ct);
        await ada.PostAsync($"pulls/{pull}/reviews", new JsonObject { ["event"] = "APPROVE", ["body"] = "Thank you." }, ct);
        await AwaitAsync("the wait for the merge", () => StatusSaysAsync(issue, "merge", ct), ct);
        var before = await MainAsync(ct);
        await ada.PutAsync($"pulls/{pull}/merge", new JsonObject { ["merge_method"] = "merge" }, ct);
        await AwaitAsync("the last status", () => StatusSaysAsync(issue, "merged", ct), ct);
        // The last thing that the task does: the one label is put on before the other is taken off, and it may die in between.
        await AwaitAsync("the label agent:done alone", async () => await LabelsAsync(issue, ct) is ["agent:done"], ct);
        return await new Digest(ada, issue, [pull], before).ReadAsync(ct);
    }

    private async Task<IReadOnlyList<string>> PlayPartsAsync(int issue, CancellationToken ct)
    {
        var before = await MainAsync(ct);
        await AwaitAsync("the parts' pull requests", async () => (await ada.GetAsync("pulls?state=open", ct)).AsArray().Count == 4 && await StatusSaysAsync(issue, "a draft that needs a person", ct), ct);
        int[] pulls = [.. (await ada.GetAsync("pulls?state=open", ct)).AsArray().Select(p => p!["number"]!.GetValue<int>()).Order()];
        foreach (var pull in pulls)
            await AwaitAsync("the wait of each part", () => StatusSaysAsync(pull, "wait", ct), ct);
        await ada.PostAsync($"issues/{issue}/comments", new JsonObject { ["body"] = "/agent stop" }, ct);
        foreach (var number in pulls.Append(issue))
            await AwaitAsync("the end of the whole and of each part", () => StatusSaysAsync(number, "🛑 Stopped", ct), ct);
        await AwaitAsync("the label agent:working to be gone", async () => !(await LabelsAsync(issue, ct)).Contains("agent:working"), ct);
        return await new Digest(ada, issue, pulls, before).ReadAsync(ct);
    }

    private async Task ReviewAsync(int issue, int pull, CancellationToken ct)
    {
        var first = await HeadAsync(pull, ct);
        await RequestChangesAsync(pull, ct);
        await AwaitAsync("an answer to the review", async () => (await ada.GetAsync($"pulls/{pull}/comments", ct)).AsArray().Any(c => c!["in_reply_to_id"] is not null), ct);
        await AwaitAsync("green CI on the new head", async () => await HeadAsync(pull, ct) is var head && head != first && await IsGreenAsync(head, ct), ct);
        await AwaitAsync("the wait for a review", () => StatusSaysAsync(issue, "waits for a review", ct), ct);
    }

    private async Task RequestChangesAsync(int pull, CancellationToken ct)
    {
        const string Path = "src/add.sh";
        var file = (await ada.GetAsync($"pulls/{pull}/files", ct)).AsArray().First(f => f!["filename"]!.GetValue<string>() == Path)!;
        await ada.PostAsync(
            $"pulls/{pull}/reviews",
            new JsonObject
            {
                ["event"] = "REQUEST_CHANGES",
                ["body"] = "Nearly there.",
                ["comments"] = new JsonArray(new JsonObject
                {
                    ["path"] = Path,
                    ["line"] = Patch.FirstAddedLine(file["patch"]!.GetValue<string>()),
                    ["side"] = "RIGHT",
                    ["body"] = ShellSample.ReviewRemark,
                }),
            },
            ct);
    }

    private async Task<IReadOnlyList<string>> CommentsAsync(int issue, CancellationToken ct) =>
        [.. (await ada.GetAsync($"issues/{issue}/comments?per_page=100", ct)).AsArray()
            .Where(c => c!["user"]!["login"]!.GetValue<string>() == Stage.Bot).Select(c => c!["body"]!.GetValue<string>())];

    private async Task<bool> StatusSaysAsync(int issue, string text, CancellationToken ct) =>
        (await CommentsAsync(issue, ct)).Any(c => c.Contains("coding-agent:status", StringComparison.Ordinal) && c.Contains(text, StringComparison.OrdinalIgnoreCase));

    private async Task<IReadOnlyList<string>> LabelsAsync(int issue, CancellationToken ct) =>
        [.. (await ada.GetAsync($"issues/{issue}/labels", ct)).AsArray().Select(l => l!["name"]!.GetValue<string>())];

    private async Task<string> HeadAsync(int pull, CancellationToken ct) => (await ada.GetAsync($"pulls/{pull}", ct))["head"]!["sha"]!.GetValue<string>();

    private async Task<string> MainAsync(CancellationToken ct) => (await ada.GetAsync("branches/main", ct))["commit"]!["sha"]!.GetValue<string>();

    private async Task<bool> IsGreenAsync(string head, CancellationToken ct)
    {
        var runs = (await ada.GetAsync($"commits/{head}/check-runs", ct))["check_runs"]!.AsArray();
        return runs.Count > 0 && runs.All(r => r!["conclusion"]?.GetValue<string>() == "success");
    }

    private static async Task AwaitAsync(string what, Func<Task<bool>> holds, CancellationToken ct)
    {
        var until = TimeProvider.System.GetUtcNow() + Patience;
        while (TimeProvider.System.GetUtcNow() < until)
        {
            if (await holds())
                return;
            await Task.Delay(Pause, ct);
        }

        throw new StoryException($"Waited {Patience.TotalMinutes:0} minutes for {what}, in vain.");
    }
}
