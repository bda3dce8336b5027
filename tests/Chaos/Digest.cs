using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Playground.Demo;

namespace CodingAgent.Chaos;

/// <summary>What the forge shows of a task that is over, without the names and numbers that differ from run to run.</summary>
internal sealed partial class Digest(Human ada, int issue, IReadOnlyList<int> pulls, string mainBefore)
{
    /// <summary>Reads it; equal runs give equal lines.</summary>
    public async Task<IReadOnlyList<string>> ReadAsync(CancellationToken ct)
    {
        var lines = new List<string>();
        // Several pull requests come in an order that differs from run to run.
        lines.AddRange((await ada.GetAsync("pulls?state=all&per_page=100", ct)).AsArray()
            .Select(p => $"pull request: {p!["title"]}, {p["state"]}, draft {p["draft"]}, {Plain(p["head"]!["ref"]!)} into {p["base"]!["ref"]}").Order(StringComparer.Ordinal));
        lines.AddRange((await ada.GetAsync("branches?per_page=100", ct)).AsArray().Select(b => $"branch: {Plain(b!["name"]!)}").Order(StringComparer.Ordinal));

        var commits = new List<string>();
        foreach (var pull in pulls)
            commits.AddRange((await ada.GetAsync($"pulls/{pull}/commits?per_page=100", ct)).AsArray().Select(c => $"{c!["commit"]!["message"]!.GetValue<string>()}\nof {pull}"));
        lines.AddRange(commits.Select(m => $"commit: {m.Split('\n')[0]}, {Plain(Step().Match(m).Value)}").Order(StringComparer.Ordinal));
        lines.Add($"steps with more than one commit: {Repeated(commits.Select(m => $"{Step().Match(m).Value} {m.Split('\n')[^1]}"))}");

        var comments = new List<(string Where, string Body)>();
        foreach (var (where, path) in ((string, string)[])[("issue", $"issues/{issue}/comments"), .. pulls.SelectMany(p => new[] { ("pull request", $"issues/{p}/comments"), ("review thread", $"pulls/{p}/comments") })])
            comments.AddRange(await CommentsAsync(where, path, ct));
        lines.AddRange(comments.Select(c => $"comment on {c.Where}: {Kind().Match(c.Body).Value}").Order(StringComparer.Ordinal));
        lines.Add($"markers with more than one comment: {Repeated(comments.Select(c => Marker().Match(c.Body).Value))}");

        foreach (var (what, number) in ((string, int)[])[("issue", issue), .. pulls.Select(p => ("pull request", p))])
            lines.Add($"labels of the {what}: {string.Join(' ', await LabelsAsync(number, ct))}");

        var main = (await ada.GetAsync("branches/main", ct))["commit"]!["sha"]!.GetValue<string>();
        var merge = await ada.GetAsync($"commits/{main}", ct);
        lines.Add($"main: tree {merge["commit"]!["tree"]!["sha"]}, moved once {merge["parents"]!.AsArray() is [{ } first, _] && first["sha"]!.GetValue<string>() == mainBefore}");
        return lines;
    }

    private async Task<IReadOnlyList<(string Where, string Body)>> CommentsAsync(string where, string path, CancellationToken ct) =>
        [.. (await ada.GetAsync($"{path}?per_page=100", ct)).AsArray()
            .Where(c => c!["user"]!["login"]!.GetValue<string>() == Stage.Bot).Select(c => (where, c!["body"]!.GetValue<string>()))];

    private async Task<IReadOnlyList<string>> LabelsAsync(int number, CancellationToken ct) =>
        [.. (await ada.GetAsync($"issues/{number}/labels", ct)).AsArray().Select(l => l!["name"]!.GetValue<string>()).Order(StringComparer.Ordinal)];

    private static int Repeated(IEnumerable<string> texts) => texts.GroupBy(t => t, StringComparer.Ordinal).Count(g => g.Count() > 1);

    private static string Plain(JsonNode text) => Plain(text.GetValue<string>());

    private static string Plain(string text) => Name().Replace(text, "#");

    [GeneratedRegex(@"\b[0-9a-f]{6,}\b", RegexOptions.NonBacktracking)]
    private static partial Regex Name();

    [GeneratedRegex("^Agent-Step: .+$", RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex Step();

    [GeneratedRegex("<!-- coding-agent:[^>]+-->", RegexOptions.NonBacktracking)]
    private static partial Regex Marker();

    [GeneratedRegex("coding-agent:[a-z]+", RegexOptions.NonBacktracking)]
    private static partial Regex Kind();
}
