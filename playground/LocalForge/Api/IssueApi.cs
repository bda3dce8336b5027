using System.Globalization;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>Issues, comments, labels, assignees and reactions.</summary>
internal sealed class IssueApi(Shapes shapes, Actions actions)
{
    public void Map(ApiRoutes routes)
    {
        const string repo = "/repos/{owner}/{repo}", issue = repo + "/issues/{number:int}", comment = repo + "/issues/comments/{id:long}";
        routes.Get(repo + "/issues", List);
        routes.Post(repo + "/issues", Create);
        routes.Get(issue, c => Answer.Ok(shapes.Issue(c.Issue)));
        routes.Patch(issue, c => Task.FromResult(Edit(c)));
        routes.Get(issue + "/comments", c => c.Page(c.Issue.Comments, m => shapes.Comment(m, c.Issue)));
        routes.Post(issue + "/comments", AddComment);
        routes.Get(issue + "/events", c => c.Page(c.Issue.Events, e => shapes.IssueEvent(e, c.Issue)));
        routes.Get(comment, c => CommentOf(c) is var (i, m) ? Answer.Ok(shapes.Comment(m, i)) : throw ApiProblem.NotFound());
        routes.Patch(comment, c => Task.FromResult(EditComment(c)));
        routes.Delete(comment, DeleteComment);
        routes.Get(comment + "/reactions", c => c.Page(CommentOf(c).Comment.Reactions, shapes.Reaction));
        routes.Post(comment + "/reactions", c => React(c, CommentOf(c).Comment.Reactions));
        routes.Get(issue + "/reactions", c => c.Page(c.Issue.Reactions, shapes.Reaction));
        routes.Post(issue + "/reactions", c => React(c, c.Issue.Reactions));
        routes.Get(issue + "/labels", c => c.Page(c.Issue.Labels, l => shapes.Label(l, c.Repo)));
        routes.Post(issue + "/labels", AddLabels);
        routes.Put(issue + "/labels", SetLabels);
        routes.Delete(issue + "/labels/{**name}", RemoveLabel);
        routes.Post(issue + "/assignees", c => Assign(c, isOn: true));
        routes.Delete(issue + "/assignees", c => Assign(c, isOn: false));
        routes.Get(repo + "/labels", c => c.Page(c.Repo.Labels.Values, l => shapes.Label(l, c.Repo)));
        routes.Post(repo + "/labels", CreateLabel);
        routes.Get(repo + "/labels/{**name}", c =>
            c.Repo.Labels.TryGetValue(c.Route("name"), out var l) ? Answer.Ok(shapes.Label(l, c.Repo)) : throw ApiProblem.NotFound());
    }

    private Answer List(ApiCall call)
    {
        var labels = (call.Query("labels") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        var since = call.Query("since") is not { } text ? DateTimeOffset.MinValue : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var at) ? at : throw ApiProblem.Invalid("Issue", "since is not a time", "since");
        var found = call.Repo.Issues
            .Where(i => Pages(call.Query("state") ?? "open", i.IsOpen))
            .Where(i => labels.All(l => i.Labels.Exists(x => x.Name.Equals(l, StringComparison.OrdinalIgnoreCase))))
            .Where(i => i.UpdatedAt >= since);
        Func<Issue, DateTimeOffset> key = call.Query("sort") == "updated" ? i => i.UpdatedAt : i => i.CreatedAt;
        return call.Page(
            call.Query("direction") == "asc" ? found.OrderBy(key).ThenBy(i => i.Number) : found.OrderByDescending(key).ThenByDescending(i => i.Number), shapes.Issue);
    }

    /// <summary>Whether a state filter lets an open or closed thing through.</summary>
    public static bool Pages(string state, bool isOpen) => state switch { "all" => true, "closed" => !isOpen, _ => isOpen };

    private Answer Create(ApiCall call)
    {
        call.Require(RepoAccess.Read);
        // Whoever may not set them is not told so.
        var maySet = call.Repo.AccessOf(call.Account) >= RepoAccess.Triage;
        var (title, labels, people) = (call.Needed("Issue", "title"), maySet ? LabelNames(call, "labels") : [], maySet ? People(call) : []);
        return Answer.Created(shapes.Issue(actions.OpenIssue(call.Repo, call.Account, title, call.Text("body") ?? "", labels, people)));
    }

    private Answer Assign(ApiCall call, bool isOn)
    {
        call.Require(RepoAccess.Triage);
        var (named, now) = (People(call), call.Issue.Assignees);
        actions.Assign(call.Issue, call.Account, isOn ? [.. now.Union(named)] : [.. now.Except(named)]);
        return isOn ? Answer.Created(shapes.Issue(call.Issue)) : Answer.Ok(shapes.Issue(call.Issue));
    }

    // Who may not be assigned is left out.
    private static List<Account> People(ApiCall call) => call.Body["assignees"] is JsonArray names
        ? [.. names.Select(n => call.World.FindAccount(n?.ToString() ?? "")).OfType<Account>().Where(a => call.Repo.AccessOf(a) >= RepoAccess.Triage).Distinct()]
        : [];

    private Answer Edit(ApiCall call)
    {
        RequireAuthorOr(call, call.Issue.Author, RepoAccess.Triage);
        actions.EditIssue(call.Issue, call.Account, call.Text("title"), call.Text("body"));
        if (call.Body["labels"] is JsonArray)
            ReplaceLabels(call);
        if (call.Body["assignees"] is JsonArray && call.Repo.AccessOf(call.Account) >= RepoAccess.Triage)
            actions.Assign(call.Issue, call.Account, People(call));
        switch (call.Text("state"))
        {
            case null:
                break;
            case "open" or "closed":
                actions.SetOpen(call.Issue, call.Account, call.Text("state") == "open");
                break;
            default:
                throw ApiProblem.Invalid("Issue", "state is not open or closed", "state");
        }

        return Answer.Ok(shapes.Issue(call.Issue));
    }

    private Answer AddComment(ApiCall call)
    {
        call.Require(RepoAccess.Read);
        return Answer.Created(shapes.Comment(actions.AddComment(call.Issue, call.Account, CommentBody(call, "IssueComment")), call.Issue));
    }

    private Answer EditComment(ApiCall call)
    {
        var (issue, comment) = CommentOf(call);
        RequireAuthorOr(call, comment.Author, RepoAccess.Write);
        actions.EditComment(issue, comment, call.Account, CommentBody(call, "IssueComment"));
        return Answer.Ok(shapes.Comment(comment, issue));
    }

    private Answer DeleteComment(ApiCall call)
    {
        var (issue, comment) = CommentOf(call);
        RequireAuthorOr(call, comment.Author, RepoAccess.Write);
        actions.DeleteComment(issue, comment, call.Account);
        return Answer.NoContent;
    }

    /// <summary>A comment body within GitHub's limit of 65536 characters.</summary>
    public static string CommentBody(ApiCall call, string resource)
    {
        var body = call.Needed(resource, "body");
        return body.Length <= 65536 ? body : throw ApiProblem.Invalid(resource, "body is too long (maximum is 65536 characters)", "body");
    }

    /// <summary>Demands that the caller is the author or has the access.</summary>
    public static void RequireAuthorOr(ApiCall call, Account author, RepoAccess access) =>
        call.Require(call.Account == author ? RepoAccess.Read : access);

    /// <summary>Adds the caller's reaction: 201 when new, 200 when it was there.</summary>
    public Answer React(ApiCall call, List<ReactionMark> marks)
    {
        call.Require(RepoAccess.Read);
        var (mark, isNew) = actions.React(marks, call.Account, call.Needed("Reaction", "content"));
        return new Answer(isNew ? 201 : 200, shapes.Reaction(mark));
    }

    private Answer AddLabels(ApiCall call)
    {
        call.Require(RepoAccess.Triage);
        actions.AddLabels(call.Issue, call.Account, LabelNames(call, "labels", ""));
        return AllLabels(call);
    }

    private Answer SetLabels(ApiCall call)
    {
        call.Require(RepoAccess.Triage);
        ReplaceLabels(call);
        return AllLabels(call);
    }

    private void ReplaceLabels(ApiCall call)
    {
        call.Require(RepoAccess.Triage);
        var wanted = LabelNames(call, "labels", "");
        foreach (var gone in call.Issue.Labels.Where(l => !wanted.Contains(l.Name, StringComparer.OrdinalIgnoreCase)).ToList())
            actions.RemoveLabel(call.Issue, call.Account, gone.Name);
        actions.AddLabels(call.Issue, call.Account, wanted);
    }

    private Answer RemoveLabel(ApiCall call)
    {
        call.Require(RepoAccess.Triage);
        return actions.RemoveLabel(call.Issue, call.Account, call.Route("name")) ? AllLabels(call) : throw new ApiProblem(404, "Label does not exist");
    }

    private Answer CreateLabel(ApiCall call)
    {
        call.Require(RepoAccess.Write);
        var name = call.Needed("Label", "name");
        if (call.Repo.Labels.ContainsKey(name))
            throw new ApiProblem(422, "Validation Failed", new JsonArray(new JsonObject { ["resource"] = "Label", ["code"] = "already_exists", ["field"] = "name" }));
        var label = actions.LabelOf(call.Repo, name) with { Color = call.Text("color") ?? "ededed", Description = call.Text("description") ?? "" };
        call.Repo.Labels[name] = label;
        return Answer.Created(shapes.Label(label, call.Repo));
    }

    private Answer AllLabels(ApiCall call) => Answer.Ok(new JsonArray([.. call.Issue.Labels.Select(l => shapes.Label(l, call.Repo))]));

    private static (Issue Issue, Comment Comment) CommentOf(ApiCall call)
    {
        foreach (var issue in call.Repo.Issues)
        {
            if (issue.Comments.Find(c => c.Id == call.Id) is { } comment)
                return (issue, comment);
        }

        throw ApiProblem.NotFound();
    }

    // A label is a string, or an object with a name.
    private static List<string> LabelNames(ApiCall call, params string[] keys)
    {
        var array = keys.Select(k => call.Body[k]).OfType<JsonArray>().FirstOrDefault() ?? [];
        return array.Select(n => n switch
        {
            JsonValue value when value.TryGetValue<string>(out var name) && name.Length > 0 => name,
            JsonObject map when ApiCall.TextOf(map, "name") is { Length: > 0 } name => name,
            _ => throw ApiProblem.Invalid("Label", "a label is a name", "labels"),
        }).ToList();
    }
}
