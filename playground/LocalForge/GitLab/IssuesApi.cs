using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>Issues, and what they share with merge requests: filters, labels, people, and the events of labels and states.</summary>
internal sealed class IssuesApi(GitLabShapes shapes, GitLabEvents events, Actions actions)
{
    public void Map(GitLabRoutes routes)
    {
        const string issues = GitLabRoutes.Project + "/issues", issue = issues + "/{iid:long}", merge = GitLabRoutes.Project + "/merge_requests/{iid:long}";
        routes.Get(issues, c => c.Page(
            Filter(c, c.Project.Issues.Where(i => i.Pull is null && c.MaySee(i) && (c.Parameters.Flag("confidential") is not { } wanted || i.IsConfidential == wanted))),
            i => shapes.Issue(i, c.AccountOrNone)));
        routes.Post(issues, CreateAsync);
        routes.Get(issue, c => Answer.Ok(shapes.Issue(c.Issue, c.AccountOrNone)));
        routes.Put(issue, EditAsync);
        routes.Get(issue + "/resource_label_events", c => LabelEvents(c, c.Issue));
        routes.Get(merge + "/resource_label_events", c => LabelEvents(c, c.MergeRequest));
        routes.Get(issue + "/resource_state_events", c => StateEvents(c, c.Issue));
        routes.Get(merge + "/resource_state_events", c => StateEvents(c, c.MergeRequest));
    }

    /// <summary>Those that the parameters of a list ask for, in its order; GitLab's <c>state</c> is <c>all</c> where GitHub's is <c>open</c>.</summary>
    public static IEnumerable<Issue> Filter(GitLabCall call, IEnumerable<Issue> issues)
    {
        var given = call.Parameters;
        var state = given.Text("state") ?? "all";
        if (state is not ("all" or "opened" or "closed" or "merged" or "locked"))
            throw GitLabProblem.Parameter("state does not have a valid value");
        var (labels, iids, search) = (given.List("labels") ?? [], given.Numbers("iids"), given.Text("search"));
        var found = issues.Where(i => state == "all" || GitLabShapes.StateOf(i) == state)
            .Where(i => labels.All(l => l == "Any" ? i.Labels.Count > 0 : l == "None" ? i.Labels.Count == 0 : i.Labels.Exists(x => x.Name == l)))
            .Where(i => iids is null || iids.Contains(i.Iid))
            .Where(i => given.Text("author_username") is not { } author || i.Author.Login.Equals(author, StringComparison.OrdinalIgnoreCase))
            .Where(i => given.Number("author_id") is not { } id || i.Author.Id == id)
            .Where(i => search is null || i.Title.Contains(search, StringComparison.OrdinalIgnoreCase) || i.Body.Contains(search, StringComparison.OrdinalIgnoreCase))
            .Where(i => given.Text("updated_after") is not { } after || (DateTimeOffset.TryParse(after, out var time) ? i.UpdatedAt >= time : throw GitLabProblem.Parameter("updated_after is invalid")));
        var byUpdate = given.Text("order_by") == "updated_at";
        return given.Text("sort") == "asc"
            ? found.OrderBy(i => byUpdate ? i.UpdatedAt : i.CreatedAt).ThenBy(i => i.Iid)
            : found.OrderByDescending(i => byUpdate ? i.UpdatedAt : i.CreatedAt).ThenByDescending(i => i.Iid);
    }

    /// <summary>Puts labels on and takes them off as <c>labels</c>, <c>add_labels</c> and <c>remove_labels</c> say; a label that is not there yet is made.</summary>
    public static void SetLabels(GitLabCall call, Issue issue, Actions actions)
    {
        var (all, add, remove) = (call.Parameters.List("labels"), call.Parameters.List("add_labels") ?? [], call.Parameters.List("remove_labels") ?? []);
        // Whoever may not set them is not told so: GitLab leaves these parameters aside.
        if (call.Level < GitLabCall.Planner)
            return;
        foreach (var gone in issue.Labels.Select(l => l.Name).Where(n => remove.Contains(n) || (all is not null && !all.Contains(n) && !add.Contains(n))).ToList())
            actions.RemoveLabel(issue, call.Account, gone);
        actions.AddLabels(issue, call.Account, (all ?? []).Concat(add).Distinct());
    }

    /// <summary>The accounts that a list of ids names; those that may not see the project are left out, as GitLab does.</summary>
    public static IReadOnlyList<Account>? People(GitLabCall call, string name) =>
        call.Parameters.Numbers(name)?.Where(id => id != 0).Select(call.User).Where(a => call.Project.AccessOf(a) >= RepoAccess.Read).Distinct().ToList();

    public static void SetState(GitLabCall call, Issue issue, Actions actions)
    {
        switch (call.Parameters.Text("state_event"))
        {
            case null:
                break;
            case "close":
                actions.SetOpen(issue, call.Account, open: false);
                break;
            case "reopen" when issue.Pull is { IsMerged: true }:
                throw GitLabProblem.Invalid("state", "cannot transition via \"reopen\"");
            case "reopen":
                actions.SetOpen(issue, call.Account, open: true);
                break;
            default:
                throw GitLabProblem.Parameter("state_event does not have a valid value");
        }
    }

    /// <summary>A title within GitLab's limit of 255 characters.</summary>
    public static string? Title(GitLabCall call) => call.Parameters.Text("title") switch
    {
        { Length: 0 } => throw GitLabProblem.Invalid("title", "can't be blank"),
        { Length: > 255 } => throw GitLabProblem.Invalid("title", "is too long (maximum is 255 characters)"),
        var title => title,
    };

    private async Task<Answer> CreateAsync(GitLabCall call)
    {
        call.Require(0);
        _ = call.Parameters.Needed("title");
        var issue = await events.TogetherAsync(() => Task.FromResult(actions.OpenIssue(
            call.Project, call.Account, Title(call)!, call.Parameters.Text("description") ?? "",
            call.Level >= GitLabCall.Planner ? call.Parameters.List("labels") ?? [] : [],
            call.Level >= GitLabCall.Planner ? People(call, "assignee_ids") : null, call.Parameters.Flag("confidential") == true)));
        return Answer.Created(shapes.Issue(issue, call.Account));
    }

    private async Task<Answer> EditAsync(GitLabCall call)
    {
        var issue = call.Issue;
        call.RequireAuthorOr(issue.Author, GitLabCall.Planner);
        string[] any = ["title", "description", "labels", "add_labels", "remove_labels", "state_event", "assignee_ids", "confidential", "discussion_locked", "due_date"];
        if (!any.Any(call.Parameters.Has))
            throw GitLabProblem.Parameter(string.Join(", ", any) + " are missing, at least one parameter must be provided");
        await events.TogetherAsync(() =>
        {
            actions.EditIssue(issue, call.Account, Title(call), call.Parameters.Text("description"));
            SetLabels(call, issue, actions);
            if (call.Level >= GitLabCall.Planner && People(call, "assignee_ids") is { } people)
                actions.Assign(issue, call.Account, people);
            if (call.Parameters.Flag("confidential") is { } confidential)
                actions.SetConfidential(issue, call.Account, confidential);
            SetState(call, issue, actions);
            return Task.FromResult(issue);
        });
        return Answer.Ok(shapes.Issue(issue, call.Account));
    }

    private Answer LabelEvents(GitLabCall call, Issue issue) =>
        call.Page(issue.Events.Where(e => e.Name is "labeled" or "unlabeled"), e => shapes.LabelEvent(e, issue));

    // A merge is one event here; GitHub's closing that goes with it is none.
    private Answer StateEvents(GitLabCall call, Issue issue) => call.Page(
        issue.Events.Where(e => e.Name is "closed" or "reopened" or "merged").Where(e => e.Name != "closed" || issue.Pull is not { IsMerged: true } || e.CreatedAt < issue.Pull.MergedAt),
        e => shapes.StateEvent(e, issue));
}
