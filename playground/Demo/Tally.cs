using System.Text.RegularExpressions;

namespace CodingAgent.Playground.Demo;

/// <summary>Counts what is on the forge and what the model was asked, and says whether anything was doubled.</summary>
internal sealed partial class Tally(Stage stage, int issue, int pull, string defaultBeforeMerge, Narrator narrator)
{
    private bool _passed = true;

    /// <summary>Prints the count; true when every line holds.</summary>
    public async Task<bool> PrintAsync(CancellationToken ct)
    {
        var person = stage.Visitor;
        var pulls = await person.PullsAsync(ct);
        Check(pulls.Count == 1, $"{pulls.Count} {person.Pull.Name}");

        var comments = (await person.BotWordsAsync(issue, ct)).Concat(await person.BotWordsOnPullAsync(pull, ct)).ToArray();
        var markers = comments.Select(c => Marker().Match(c).Value).ToArray();
        Check(
            markers.All(m => m.Length > 0) && markers.Distinct().Count() == markers.Length,
            $"{comments.Length} comments of the bot, each with its own marker");

        var subjects = await person.CommitsAsync(pull, ct);
        var steps = subjects.Select(m => Step().Match(m).Value).ToArray();
        Check(
            steps.All(s => s.Length > 0) && steps.Distinct().Count() == steps.Length,
            $"{subjects.Count} commits, each from its own step");
        foreach (var subject in subjects)
            narrator.Forge(subject.Split('\n')[0]);

        var (branch, sha, parents) = await person.DefaultBranchAsync(ct);
        Check(parents.Count == 2 && parents[0] == defaultBeforeMerge, $"{branch} moved once, by Ada's merge");

        var turns = stage.Tap.Turns;
        var doubled = turns.Where(t => t.Requests > (t.WasHeld ? 2 : 1)).ToArray();
        Check(doubled.Length == 0, $"{turns.Sum(t => t.Requests)} model requests for {turns.Count} turns: one each, and one more for each of the {turns.Count(t => t.WasHeld)} answers that a killed process was waiting for");
        foreach (var t in doubled)
            narrator.Bad($"{t.Role}, {t.Messages} messages: asked {t.Requests} times");
        Check(turns.Count(t => t.WasHeld) == 2, "2 answers were outstanding when a process was killed");

        var jobs = await narrator.WaitAsync($"CI of the merged code {sha[..10]}", Story.Limit, end => FinishedJobsAsync(sha, end), ct);
        Check(jobs.All(r => r.State == "success"), $"the merged code {sha[..10]} passes its tests");
        return _passed;
    }

    private async Task<IReadOnlyList<Visitor.CiSeen>> FinishedJobsAsync(string sha, CancellationToken ct)
    {
        while (true)
        {
            var (jobs, _) = await stage.Visitor.CiAsync(sha, ct);
            if (jobs.Count > 0 && jobs.All(r => r.State is "success" or "failure" or "cancelled" or "canceled" or "skipped"))
                return jobs;
            await Task.Delay(300, ct);
        }
    }

    private void Check(bool holds, string text)
    {
        _passed &= holds;
        if (holds)
            narrator.Good(text);
        else
            narrator.Bad(text);
    }

    [GeneratedRegex("<!-- coding-agent:[^>]+-->")]
    private static partial Regex Marker();

    [GeneratedRegex("^Agent-Step: .+$", RegexOptions.Multiline)]
    private static partial Regex Step();
}
