using System.Text.RegularExpressions;
using CodingAgent.Workflows.CodingTask;

namespace CodingAgent.Workflows.Routing;

/// <summary>
/// Finds the task a pull request names in its body. A review can arrive before the task has written down which pull request is its
/// own; the body names the task from the first moment. Whoever reads it must have checked that the bot is the author and that the
/// head lies in the base repository.
/// </summary>
public static partial class TaskReference
{
    /// <summary>The hidden line that names the task.</summary>
    public static string Write(TaskId task) => $"<!-- agent-task: {task} -->";

    /// <summary>The last task named in the text, hidden or visible; null when there is none. The footer is ours, what stands above may be model text.</summary>
    public static TaskId? Read(string? body)
    {
        // Backslashes are Markdown escapes of characters a repository name may have.
        var found = Reference().Matches((body ?? "").Replace("\\", "", StringComparison.Ordinal));
        return found.Count > 0 && TaskId.TryParse(found[^1].Value, out var id) ? id : null;
    }

    [GeneratedRegex("task/[a-z]+:[A-Za-z0-9._/-]+/(issue|pull|goal)/[A-Za-z0-9_-]+", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Reference();
}
