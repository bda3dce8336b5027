using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodingAgent.Forges;

namespace CodingAgent.Workflows.Tasks;

/// <summary>
/// A task's id, which is also its workflow id: <c>task/github:owner/name/issue/12</c>, <c>…/pull/34</c> for a task that starts on
/// a pull request, <c>…/goal/KEY</c> for one created over REST without an issue. One id per issue or pull request means one writer.
/// A part of a task has the id of the whole with <c>/part/KEY</c> behind it.
/// </summary>
/// <param name="Repo">Repository.</param>
/// <param name="Kind">What it hangs on.</param>
/// <param name="Key">Number, or the idempotency key of a goal.</param>
public sealed record TaskId(RepoRef Repo, TaskAnchor Kind, string Key)
{
    private const string PartMark = "/part/";

    /// <summary>Which part of the task; null for the whole.</summary>
    public string? Part { get; init; }

    /// <summary>The task that this is a part of; itself for a whole one.</summary>
    [JsonIgnore]
    public TaskId Whole => Part is null ? this : this with { Part = null };

    /// <summary>The task that owns an issue.</summary>
    public static TaskId ForIssue(RepoRef repo, int number) => new(repo, TaskAnchor.Issue, $"{number}");

    /// <summary>The task that started on a pull request.</summary>
    public static TaskId ForPull(RepoRef repo, int number) => new(repo, TaskAnchor.Pull, $"{number}");

    /// <summary>Parses the text form.</summary>
    /// <exception cref="FormatException">The text is not a task id.</exception>
    public static TaskId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a task id; write it as task/github:owner/name/issue/12.");

    /// <summary>Parses the text form; false when the text is anything else.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TaskId? id)
    {
        id = null;
        if (text is null || !text.StartsWith("task/", StringComparison.Ordinal))
            return false;
        // A repository may be called "part".
        if (text.LastIndexOf(PartMark, StringComparison.Ordinal) is > 0 and var partAt && text[(partAt + PartMark.Length)..] is var part && !part.Contains('/', StringComparison.Ordinal))
        {
            if (!IsKey(part) || !TryParse(text[..partAt], out var whole) || whole.Part is not null)
                return false;
            id = whole with { Part = part };
            return true;
        }

        var keyAt = text.LastIndexOf('/');
        var kindAt = keyAt > 0 ? text.LastIndexOf('/', keyAt - 1) : -1;
        if (kindAt <= 5 || !RepoRef.TryParse(text[5..kindAt], out var repo))
            return false;
        if (!Enum.TryParse<TaskAnchor>(text[(kindAt + 1)..keyAt], ignoreCase: true, out var kind) || !Enum.IsDefined(kind))
            return false;
        var key = text[(keyAt + 1)..];
        var valid = kind == TaskAnchor.Goal
            ? IsKey(key)
            : int.TryParse(key, System.Globalization.NumberStyles.None, null, out var n) && n > 0 && key == $"{n}";
        if (!valid)
            return false;
        id = new TaskId(repo, kind, key);
        return true;
    }

    private static bool IsKey(string key) => key.Length is > 0 and <= 64 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>The text form. Forges ignore the case of repository names, Temporal and stores do not: one spelling, or two tasks own one issue.</summary>
    public override string ToString() => $"task/{Repo.ToString().ToLowerInvariant()}/{Kind.ToString().ToLowerInvariant()}/{Key}{(Part is null ? "" : PartMark + Part)}";
}

/// <summary>What a task hangs on.</summary>
public enum TaskAnchor
{
    /// <summary>An issue.</summary>
    Issue,

    /// <summary>A pull request the task did not open.</summary>
    Pull,

    /// <summary>A goal given over REST.</summary>
    Goal,
}
