using System.Text.RegularExpressions;

namespace CodingAgent.Playground.Demo;

/// <summary>Counts what is on the forge and what the model was asked, and says whether anything was doubled.</summary>
internal sealed partial class Tally(Stage stage, int issue, int pull, string defaultBeforeMerge)
{
    private bool _passed = true;

    /// <summary>Prints the count; true when every line holds.</summary>
    public async Task<bool> PrintAsync(CancellationToken ct)
    {
        var human = stage.Human;
        var pulls = (await human.GetAsync("pulls?state=all", ct)).AsArray();
        Check(pulls.Count == 1, $"{pulls.Count} pull request");

        var comments = (await human.GetAsync($"issues/{issue}/comments?per_page=100", ct)).AsArray()
            .Concat((await human.GetAsync($"issues/{pull}/comments?per_page=100", ct)).AsArray())
            .Concat((await human.GetAsync($"pulls/{pull}/comments?per_page=100", ct)).AsArray())
            .Where(c => c!["user"]!["login"]!.GetValue<string>() == stage.BotLogin).ToArray();
        var markers = comments.Select(c => Marker().Match(c!["body"]!.GetValue<string>()).Value).ToArray();
        Check(
            markers.All(m => m.Length > 0) && markers.Distinct().Count() == markers.Length,
            $"{comments.Length} comments of the bot, each with its own marker");

        var commits = (await human.GetAsync($"pulls/{pull}/commits?per_page=100", ct)).AsArray();
        var subjects = commits.Select(c => c!["commit"]!["message"]!.GetValue<string>()).ToArray();
        var steps = subjects.Select(m => Step().Match(m).Value).ToArray();
        Check(
            steps.All(s => s.Length > 0) && steps.Distinct().Count() == steps.Length,
            $"{commits.Count} commits, each from its own step");
        foreach (var subject in subjects)
            Narrator.Forge(subject.Split('\n')[0]);

        var branch = (await human.GetAsync("", ct))["default_branch"]!.GetValue<string>();
        var merge = await human.GetAsync($"branches/{branch}", ct);
        var parents = (await human.GetAsync($"commits/{merge["commit"]!["sha"]}", ct))["parents"]!.AsArray();
        Check(parents.Count == 2 && parents[0]!["sha"]!.GetValue<string>() == defaultBeforeMerge, $"{branch} moved once, by Ada's merge");

        var turns = stage.Tap.Turns;
        var doubled = turns.Where(t => t.Requests > (t.WasHeld ? 2 : 1)).ToArray();
        Check(doubled.Length == 0, $"{turns.Sum(t => t.Requests)} model requests for {turns.Count} turns: one each, and one more for each of the {turns.Count(t => t.WasHeld)} answers that a killed process was waiting for");
        foreach (var t in doubled)
            Narrator.Bad($"{t.Role}, {t.Messages} messages: asked {t.Requests} times");
        Check(turns.Count(t => t.WasHeld) == 2, "2 answers were outstanding when a process was killed");

        var sha = merge["commit"]!["sha"]!.GetValue<string>();
        var green = await MergedChecksAsync(sha, ct);
        Check(green, $"the merged code {sha[..10]} passes its tests");
        return _passed;
    }

    private async Task<bool> MergedChecksAsync(string sha, CancellationToken ct)
    {
        var until = DateTimeOffset.UtcNow + TimeSpan.FromMinutes(4);
        while (DateTimeOffset.UtcNow < until)
        {
            var runs = (await stage.Human.GetAsync($"commits/{sha}/check-runs", ct))["check_runs"]!.AsArray();
            if (runs.Count > 0 && runs.All(r => r!["status"]!.GetValue<string>() == "completed"))
                return runs.All(r => r!["conclusion"]!.GetValue<string>() == "success");
            await Task.Delay(300, ct);
        }

        return false;
    }

    private void Check(bool holds, string text)
    {
        _passed &= holds;
        if (holds)
            Narrator.Good(text);
        else
            Narrator.Bad(text);
    }

    [GeneratedRegex("<!-- coding-agent:[^>]+-->")]
    private static partial Regex Marker();

    [GeneratedRegex("^Agent-Step: .+$", RegexOptions.Multiline)]
    private static partial Regex Step();
}
