namespace CodingAgent.Agents.Cohort;

/// <summary>An open review thread.</summary>
/// <param name="Id">Id of the thread's root comment; the answer carries it.</param>
/// <param name="Path">File it is on, or empty.</param>
/// <param name="Line">Line in the file, when known.</param>
/// <param name="Remarks">What was said, in order.</param>
public sealed record ThreadText(long Id, string Path, int? Line, IReadOnlyList<PersonText> Remarks)
{
    /// <summary>The diff lines it hangs on, when known.</summary>
    public string? DiffHunk { get; init; }
}
