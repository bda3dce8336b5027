using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;

namespace CodingAgent.Playground.LocalForge.Pages;

/// <summary>The forms of the pages. Nobody signs in: each asks who acts, and offers who acted last.</summary>
internal sealed class Forms(World world, Shapes shapes, IAntiforgery antiforgery)
{
    /// <summary>Cookie with the login of who acted last.</summary>
    public const string ActorCookie = "localforge-actor";

    public Html NewIssue(Repo repo, HttpContext http) => Html.Of($"""
        <details class="form"><summary>New issue</summary>{Form(repo, http, $"{shapes.Web(repo)}/issues", Html.Of($"""
            <label>Title <input name="title" required maxlength="256"></label>
            <label>Text <textarea name="body" rows="6"></textarea></label>
            <label>Labels <input name="labels" list="labels" placeholder="agent:implement, bug"></label>
            {Button("create", "Create issue", isMain: true)}
            """))}</details>
        """);

    /// <summary>What can be done to an issue or pull request as a whole.</summary>
    public Html Conversation(Issue issue, HttpContext http) => Html.Of($"""
        <h2 id="act">Say or do something</h2>
        {Form(issue.Repo, http, shapes.Web(issue), Html.Of($"""
            <label>Comment <textarea name="body" rows="4"></textarea></label>
            {Button("comment", "Comment", isMain: true)}
            {(issue.Pull is { IsMerged: true } ? Html.Empty : issue.IsOpen ? Button("close", "Close") : Button("reopen", "Re-open"))}
            """))}
        {Form(issue.Repo, http, shapes.Web(issue), Html.Of($"""
            <label>Label <input name="label" list="labels" required></label>
            {Button("label", "Add label")} {Button("unlabel", "Remove label")}
            """))}
        """);

    /// <summary>Review and merge of a pull request that is open.</summary>
    public Html Review(Issue issue, IReadOnlyList<DiffFile> files, HttpContext http)
    {
        if (!issue.IsOpen)
            return Html.Empty;
        string path = http.Request.Query["path"].ToString(), line = http.Request.Query["line"].ToString();
        var isOld = http.Request.Query["side"] == "LEFT";
        Html Option(string value, string text, bool isChosen) => Html.Of($"<option value=\"{value}\"{(isChosen ? Html.Of($" selected") : Html.Empty)}>{text}</option>");
        return Html.Of($"""
            <h2 id="review">Review</h2>
            {Form(issue.Repo, http, shapes.Web(issue), Html.Of($"""
                <label>Summary <textarea name="body" rows="3"></textarea></label>
                <details{(line.Length > 0 ? Html.Of($" open") : Html.Empty)}><summary>Comment on a line</summary>
                <p class="soft">The numbers in the diff above lead here.</p>
                <div class="row"><label>File <select name="path">{files.Select(f => Option(f.Path, f.Path, f.Path == path))}</select></label>
                <label>Line <input name="line" inputmode="numeric" pattern="[0-9]+" size="6" value="{line}"></label>
                <label>Version <select name="side">{Option("RIGHT", "new", !isOld)}{Option("LEFT", "old", isOld)}</select></label></div>
                <label>Remark <textarea name="remark" rows="3"></textarea></label></details>
                {Button("review-comment", "Comment")} {Button("approve", "Approve", isMain: true)} {Button("request-changes", "Request changes")}
                """))}
            <h2 id="merge">Merge</h2>
            {Form(issue.Repo, http, shapes.Web(issue), issue.Pull!.IsDraft
                ? Html.Of($"<p class=\"soft\">It is a draft, which nobody can merge.</p>{Button("ready", "Ready for review")}")
                : Html.Of($"{Button("merge", "Merge", isMain: true)} {Button("squash", "Squash and merge")}"))}
            """);
    }

    private Html Form(Repo repo, HttpContext http, string action, Html fields)
    {
        var tokens = antiforgery.GetAndStoreTokens(http);
        var last = http.Request.Cookies[ActorCookie];
        // The owner first, for whom nothing is forbidden.
        var people = world.Accounts.Where(a => a.Kind != AccountKind.Group && repo.AccessOf(a) >= RepoAccess.Read).OrderByDescending(repo.AccessOf).ThenBy(a => a.Login, StringComparer.Ordinal);
        return Html.Of($"""
            <form method="post" action="{action}"><input type="hidden" name="{tokens.FormFieldName}" value="{tokens.RequestToken}">
            {fields}
            <label class="actor">as <select name="actor">{people.Select(a =>
                Html.Of($"<option value=\"{a.Login}\"{(a.Login == last ? Html.Of($" selected") : Html.Empty)}>{a.Login} ({repo.AccessOf(a).ToString().ToLowerInvariant()})</option>"))}</select></label>
            <datalist id="labels">{repo.Labels.Keys.Select(l => Html.Of($"<option value=\"{l}\"></option>"))}</datalist></form>
            """);
    }

    private static Html Button(string deed, string text, bool isMain = false) =>
        Html.Of($"<button name=\"deed\" value=\"{deed}\"{(isMain ? Html.Of($" class=\"main\"") : Html.Empty)}>{text}</button>");
}
