using System.Globalization;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>Notes, discussions and emoji of issues and merge requests. Quick actions (<c>/close</c> and the like in a note) are text here.</summary>
internal sealed class NotesApi(GitLabShapes shapes, Actions actions)
{
    private const int LongestNote = 1_000_000;

    public void Map(GitLabRoutes routes)
    {
        Map(routes, GitLabRoutes.Project + "/issues/{iid:long}", c => c.Issue);
        Map(routes, GitLabRoutes.Project + "/merge_requests/{iid:long}", c => c.MergeRequest);
    }

    private void Map(GitLabRoutes routes, string on, Func<GitLabCall, Issue> find)
    {
        routes.Get(on + "/notes", c => List(c, find(c)));
        routes.Post(on + "/notes", c => Create(c, find(c)));
        routes.Get(on + "/notes/{note:long}", c => Answer.Ok(shapes.Note(NoteOf(c, find(c)))));
        routes.Put(on + "/notes/{note:long}", c => Edit(c, find(c)));
        routes.Delete(on + "/notes/{note:long}", c => Delete(c, find(c)));
        routes.Get(on + "/discussions", c => c.Page(VisibleTo(c, find(c)), shapes.Discussion));
        routes.Post(on + "/discussions", c => StartAsync(c, find(c)));
        routes.Get(on + "/discussions/{discussion}", c => Answer.Ok(shapes.Discussion(DiscussionOf(c, find(c)))));
        routes.Put(on + "/discussions/{discussion}", c => Resolve(c, find(c)));
        routes.Post(on + "/discussions/{discussion}/notes", c => Reply(c, find(c)));
        routes.Put(on + "/discussions/{discussion}/notes/{note:long}", c => Edit(c, find(c)));
        routes.Delete(on + "/discussions/{discussion}/notes/{note:long}", c => Delete(c, find(c)));
        MapAwards(routes, on, find, (_, _) => null);
        MapAwards(routes, on + "/notes/{note:long}", find, NoteOf);
    }

    private void MapAwards(GitLabRoutes routes, string on, Func<GitLabCall, Issue> find, Func<GitLabCall, Issue, Note?> note)
    {
        routes.Get(on + "/award_emoji", c => c.Page(MarksOf(find(c), note(c, find(c))), m => Shape(m, find(c), note(c, find(c)))));
        routes.Get(on + "/award_emoji/{award:long}", c => Answer.Ok(Shape(MarkOf(c, find(c), note(c, find(c))), find(c), note(c, find(c)))));
        routes.Post(on + "/award_emoji", c =>
        {
            c.Require(0);
            var (issue, target) = (find(c), note(c, find(c)));
            var content = AwardNames.FromGitLab(c.Parameters.Needed("name")) ?? throw GitLabProblem.NotFound("Award Emoji Name is not a valid emoji name");
            return Answer.Created(Shape(actions.Award(issue, target, c.Account, content) ?? throw GitLabProblem.NotFound("Award Emoji Name has already been taken"), issue, target));
        });
        routes.Delete(on + "/award_emoji/{award:long}", c =>
        {
            var (issue, target) = (find(c), note(c, find(c)));
            var mark = MarkOf(c, issue, target);
            if (mark.Author != c.Account)
                throw GitLabProblem.Unauthorized();
            actions.Unaward(issue, target, mark);
            return Answer.NoContent;
        });
    }

    private static List<ReactionMark> MarksOf(Issue issue, Note? note) => note?.Awards ?? issue.Reactions;

    private static ReactionMark MarkOf(GitLabCall call, Issue issue, Note? note) => MarksOf(issue, note).Find(m => m.Id == call.Number("award")) ?? throw GitLabProblem.NotFound();

    private JsonObject Shape(ReactionMark mark, Issue issue, Note? note) =>
        shapes.Award(mark, note?.Id ?? GitLabShapes.IdOf(issue), note is not null ? "Note" : issue.Pull is null ? "Issue" : "MergeRequest");

    private static bool MaySee(GitLabCall call, Note note) => !note.IsInternal || call.Level >= GitLabCall.Planner;

    private static IEnumerable<IReadOnlyList<Note>> VisibleTo(GitLabCall call, Issue issue) => GitLabShapes.Discussions(issue).Where(d => MaySee(call, d[0]));

    private static Note NoteOf(GitLabCall call, Issue issue) => Note.AllOf(issue).FirstOrDefault(n => n.Id == call.Number("note") && MaySee(call, n)) ?? throw GitLabProblem.NotFound();

    private static IReadOnlyList<Note> DiscussionOf(GitLabCall call, Issue issue) =>
        VisibleTo(call, issue).FirstOrDefault(d => d[0].DiscussionId == call.Route("discussion")) ?? throw GitLabProblem.NotFound("Discussion");

    private static string Body(GitLabCall call)
    {
        var body = call.Parameters.Text("body") ?? throw GitLabProblem.Parameter("body is missing");
        if (string.IsNullOrWhiteSpace(body))
            throw GitLabProblem.BadRequest("Note {:note=>[\"can't be blank\"]}");
        return body.Length <= LongestNote ? body : throw GitLabProblem.BadRequest($"Note {{:note=>[\"is too long (maximum is {LongestNote} characters)\"]}}");
    }

    // Newest first unless asked otherwise; discussions are the other way round.
    private Answer List(GitLabCall call, Issue issue)
    {
        var notes = Note.AllOf(issue).Where(n => MaySee(call, n))
            .Where(n => call.Parameters.Text("activity_filter") switch { "only_comments" => !n.IsSystem, "only_activity" => n.IsSystem, _ => true });
        var byUpdate = call.Parameters.Text("order_by") == "updated_at";
        return call.Page(
            call.Parameters.Text("sort") == "asc"
                ? notes.OrderBy(n => byUpdate ? n.UpdatedAt : n.CreatedAt).ThenBy(n => n.Id)
                : notes.OrderByDescending(n => byUpdate ? n.UpdatedAt : n.CreatedAt).ThenByDescending(n => n.Id),
            shapes.Note);
    }

    private Answer Create(GitLabCall call, Issue issue)
    {
        call.Require(0);
        var isInternal = call.Parameters.Flag("internal") ?? call.Parameters.Flag("confidential") ?? false;
        if (isInternal && call.Level < GitLabCall.Planner)
            throw GitLabProblem.Forbidden();
        return Answer.Created(shapes.Note(Note.Of(issue, actions.AddComment(issue, call.Account, Body(call), isInternal))));
    }

    private Answer Edit(GitLabCall call, Issue issue)
    {
        var note = NoteOf(call, issue);
        if (call.Parameters.Has("resolved"))
            return Resolve(call, issue, note);
        call.RequireAuthorOr(note.Author, GitLabCall.Maintainer);
        if (note.IsSystem)
            throw GitLabProblem.Forbidden();
        var body = Body(call);
        if (note.Comment is { } comment)
            actions.EditComment(issue, comment, call.Account, body);
        else if (note.Line is { } line)
            actions.EditReviewComment(issue, line, call.Account, body);
        else
            actions.EditReview(issue, note.Review!, call.Account, body);
        return Answer.Ok(shapes.Note(NoteOf(call, issue)));
    }

    private Answer Delete(GitLabCall call, Issue issue)
    {
        var note = NoteOf(call, issue);
        call.RequireAuthorOr(note.Author, GitLabCall.Maintainer);
        if (note.IsSystem)
            throw GitLabProblem.Forbidden();
        if (note.Comment is { } comment)
            actions.DeleteComment(issue, comment, call.Account);
        else if (note.Line is { } line)
            actions.DeleteReviewComment(issue, line);
        else
            throw GitLabProblem.Forbidden();
        return Answer.NoContent;
    }

    private async Task<Answer> StartAsync(GitLabCall call, Issue issue)
    {
        call.Require(0);
        var body = Body(call);
        if (call.Parameters.Inner("position") is { } position)
            return Answer.Created(await StartOnLineAsync(call, issue, body, position));
        var comment = actions.AddComment(issue, call.Account, body, isThread: issue.Pull is not null);
        return Answer.Created(shapes.Discussion([Note.Of(issue, comment)]));
    }

    private async Task<JsonObject> StartOnLineAsync(GitLabCall call, Issue issue, string body, GitLabParameters position)
    {
        var pull = issue.Pull ?? throw GitLabProblem.Parameter("position is invalid");
        string Field(string name) => position.Text(name) ?? throw GitLabProblem.Parameter($"position[{name}] is missing");
        var commits = (Field("base_sha"), Field("start_sha"), Field("head_sha"));
        if (Field("position_type") != "text")
            throw GitLabProblem.Parameter("position[position_type] does not have a valid value");
        var path = position.Text("new_path") ?? position.Text("old_path") ?? throw GitLabProblem.Parameter("position[new_path], position[old_path] are missing, at least one parameter must be provided");
        var (oldLine, newLine) = ((int?)position.Number("old_line"), (int?)position.Number("new_line"));
        // GitLab also takes an older version of the diff; here it is the newest or none.
        var version = pull.Versions[^1];
        var file = (await issue.Repo.Git.DiffAsync(pull.BaseSha, pull.HeadSha)).FirstOrDefault(f => f.Path == path);
        var isOld = newLine is null;
        // An added line has a new number, a removed one an old, an unchanged one both: anything else names no line.
        if (file is null || commits != (version.BaseSha, version.StartSha, version.HeadSha) || (oldLine ?? newLine) is null
            || UnifiedDiff.NumbersAt(file.Patch, oldLine is not null && isOld ? oldLine : newLine, isOld) != (oldLine, newLine))
        {
            throw GitLabProblem.BadRequest("Note {:line_code=>[\"can't be blank\", \"must be a valid line code\"]}");
        }

        var review = actions.StartReview(issue, call.Account, pull.HeadSha);
        var comment = await actions.AddReviewCommentAsync(issue, review, path, isOld ? oldLine : newLine, isOld ? "LEFT" : "RIGHT", body, StartOf(position, isOld) is { } first && first < (isOld ? oldLine : newLine) ? first : null);
        actions.SubmitReview(issue, review, "", "COMMENTED");
        return shapes.Discussion([Note.Of(issue, comment)]);
    }

    // A client names the first line of several, or has it in the code of that line.
    private static int? StartOf(GitLabParameters position, bool isOld)
    {
        if (position.Inner("line_range")?.Inner("start") is not { } start)
            return null;
        var coded = (start.Text("line_code") ?? "").Split('_') is [_, var oldLine, var newLine] && int.TryParse(isOld ? oldLine : newLine, CultureInfo.InvariantCulture, out var line) ? line : (int?)null;
        return (int?)start.Number(isOld ? "old_line" : "new_line") ?? coded;
    }

    private Answer Reply(GitLabCall call, Issue issue)
    {
        call.Require(0);
        var (root, body) = (DiscussionOf(call, issue)[0], Body(call));
        if (root.IsSystem || root.Review is not null)
            throw GitLabProblem.BadRequest("Discussion can not be replied to");
        if (root.Line is { } line)
            return Answer.Created(shapes.Note(Note.Of(issue, actions.Reply(issue, line, call.Account, body))));
        // An answer makes a thread of a note that stood alone.
        root.Comment!.IsThread = issue.Pull is not null;
        return Answer.Created(shapes.Note(Note.Of(issue, actions.AddComment(issue, call.Account, body, root.IsInternal, root: root.Comment))));
    }

    private Answer Resolve(GitLabCall call, Issue issue)
    {
        _ = call.Parameters.Flag("resolved") ?? throw GitLabProblem.Parameter("resolved is missing");
        Resolve(call, issue, DiscussionOf(call, issue)[0]);
        return Answer.Ok(shapes.Discussion(DiscussionOf(call, issue)));
    }

    private Answer Resolve(GitLabCall call, Issue issue, Note note)
    {
        var root = Note.AllOf(issue).First(n => n.Id == note.RootId);
        call.Require(call.Account == issue.Author ? 0 : GitLabCall.Developer);
        if (!root.IsResolvable)
            throw GitLabProblem.Forbidden();
        actions.Resolve(issue, root, call.Account, call.Parameters.Flag("resolved") == true);
        return Answer.Ok(shapes.Note(Note.AllOf(issue).First(n => n.Id == note.Id)));
    }
}
