using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <content>Notes, discussions, emoji, and the events of labels and states.</content>
internal sealed partial class GitLabShapes
{
    public JsonObject Note(Note note)
    {
        var json = new JsonObject
        {
            ["id"] = note.Id,
            ["type"] = note.Type,
            ["body"] = note.Body,
            ["author"] = User(note.Author),
            ["created_at"] = Stamp(note.CreatedAt),
            ["updated_at"] = Stamp(note.UpdatedAt),
            ["system"] = note.IsSystem,
            ["noteable_id"] = IdOf(note.On),
            ["noteable_type"] = note.On.Pull is null ? "Issue" : "MergeRequest",
            ["project_id"] = note.On.Repo.Id,
            ["resolvable"] = note.IsResolvable,
        };
        if (note.IsResolvable)
        {
            json["resolved"] = note.IsResolved;
            json["resolved_by"] = note.Resolved is { } by ? User(by.By) : null;
            json["resolved_at"] = Stamp(note.Resolved?.At);
        }

        if (note.Line is { } line)
        {
            json["commit_id"] = null;
            json["position"] = Position(line, note.On.Pull!);
        }

        json["confidential"] = note.IsInternal;
        json["internal"] = note.IsInternal;
        json["imported"] = false;
        json["imported_from"] = "none";
        json["noteable_iid"] = note.On.Iid;
        json["commands_changes"] = new JsonObject();
        return json;
    }

    public JsonObject Discussion(IReadOnlyList<Note> notes) => new()
    {
        ["id"] = notes[0].DiscussionId,
        ["individual_note"] = !notes[0].IsResolvable && notes.Count == 1,
        ["notes"] = new JsonArray([.. notes.Select(Note)]),
    };

    /// <summary>Where a line comment is now, or was when a push took its line away.</summary>
    public static JsonObject Position(ReviewComment line, Pull pull)
    {
        var place = line.Place;
        var follows = line.Line is not null;
        var newLine = place.NewLine is not null && follows && line.Side == "RIGHT" ? line.Line : place.NewLine;
        return new JsonObject
        {
            ["base_sha"] = place.BaseSha,
            ["start_sha"] = place.StartSha,
            ["head_sha"] = follows ? pull.HeadSha : line.OriginalCommit,
            ["old_path"] = place.OldPath,
            ["new_path"] = place.NewPath,
            ["position_type"] = "text",
            ["old_line"] = place.OldLine,
            ["new_line"] = newLine,
            ["line_range"] = line.OriginalStartLine is null ? null : new JsonObject
            {
                ["start"] = LineEnd(place, follows ? line.StartLine : line.OriginalStartLine, line.Side),
                ["end"] = LineEnd(place, line.Line ?? line.OriginalLine, line.Side),
            },
        };
    }

    private static JsonObject LineEnd(DiffPlace place, int? line, string side)
    {
        var (oldLine, newLine) = side == "LEFT" ? (line, (int?)null) : (null, line);
        return new JsonObject
        {
            ["line_code"] = LineCode(place with { OldLine = oldLine, NewLine = newLine }),
            ["type"] = side == "LEFT" ? "old" : "new",
            ["old_line"] = oldLine,
            ["new_line"] = newLine,
        };
    }

    public JsonObject Award(ReactionMark mark, long awardableId, string awardableType) => new()
    {
        ["id"] = mark.Id,
        ["name"] = AwardNames.ToGitLab(mark.Content),
        ["user"] = User(mark.Author),
        ["created_at"] = Stamp(mark.CreatedAt),
        ["updated_at"] = Stamp(mark.CreatedAt),
        ["awardable_id"] = awardableId,
        ["awardable_type"] = awardableType,
        ["url"] = null,
    };

    public JsonObject LabelEvent(IssueEvent happened, Issue issue) => new()
    {
        ["id"] = happened.Id,
        ["user"] = User(happened.Actor),
        ["created_at"] = Stamp(happened.CreatedAt),
        ["resource_type"] = issue.Pull is null ? "Issue" : "MergeRequest",
        ["resource_id"] = IdOf(issue),
        ["label"] = happened.Label is { } label ? new JsonObject { ["id"] = label.Id, ["name"] = label.Name, ["color"] = ColourOf(label), ["description"] = label.Description } : null,
        ["action"] = happened.Name == "labeled" ? "add" : "remove",
    };

    public JsonObject StateEvent(IssueEvent happened, Issue issue) => new()
    {
        ["id"] = happened.Id,
        ["user"] = User(happened.Actor),
        ["created_at"] = Stamp(happened.CreatedAt),
        ["resource_type"] = issue.Pull is null ? "Issue" : "MergeRequest",
        ["resource_id"] = IdOf(issue),
        ["source_commit"] = null,
        ["source_merge_request"] = null,
        ["state"] = happened.Name,
    };
}
