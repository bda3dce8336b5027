using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Http;

namespace CodingAgent.Playground.LocalForge.Pages;

/// <summary>Pieces that several pages show.</summary>
internal sealed class Parts(Shapes shapes)
{
    public static Html Layout(string title, Html crumbs, Html body) => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{title} · LocalForge</title><link rel="stylesheet" href="/style.css"></head>
        <body><header><a href="/">LocalForge</a>{crumbs}</header><main>{body}</main></body>
        </html>
        """);

    public Html Crumbs(Repo repo) => Html.Of($" / <a href=\"{shapes.Web(repo)}\">{repo.FullName}</a>");

    public static Html Time(DateTimeOffset time) =>
        Html.Of($"<time datetime=\"{Shapes.Stamp(time)}\">{time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC</time>");

    public static Html State(Issue issue) => issue switch
    {
        { Pull.IsMerged: true } => Badge("merged", "Merged"),
        { IsOpen: false } => Badge("closed", "Closed"),
        { Pull.IsDraft: true } => Badge("draft", "Draft"),
        _ => Badge("open", "Open"),
    };

    public static Html Badge(string kind, string text) => Html.Of($"<span class=\"badge {kind}\">{text}</span>");

    public static Html Labels(Issue issue) => Html.Join(issue.Labels.Select(l => Html.Of($"<span class=\"label\">{l.Name}</span>")));

    public Html Row(Issue issue) => Html.Of(
        $"<li>{State(issue)} <a href=\"{shapes.Web(issue)}\">{issue.Title}</a>{Labels(issue)} <span class=\"soft\">#{issue.Number} by {issue.Author.Login}, {issue.Comments.Count} comments</span></li>");

    /// <summary>Something somebody wrote, in a box.</summary>
    public static Html Card(string id, Account author, DateTimeOffset at, Html what, string body, IReadOnlyList<ReactionMark> reactions) => Html.Of($"""
        <section class="card" id="{id}"><div class="head"><strong>{author.Login}</strong> {what} {Time(at)}</div>
        <div class="body">{(body.Length == 0 ? Html.Of($"<p class=\"soft\">No words.</p>") : MarkdownView.Render(body))}{Reactions(reactions)}</div></section>
        """);

    public static Html Diff(DiffFile file, bool takesRemarks) => Html.Of($"""
        <section class="card"><div class="head"><code>{file.Path}</code> {file.Status} <span class="soft">+{file.Additions} −{file.Deletions}</span></div>
        {(takesRemarks ? Html.Of($"<pre class=\"diff\">{UnifiedDiff.Lines(file.Patch).Select(l => NumberedLine(file, l))}</pre>") : Patch(file.Patch))}</section>
        """);

    // A number leads to the review form, filled in with the line.
    private static Html NumberedLine(DiffFile file, (string Text, int? Old, int? New) line)
    {
        var number = line.New ?? line.Old;
        var query = QueryString.Create([
            KeyValuePair.Create<string, string?>("path", file.Path), KeyValuePair.Create<string, string?>("line", $"{number}"), KeyValuePair.Create<string, string?>("side", line.New is null ? "LEFT" : "RIGHT")]);
        var link = number is null ? Html.Of($"<i></i>") : Html.Of($"<a href=\"{query.Value}#review\" title=\"Comment on this line\">{number}</a>");
        return Html.Of($"<span class=\"{KindOf(line.Text)}\">{link}{line.Text}</span>");
    }

    public static Html Patch(string patch) => Html.Of($"<pre class=\"diff\">{patch.Split('\n').Select(PatchLine)}</pre>");

    public Html Commit(CommitInfo commit, Repo repo) => Html.Of(
        $"<li><a href=\"{shapes.Web(repo)}/commit/{commit.Sha}\"><code>{commit.Sha[..10]}</code></a> {commit.Subject} <span class=\"soft\">{commit.AuthorName}</span> {Time(commit.AuthoredAt)}</li>");

    public Html Checks(Repo repo, string sha)
    {
        var runs = CheckApi.RunsAt(repo, sha, "latest").Reverse().Select(r => Html.Of(
            $"<li>{Badge(BadgeOf(r.Conclusion ?? "pending"), r.Conclusion ?? r.Status)} <a href=\"{shapes.Web(r, repo)}\">{r.Name}</a> <span class=\"soft\">{r.Title}</span></li>"));
        var statuses = CheckApi.LatestStatuses(repo, sha).Select(s => Html.Of(
            $"<li>{Badge(BadgeOf(s.State), s.State)} {s.Context} <span class=\"soft\">{s.Description} (status by {s.Creator.Login})</span></li>"));
        var all = runs.Concat(statuses).ToList();
        return all.Count == 0 ? Html.Of($"<p class=\"soft\">No checks on this commit.</p>") : Html.Of($"<ul class=\"rows\">{all}</ul>");
    }

    private static string BadgeOf(string outcome) => outcome switch
    {
        "success" or "neutral" or "skipped" => "success",
        "pending" => "pending",
        _ => "failure",
    };

    private static Html Reactions(IReadOnlyList<ReactionMark> marks) => marks.Count == 0 ? Html.Empty
        : Html.Of($"<p>{marks.GroupBy(m => m.Content).Select(g => Html.Of($"<span class=\"label\" title=\"{string.Join(", ", g.Select(m => m.Author.Login))}\">{Emoji(g.Key)} {g.Count()}</span>"))}</p>");

    private static string Emoji(string content) => content switch
    {
        "+1" => "👍",
        "-1" => "👎",
        "laugh" => "😄",
        "confused" => "😕",
        "heart" => "❤️",
        "hooray" => "🎉",
        "rocket" => "🚀",
        _ => "👀",
    };

    private static Html PatchLine(string line) => Html.Of($"<span class=\"{KindOf(line)}\">{line}</span>");

    private static string KindOf(string line) => line.Length == 0 ? "" : line[0] switch { '+' => "add", '-' => "del", '@' => "hunk", _ => "" };
}
