using System.Globalization;
using System.Text;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodingAgent.Playground.LocalForge.Pages;

/// <summary>Pages for people: repositories, issues, pull requests, checks, commits and files, with forms for what a person does there. No scripts, no sign-in.</summary>
internal sealed class ForgePages(World world, Shapes shapes, Forms forms)
{
    private static readonly string Style = ReadStyle();
    private readonly Parts _parts = new(shapes);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/style.css", () => Results.Text(Style, "text/css", Encoding.UTF8));
        routes.MapGet("/", (HttpContext http) => ShowAsync(http, HomeAsync));
        const string repo = "/{owner}/{repo}";
        MapRepo(repo, (r, http) => Task.FromResult<Html?>(RepoPage(r, http)));
        MapRepo(repo + "/issues", (r, http) => Task.FromResult<Html?>(RepoPage(r, http)));
        MapRepo(repo + "/pulls", (r, http) => Task.FromResult<Html?>(RepoPage(r, http)));
        MapRepo(repo + "/issues/{number:int}", (r, http) => ConversationAsync(r, http, pull: false));
        MapRepo(repo + "/pull/{number:int}", (r, http) => ConversationAsync(r, http, pull: true));
        MapRepo(repo + "/runs/{id:long}", (r, http) => Task.FromResult(RunPage(r, http)));
        MapRepo(repo + "/commit/{sha}", CommitPageAsync);
        MapRepo(repo + "/blob/{reference}/{**path}", FilePageAsync);
        MapRepo(repo + "/tree/{reference}/{**path}", FilePageAsync);

        // GitLab's addresses of the same: its numbers are others.
        MapNumber(repo + "/-/issues/{iid:int}", (i, iid) => i.Pull is null && i.Iid == iid);
        MapNumber(repo + "/-/merge_requests/{iid:int}", (i, iid) => i.Pull is not null && i.Iid == iid);

        void MapNumber(string path, Func<Issue, int, bool> isMeant) => routes.MapGet(path, async http =>
        {
            string? address;
            await world.Gate.WaitAsync(http.RequestAborted);
            try
            {
                address = world.FindRepo(Route(http, "owner"), Route(http, "repo"))?.Issues.Find(i => isMeant(i, int.Parse(Route(http, "iid"), CultureInfo.InvariantCulture))) is { } issue ? shapes.Web(issue) : null;
            }
            finally
            {
                world.Gate.Release();
            }

            if (address is null)
                http.Response.StatusCode = StatusCodes.Status404NotFound;
            else
                http.Response.Redirect(address);
        });

        void MapRepo(string path, Func<Repo, HttpContext, Task<Html?>> page) => routes.MapGet(path, http => ShowAsync(http, async () =>
            world.FindRepo(Route(http, "owner"), Route(http, "repo")) is { } found ? await page(found, http) : null));
    }

    private static string Route(HttpContext http, string name) => http.Request.RouteValues[name]?.ToString() ?? "";

    private async Task ShowAsync(HttpContext http, Func<Task<Html?>> make)
    {
        await world.Gate.WaitAsync(http.RequestAborted);
        Html? page;
        try
        {
            page = await make();
        }
        finally
        {
            world.Gate.Release();
        }

        http.Response.StatusCode = page is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK;
        await WriteAsync(http, page ?? Parts.Layout("Not found", Html.Empty, Html.Of($"<h1>Not found</h1><p>There is nothing at this address. <a href=\"/\">All repositories</a></p>")));
    }

    /// <summary>Sends a page: it runs nothing, loads nothing of others and sends its forms here alone.</summary>
    public static Task WriteAsync(HttpContext http, Html page)
    {
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
        http.Response.Headers["X-Content-Type-Options"] = "nosniff";
        http.Response.Headers["Referrer-Policy"] = "same-origin";
        return http.Response.WriteAsync(page.Value, http.RequestAborted);
    }

    private Task<Html?> HomeAsync() => Task.FromResult<Html?>(Parts.Layout("Repositories", Html.Empty, Html.Of($"""
        <h1>Repositories</h1>
        <ul class="rows">{world.Repos.OrderBy(r => r.FullName, StringComparer.OrdinalIgnoreCase).Select(r =>
            Html.Of($"<li><a href=\"{shapes.Web(r)}\">{r.FullName}</a> <span class=\"soft\">{r.Issues.Count(i => i.IsOpen)} open</span></li>"))}</ul>
        """)));

    private Html RepoPage(Repo repo, HttpContext http)
    {
        Html Rows(IEnumerable<Issue> issues) => issues.OrderByDescending(i => i.Number).Select(_parts.Row).ToList() is { Count: > 0 } rows
            ? Html.Of($"<ul class=\"rows\">{rows}</ul>") : Html.Of($"<p class=\"soft\">None.</p>");
        return Parts.Layout(repo.FullName, _parts.Crumbs(repo), Html.Of($"""
            <h1>{repo.FullName}</h1>
            <p><a href="{shapes.Web(repo)}/tree/{repo.DefaultBranch}/">Files on {repo.DefaultBranch}</a> · <code>git clone {shapes.Web(repo)}.git</code></p>
            <h2>Pull requests</h2>{Rows(repo.Pulls)}
            <h2>Issues</h2>{Rows(repo.Issues.Where(i => i.Pull is null))}
            {forms.NewIssue(repo, http)}
            """));
    }

    private async Task<Html?> ConversationAsync(Repo repo, HttpContext http, bool pull)
    {
        var number = int.Parse(Route(http, "number"), CultureInfo.InvariantCulture);
        var issue = repo.Issues.Find(i => i.Number == number && i.Pull is not null == pull);
        if (issue is null)
            return null;
        var more = issue.Pull is { } half ? await PullPartsAsync(issue, half, http) : Html.Empty;
        return Parts.Layout($"{issue.Title} #{issue.Number}", _parts.Crumbs(repo), Html.Of($"""
            <h1>{issue.Title} <span class="number">#{issue.Number}</span></h1>
            <p>{Parts.State(issue)} {Parts.Labels(issue)}</p>
            {(issue.Pull is { } p ? PullLine(issue, p) : Html.Empty)}
            {Parts.Card("top", issue.Author, issue.CreatedAt, Html.Of($"opened this"), issue.Body, issue.Reactions)}
            {Conversation(issue)}{forms.Conversation(issue, http)}{more}
            """));
    }

    private static Html PullLine(Issue issue, Pull pull) => Html.Of($"""
        <p class="soft">{issue.Author.Login} wants to merge <code>{pull.HeadRepo?.Owner.Login}:{pull.HeadBranch}</code> into <code>{pull.BaseBranch}</code>{(pull.MergedBy is { } by ? $"; merged by {by.Login}" : "")}</p>
        <nav class="tabs"><a href="#checks">Checks</a><a href="#commits">Commits</a><a href="#files">Files changed</a>{(issue.IsOpen ? Html.Of($"<a href=\"#review\">Review</a><a href=\"#merge\">Merge</a>") : Html.Empty)}</nav>
        """);

    private static Html Conversation(Issue issue)
    {
        var entries = issue.Comments.Select(c => (c.CreatedAt, c.Id, Parts.Card(
            $"issuecomment-{c.Id}", c.Author, c.CreatedAt, Html.Of($"commented{(c.UpdatedAt > c.CreatedAt ? " (edited)" : "")}"), c.Body, c.Reactions)));
        if (issue.Pull is { } pull)
        {
            // Answers stand under the comment they answer, not where their own review was made.
            entries = entries.Concat(pull.Reviews
                .Where(r => r.SubmittedAt is not null && (r.Body.Length > 0 || r.State != "COMMENTED" || pull.Comments.Exists(c => c.Review == r && c.InReplyTo is null)))
                .Select(r => (r.SubmittedAt!.Value, r.Id, ReviewPart(pull, r))));
        }

        return Html.Join(entries.OrderBy(e => e.Item1).ThenBy(e => e.Id).Select(e => e.Item3));
    }

    private static Html ReviewPart(Pull pull, Review review)
    {
        var verdict = review.State switch { "APPROVED" => "approved", "CHANGES_REQUESTED" => "requested changes", _ => "reviewed" };
        var threads = pull.Comments.Where(c => c.Review == review && c.InReplyTo is null).Select(root => Html.Of($"""
            <div class="thread"><div class="card"><div class="head"><code>{root.Path}</code>{(root.Line is { } line ? $" line {line}" : " outdated")}</div>{Parts.Patch(root.DiffHunk)}</div>
            {pull.Comments.Where(c => c.Id == root.Id || c.InReplyTo == root.Id).OrderBy(c => c.Id).Select(c =>
                Parts.Card($"discussion_r{c.Id}", c.Author, c.CreatedAt, Html.Of($"wrote"), c.Body, c.Reactions))}</div>
            """));
        return Html.Of($"""
            {Parts.Card($"pullrequestreview-{review.Id}", review.Author, review.SubmittedAt!.Value, Html.Of($"<strong>{verdict}</strong>"), review.Body, [])}{threads}
            """);
    }

    private async Task<Html> PullPartsAsync(Issue issue, Pull pull, HttpContext http)
    {
        var git = issue.Repo.Git;
        var commits = (await git.LogAsync(pull.HeadSha, pull.BaseSha)).Reverse();
        var files = await git.DiffAsync(pull.BaseSha, pull.HeadSha);
        return Html.Of($"""
            <h2 id="checks">Checks on <code>{pull.HeadSha[..10]}</code></h2>{_parts.Checks(issue.Repo, pull.HeadSha)}
            <h2 id="commits">Commits</h2><ul class="rows">{commits.Select(c => _parts.Commit(c, issue.Repo))}</ul>
            <h2 id="files">Files changed</h2>{files.Select(f => Parts.Diff(f, issue.IsOpen))}
            {forms.Review(issue, files, http)}
            """);
    }

    private Html? RunPage(Repo repo, HttpContext http)
    {
        var id = long.Parse(Route(http, "id"), CultureInfo.InvariantCulture);
        return repo.Checks.Find(r => r.Id == id) is not { } run ? null : Parts.Layout(run.Name, _parts.Crumbs(repo), Html.Of($"""
            <h1>{run.Name}</h1>
            <p>{Parts.Badge(run.Conclusion ?? "pending", run.Conclusion ?? run.Status)} on <a href="{shapes.Web(repo)}/commit/{run.Suite.HeadSha}"><code>{run.Suite.HeadSha[..10]}</code></a> by {run.Suite.App.Login}</p>
            <h2>{run.Title ?? "Output"}</h2>{MarkdownView.Render(run.Summary ?? "")}{MarkdownView.Render(run.Text ?? "")}
            {(run.Log is { Length: > 0 } log ? Html.Of($"<h2>Log</h2><pre>{log}</pre>") : Html.Empty)}
            """));
    }

    private async Task<Html?> CommitPageAsync(Repo repo, HttpContext http)
    {
        if (await repo.Git.ResolveAsync(Route(http, "sha")) is not { } sha)
            return null;
        var commit = (await repo.Git.LogAsync(sha, limit: 1))[0];
        var files = commit.Parents.Count == 0 ? [] : await repo.Git.DiffAsync(commit.Parents[0], sha);
        return Parts.Layout(commit.Subject, _parts.Crumbs(repo), Html.Of($"""
            <h1>{commit.Subject}</h1><p class="soft">{commit.AuthorName} {Parts.Time(commit.AuthoredAt)} <code>{sha}</code></p><pre>{commit.Message}</pre>
            <h2>Checks</h2>{_parts.Checks(repo, sha)}<h2>Files changed</h2>{files.Select(f => Parts.Diff(f, takesRemarks: false))}
            """));
    }

    private async Task<Html?> FilePageAsync(Repo repo, HttpContext http)
    {
        string reference = Route(http, "reference").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase), path = Route(http, "path").Trim('/');
        if ((await repo.Git.BranchHeadAsync(reference) ?? await repo.Git.ResolveAsync(reference)) is not { } sha)
            return null;
        var title = path.Length == 0 ? repo.FullName : path;
        if (path.Length > 0 && await repo.Git.EntryAsync(sha, path) is { Type: "blob" } blob)
        {
            var bytes = await repo.Git.BlobAsync(blob.Sha);
            var text = bytes.AsSpan().Contains((byte)0) ? "(binary)" : Encoding.UTF8.GetString(bytes);
            return Parts.Layout(title, _parts.Crumbs(repo), Html.Of($"<h1>{path}</h1><p class=\"soft\">at <code>{reference}</code></p><pre>{text}</pre>"));
        }

        if (await repo.Git.ListAsync(sha, path) is not { } entries)
            return null;
        return Parts.Layout(title, _parts.Crumbs(repo), Html.Of($"""
            <h1>{title}</h1><p class="soft">at <code>{reference}</code></p>
            <ul class="rows">{entries.Select(e => Html.Of($"<li><a href=\"{shapes.Web(repo)}/{(e.Type == "tree" ? "tree" : "blob")}/{Uri.EscapeDataString(reference)}/{e.Path}\">{e.Path}</a></li>"))}</ul>
            """));
    }

    private static string ReadStyle()
    {
        using var stream = typeof(ForgePages).Assembly.GetManifestResourceStream("style.css")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
